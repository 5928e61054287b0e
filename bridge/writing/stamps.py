"""Under which number and stamp the ERP has what a record speaks of; what is of an order goes by those of its order."""

from collections.abc import Mapping
from decimal import Decimal

from bridge.ledger import proofs
from bridge.ledger.deposits import last_written
from bridge.ledger.moves import fetch
from bridge.ledger.rows import Record
from bridge.ledger.store import Database
from bridge.ports.erp import DEPOSIT, OF_AN_ORDER, FieldValue, ProbeKey
from bridge.writing.mapped import Mapped


def stamp_of(database: Database, record: Record) -> str:
    """The record's own stamp; for a document of an order that under which the order was last found, or was written."""
    if record.document not in OF_AN_ORDER:
        return record.stamp
    with database.read() as connection:
        order = fetch(connection, record.parent_id or 0)
    return proofs.key_of(database, order).stamp


def key_of(database: Database, record: Record) -> ProbeKey:
    """What to look for when it must be known whether a record has been written."""
    columns = Mapped.from_json(record.mapped or "").header if record.document in OF_AN_ORDER else {}
    wanted = {name: str(value) for name, value in columns.items()}
    return ProbeKey(record.id, record.number or "", stamp_of(database, record), wanted)


def before(database: Database, record: Record) -> Mapping[str, FieldValue]:
    """What we wrote last of the amounts of a deposit, 0 where that was nothing; empty for every other document."""
    if record.document != DEPOSIT:
        return {}
    with database.read() as connection:
        last = last_written(connection, record.parent_id or 0)
    written = Mapped.from_json(last).header if last else {}
    amounts = [name for name, value in Mapped.from_json(record.mapped or "").header.items() if _is_amount(value)]
    return {name: written.get(name, Decimal(0)) for name in amounts}


def _is_amount(value: FieldValue) -> bool:
    return isinstance(value, Decimal)
