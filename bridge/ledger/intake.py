"""Takes events over into the ledger: each checked and deduplicated on its own, one commit for all of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, Insert, Table, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bridge.ledger import schema
from bridge.ledger.dead import DeadMessage, bury_message
from bridge.ledger.moves import Step, move, revise
from bridge.ledger.rows import Record, record_of
from bridge.ledger.store import Database
from bridge.ports.events import Event
from bridge.states import INITIAL, State

REREAD = "reread"
"""The condition of a record that waits for its document to be read again."""

_BEFORE_CLAIM = frozenset({State.RECEIVED, State.READY, State.HELD, State.REVIEW, State.DEAD, State.CONFIRMED})


@dataclass(frozen=True)
class Arrival:
    """An event with what its envelope says, and the lane its site maps to by configuration."""

    event: Event
    document: str
    source_id: str
    version: int
    site: str
    lane: str
    read_from: datetime | None = None


@dataclass(frozen=True)
class Taken:
    """What one batch came to: events new to the ledger, repeats, and messages nobody can read."""

    new: int = 0
    repeats: int = 0
    unreadable: int = 0


def take(
    database: Database, arrivals: Sequence[Arrival], unreadable: Sequence[DeadMessage], *, by: str, now: datetime
) -> Taken:
    """Commits a batch of events. The same batch again, or in two intakes at once, changes nothing more."""
    with database.write() as connection:
        new = sum(_take_one(connection, arrival, by, now) for arrival in arrivals)
        for message in unreadable:
            bury_message(connection, message, now)
    return Taken(new=new, repeats=len(arrivals) - new, unreadable=len(unreadable))


def _take_one(connection: Connection, arrival: Arrival, by: str, now: datetime) -> bool:
    event_row_id = _keep_event(connection, arrival, now)
    if event_row_id is None:
        return False
    if not arrival.document:
        return True  # kept raw; no record comes of it
    record = _find(connection, arrival) or _create(connection, arrival, by, now) or _find(connection, arrival)
    if record is None:
        raise RuntimeError(f"record of event {arrival.event.event_id} vanished inside its own transaction")
    _want(connection, record, arrival, by, now)
    of_this_event = schema.event.c.id == event_row_id
    connection.execute(update(schema.event).where(of_this_event).values(record_id=record.id))
    return True


def _keep_event(connection: Connection, arrival: Arrival, now: datetime) -> int | None:
    """Keeps the raw event; None when this very event (same body) is already kept."""
    event = arrival.event
    values = {
        "connection": event.connection,
        "event_id": event.event_id,
        "body_hash": sha256(event.body).hexdigest(),
        "topic": event.topic,
        "source": event.source,
        "resource_id": arrival.source_id,
        "resource_version": arrival.version,
        "body": event.body,
        "received_at": event.received_at,
        "taken_at": now,
    }
    kept = connection.execute(insert_new(connection, schema.event).values(**values).returning(schema.event.c.id))
    return kept.scalar_one_or_none()


def insert_new(connection: Connection, table: Table) -> Insert:
    """An insert that leaves a row alone which is already there under one of the table's unique keys."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement: Insert = dialect.insert(table).on_conflict_do_nothing()
    return statement


def _find(connection: Connection, arrival: Arrival) -> Record | None:
    columns = schema.record.c
    row = connection.execute(
        select(schema.record).where(
            columns.connection == arrival.event.connection,
            columns.site == arrival.site,
            columns.document == arrival.document,
            columns.source_id == arrival.source_id,
            columns.lane == arrival.lane,
        )
    ).one_or_none()
    return record_of(row) if row else None


def _create(connection: Connection, arrival: Arrival, by: str, now: datetime) -> Record | None:
    return create(
        connection,
        now=now,
        by=by,
        why=f"{arrival.event.source}: {arrival.event.topic} {arrival.event.event_id}",
        connection_name=arrival.event.connection,
        site=arrival.site,
        document=arrival.document,
        source_id=arrival.source_id,
        lane=arrival.lane,
        wanted_version=arrival.version,
        needs_read=True,
        read_from=arrival.read_from,
    )


def create(
    connection: Connection, *, now: datetime, by: str, why: str, connection_name: str, **values: object
) -> Record | None:
    """Creates a record in its first state with its first journal line; None when its identity is already known."""
    row = {"state": INITIAL.value, "due_at": now, "created_at": now, "updated_at": now, "wanted_version": 1, **values}
    made = connection.execute(
        insert_new(connection, schema.record).values(connection=connection_name, **row).returning(schema.record)
    ).one_or_none()
    if made is None:
        return None
    record = record_of(made)
    connection.execute(
        insert(schema.move).values(
            record_id=record.id, origin=None, target=record.state.value, why=why, by=by, at=now, failures=0,
            version=record.version,
        )
    )  # fmt: skip
    return record


def _want(connection: Connection, record: Record, arrival: Arrival, by: str, now: datetime) -> None:
    """Stores a newer wanted version at once, whatever the record is doing; what is in flight looks at it later."""
    is_newer = arrival.version > record.wanted_version
    is_same_id_other_body = _has_other_body(connection, arrival) and record.document == "order"
    if not (is_newer or is_same_id_other_body):
        return
    changes: dict[str, object] = {"wanted_version": max(arrival.version, record.wanted_version)}
    if record.state in _BEFORE_CLAIM:
        changes["needs_read"] = True
        changes["read_from"] = _earliest(record.read_from if record.needs_read else None, arrival.read_from)
    if record.state is State.READY:
        why = f"version {arrival.version} is wanted, read again first"
        move(connection, record, Step(State.HELD, why, by, changes={**changes, "condition": REREAD}), now)
        return
    revise(connection, record, changes, now)


def _has_other_body(connection: Connection, arrival: Arrival) -> bool:
    columns = schema.event.c
    same_id = (columns.connection == arrival.event.connection) & (columns.event_id == arrival.event.event_id)
    return len(connection.execute(select(columns.id).where(same_id).limit(2)).all()) > 1


def _earliest(first: datetime | None, second: datetime | None) -> datetime | None:
    return min((moment for moment in (first, second) if moment is not None), default=None)
