"""What a record is called elsewhere, and which records an ERP's number belongs to."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from bridge.ledger import schema
from bridge.ledger.rows import Record, record_of
from bridge.ledger.store import insert_new
from bridge.states import State


def note_identity(connection: Connection, record_id: int, *, system: str, kind: str, value: str, now: datetime) -> None:
    """Links a record to a document of another system; the same link again changes nothing."""
    values = {"record_id": record_id, "system": system, "kind": kind, "value": value[:128], "at": now}
    connection.execute(insert_new(connection, schema.identity).values(**values))


def note_identities(connection: Connection, records: Sequence[Record], *, system: str, now: datetime) -> None:
    """Links records to the documents of another system whose numbers they bear; as `note_identity`."""
    rows = [
        {"record_id": record.id, "system": system, "kind": record.document, "value": record.number[:128], "at": now}
        for record in records
        if record.number
    ]
    if rows:
        connection.execute(insert_new(connection, schema.identity), rows)


def by_erp_number(
    connection: Connection, lane: str, document: str, numbers: Collection[str]
) -> dict[str, list[Record]]:
    """The lane's confirmed records of a document by their number in the ERP, the oldest first; others are absent."""
    columns = schema.record.c
    bearers = select(schema.record).where(columns.number.in_(numbers)).order_by(columns.id)
    found: dict[str, list[Record]] = {}
    for record in map(record_of, connection.execute(bearers)):  # they are few, so lane and kind need no index
        if (record.lane, record.document, record.state) == (lane, document, State.CONFIRMED):
            found.setdefault(record.number or "", []).append(record)
    return found
