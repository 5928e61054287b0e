"""What flows back: read from the ERP in its readers' time, kept in the ledger, shown to the storefronts."""
