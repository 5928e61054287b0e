"""Two truths compared: what the ledger says is in an ERP, and what the ERP has."""
