"""The ledger: the SQL store of events, records, moves, batches, windows, identities and dead letters."""
