"""Dead letters: records that failed as often as they may, and messages that nobody can read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from bridge.ledger import schema
from bridge.ledger.rows import Reason, Record
from bridge.ledger.store import insert_new

MESSAGE = "message"
"""The entity of what nobody can read; every other entity is a document kind."""

_ORIGIN_WIDTH = 128


@dataclass(frozen=True)
class DeadMessage:
    """A message nobody can read. `origin` names where it came from (stream entry, queue), so that it rests once."""

    origin: str
    reason: str
    body: bytes


def bury_message(connection: Connection, message: DeadMessage, now: datetime) -> None:
    """Keeps an unreadable message for a person; the same origin again changes nothing."""
    connection.execute(
        insert_new(connection, schema.dead_letter).values(
            entity=MESSAGE,
            origin=_fitting(message.origin),
            reason=_printable(message.reason),
            fingerprint=f"{MESSAGE}/{_shape(message.reason)}"[:64],
            body=message.body[:1_048_576],
            opened_at=now,
        )
    )


def _fitting(origin: str) -> str:
    """The origin, or what is as good in the width of its column; two long ones stay two."""
    if len(origin) <= _ORIGIN_WIDTH and origin.isprintable():
        return origin
    return f"{_printable(origin)[:80]}#{sha256(origin.encode(errors='surrogatepass')).hexdigest()[:32]}"


def _printable(text: str) -> str:
    """The text without what a database refuses to keep."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "?" for letter in text)


def bury(connection: Connection, record: Record, reason: Reason, detail: str | None, now: datetime) -> None:
    """Opens a dead letter for a record that has just moved to DEAD."""
    deaths = connection.execute(
        select(schema.dead_letter.c.id).where(schema.dead_letter.c.record_id == record.id)
    ).all()
    connection.execute(
        insert(schema.dead_letter).values(
            entity=record.document,
            record_id=record.id,
            origin=f"record:{record.id}:{len(deaths) + 1}",
            reason=reason.text,
            fingerprint=reason.fingerprint[:64],
            detail=detail,
            opened_at=now,
        )
    )


def close(connection: Connection, record_id: int, *, by: str, why: str, now: datetime) -> None:
    """Closes the open dead letters of a record that was replayed, discarded or cancelled; none open is no error."""
    is_open = (schema.dead_letter.c.record_id == record_id) & schema.dead_letter.c.closed_at.is_(None)
    connection.execute(update(schema.dead_letter).where(is_open).values(closed_at=now, closed_by=by, closed_why=why))


def unqueued(connection: Connection, limit: int) -> Sequence[Row[Any]]:
    """Open dead letters that their broker queue has not been given yet: the oldest first."""
    columns = schema.dead_letter.c
    wanted = columns.closed_at.is_(None) & columns.queued_at.is_(None)
    return connection.execute(select(schema.dead_letter).where(wanted).order_by(columns.id).limit(limit)).all()


def mark_queued(connection: Connection, ids: Sequence[int], now: datetime) -> None:
    """Notes that these were published."""
    connection.execute(update(schema.dead_letter).where(schema.dead_letter.c.id.in_(ids)).values(queued_at=now))


def _shape(text: str) -> str:
    return sha256("".join(letter for letter in text if letter.isalpha()).encode()).hexdigest()[:12]


def as_letter(row: Row[Any]) -> dict[str, object]:
    """A dead letter as its queue carries it: ids and the reason, never the document."""
    return {
        "id": row.id,
        "entity": row.entity,
        "record_id": row.record_id,
        "origin": row.origin,
        "reason": row.reason[:500],
        "fingerprint": row.fingerprint,
        "opened_at": row.opened_at.isoformat(),
    }
