"""The ledger: the SQL store of events, records, moves, batches, windows, identities and dead letters."""

# Each module of tables shares one metadata, whole only once all are loaded: a backup copies what it names.
from bridge.ledger import schema_alarms as schema_alarms
from bridge.ledger import schema_desk as schema_desk
from bridge.ledger import schema_mending as schema_mending
