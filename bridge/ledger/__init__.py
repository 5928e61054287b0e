"""The ledger: the SQL store of events, records, moves, batches, windows, identities and dead letters."""

# All modules of tables share one metadata, which is whole only once they are loaded: backups copy what it names.
from bridge.ledger import schema_alarms as schema_alarms
