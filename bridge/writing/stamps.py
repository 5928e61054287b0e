"""Under which number and stamp the ERP has what a record speaks of: a withdrawal goes by those of its order."""

from bridge.ledger import proofs
from bridge.ledger.moves import fetch
from bridge.ledger.rows import Record
from bridge.ledger.store import Database
from bridge.ports.erp import CANCEL, ProbeKey
from bridge.writing.mapped import Mapped


def stamp_of(database: Database, record: Record) -> str:
    """The record's own stamp; for a withdrawal that under which its order was last found, or was written."""
    if record.document != CANCEL:
        return record.stamp
    with database.read() as connection:
        order = fetch(connection, record.parent_id or 0)
    return proofs.key_of(database, order).stamp


def key_of(database: Database, record: Record) -> ProbeKey:
    """What to look for when it must be known whether a record has been written."""
    columns = Mapped.from_json(record.mapped or "").header if record.document == CANCEL else {}
    wanted = {name: str(value) for name, value in columns.items()}
    return ProbeKey(record.id, record.number or "", stamp_of(database, record), wanted)
