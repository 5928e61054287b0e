"""What waits for a person, in groups that one fix would mend, and the messages that nobody could read."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from bridge.errors import Refused
from bridge.ledger import schema
from bridge.ledger.dead import MESSAGE
from bridge.ledger.store import Database
from bridge.states import NEEDS_PERSON, State


@dataclass(frozen=True)
class Group:
    """Records or messages at rest for one reason. `amount` is in `currency`; messages have neither.

    `oldest` is the oldest one's last change, `reason` that of one of them.
    """

    entity: str
    state: str
    fingerprint: str | None
    currency: str | None
    count: int
    amount: Decimal | None
    oldest: datetime
    reason: str


def groups(database: Database, *, entity: str | None = None, fingerprint: str | None = None) -> list[Group]:
    """Everything that waits for a person, REVIEW beside DEAD, the oldest group first."""
    with database.read() as connection:
        found = [*_record_groups(connection), *_message_groups(connection)]
    wanted = [
        group
        for group in found
        if entity in (None, group.entity) and (fingerprint is None or group.fingerprint == fingerprint)
    ]
    return sorted(wanted, key=lambda group: group.oldest)


def _record_groups(connection: Connection) -> list[Group]:
    columns = schema.record.c
    key = (columns.document.label("entity"), columns.state, columns.fingerprint, columns.currency)
    rows = connection.execute(
        select(
            *key,
            func.count().label("count"),
            func.sum(columns.amount).label("amount"),
            func.min(columns.updated_at).label("oldest"),
            func.coalesce(func.min(columns.reason_text), "").label("reason"),
        )
        .where(columns.state.in_([state.value for state in NEEDS_PERSON]))
        .group_by(*key)
    )
    return [Group(**row._mapping) for row in rows]


def _message_groups(connection: Connection) -> list[Group]:
    columns = schema.dead_letter.c
    rows = connection.execute(
        select(
            columns.entity,
            columns.fingerprint,
            func.count().label("count"),
            func.min(columns.opened_at).label("oldest"),
            func.min(columns.reason).label("reason"),
        )
        .where(columns.record_id.is_(None), columns.closed_at.is_(None))
        .group_by(columns.entity, columns.fingerprint)
    )
    return [Group(state=State.DEAD.value, currency=None, amount=None, **row._mapping) for row in rows]


def message(database: Database, letter_id: int) -> Row[Any]:
    """The dead letter of a message that nobody could read; raises `KeyError`."""
    with database.read() as connection:
        return message_in(connection, letter_id)


def message_in(connection: Connection, letter_id: int) -> Row[Any]:
    """As `message`, inside a transaction."""
    columns = schema.dead_letter.c
    is_message = (columns.id == letter_id) & (columns.entity == MESSAGE)
    row = connection.execute(select(schema.dead_letter).where(is_message)).one_or_none()
    if row is None:
        raise KeyError(f"no message {letter_id} among the dead letters")
    return row


def open_messages(database: Database, *, fingerprint: str | None = None) -> Sequence[Row[Any]]:
    """The messages that nobody could read and that still rest, the oldest first."""
    columns = schema.dead_letter.c
    wanted = (columns.entity == MESSAGE) & columns.closed_at.is_(None)
    if fingerprint:
        wanted &= columns.fingerprint == fingerprint
    with database.read() as connection:
        return connection.execute(select(schema.dead_letter).where(wanted).order_by(columns.id)).all()


def close_message(database: Database, letter_id: int, *, by: str, why: str, now: datetime) -> None:
    """Closes the dead letter of a message, with the person and the reason; closing twice keeps the first.

    Raises `Refused` when no reason is given.
    """
    with database.write() as connection:
        put_away(connection, letter_id, by=by, why=why, now=now)


def put_away(connection: Connection, letter_id: int, *, by: str, why: str, now: datetime) -> None:
    """As `close_message`, inside a transaction."""
    if not why.strip():
        raise Refused("closing a message needs a reason: say why with --why", field="why", value=why)
    columns = schema.dead_letter.c
    is_open = (columns.id == letter_id) & (columns.entity == MESSAGE) & columns.closed_at.is_(None)
    connection.execute(update(schema.dead_letter).where(is_open).values(closed_at=now, closed_by=by, closed_why=why))


def open_letters(database: Database) -> Mapping[str, Sequence[Row[Any]]]:
    """Every open dead letter by entity, the oldest first: what the broker's dead-letter queues should hold."""
    columns = schema.dead_letter.c
    with database.read() as connection:
        rows = connection.execute(
            select(schema.dead_letter).where(columns.closed_at.is_(None)).order_by(columns.id)
        ).all()
    by_entity = defaultdict(list)
    for row in rows:
        by_entity[row.entity].append(row)
    return by_entity
