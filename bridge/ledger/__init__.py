"""The ledger: the SQL store of events, records, moves, batches, windows, identities and dead letters."""

from bridge.ledger import schema_mending  # noqa: F401 - a backup and a restore go through every table that is known
