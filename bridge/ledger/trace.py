"""Where did it end up? The read side for people: one order's whole way, counts, and what needs a look."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from bridge.ledger import schema
from bridge.ledger.rows import Record, record_of
from bridge.ledger.store import Database

Rows = Sequence[Row[Any]]

_IDS_A_QUERY = 500


@dataclass(frozen=True)
class Trace:
    """One record with everything the ledger knows of it, oldest first in each part."""

    record: Record
    events: Rows
    moves: Rows
    probes: Rows
    identities: Rows
    dead_letters: Rows
    children: tuple[Record, ...]


def find(database: Database, wanted: str, limit: int = 20) -> list[Record]:
    """Records that answer to an id: order number, source id, ERP number, linked number or record id; orders first.

    Each kind of id is looked up in its own index, so that the answer takes no longer however much the ledger holds.
    """
    columns = schema.record.c
    kinds = [
        select(columns.id).where(columns.order_number == wanted),
        select(columns.id).where(columns.source_id == wanted),
        select(columns.id).where(columns.number == wanted),
        select(schema.identity.c.record_id).where(schema.identity.c.value == wanted),
    ]
    if wanted.isascii() and wanted.isdigit() and len(wanted) < 18:
        kinds.append(select(columns.id).where(columns.id == int(wanted)))
    with database.read() as connection:
        ids = sorted({record_id for kind in kinds for record_id in connection.execute(kind.limit(limit)).scalars()})
        found = select(schema.record).where(columns.id.in_(ids)).order_by(columns.id).limit(limit)
        rows = connection.execute(found).all()
    records = [record_of(row) for row in rows]
    return sorted(records, key=lambda record: (record.document != "order", record.id))


def find_by_event(database: Database, connection_names: Sequence[str], event_id: str) -> list[Record]:
    """Records that an event of this id, on one of these connections, became or changed."""
    columns = schema.event.c
    told = select(columns.record_id).where(columns.connection.in_(connection_names), columns.event_id == event_id)
    with database.read() as connection:
        rows = connection.execute(
            select(schema.record).where(schema.record.c.id.in_(told)).order_by(schema.record.c.id)
        )
        return [record_of(row) for row in rows]


def of_source_ids(database: Database, connection_name: str, document: str, ids: Sequence[str]) -> list[Record]:
    """The records of these documents of a connection, whatever their lane; ids unknown to the ledger are absent."""
    columns = schema.record.c
    mine = (columns.connection == connection_name) & (columns.document == document)
    with database.read() as connection:
        found = [
            row
            for at in range(0, len(ids), _IDS_A_QUERY)
            for row in connection.execute(
                select(schema.record).where(mine, columns.source_id.in_(ids[at : at + _IDS_A_QUERY]))
            )
        ]
    return [record_of(row) for row in found]


def trace(database: Database, record_id: int) -> Trace:
    """The whole way of one record; raises `KeyError`."""
    with database.read() as connection:
        row = connection.execute(select(schema.record).where(schema.record.c.id == record_id)).one_or_none()
        if row is None:
            raise KeyError(f"no record {record_id} in the ledger")
        children = connection.execute(
            select(schema.record).where(schema.record.c.parent_id == record_id).order_by(schema.record.c.id)
        ).all()
        return Trace(
            record=record_of(row),
            events=_of(connection, schema.event, record_id),
            moves=_of(connection, schema.move, record_id),
            probes=_of(connection, schema.probe, record_id),
            identities=_of(connection, schema.identity, record_id),
            dead_letters=_of(connection, schema.dead_letter, record_id),
            children=tuple(record_of(child) for child in children),
        )


def _of(connection: Connection, table: Any, record_id: int) -> Rows:
    return connection.execute(select(table).where(table.c.record_id == record_id).order_by(table.c.id)).all()


def batches_of(database: Database, record_id: int) -> Rows:
    """The batches that claimed a record, each with its window's times, the oldest first."""
    batch, window, move = schema.batch, schema.window, schema.move
    claimed = select(move.c.batch_id).where(move.c.record_id == record_id, move.c.batch_id.is_not(None))
    with database.read() as connection:
        return connection.execute(
            select(batch, window.c.scheduled_for, window.c.opens_at, window.c.closes_at, window.c.state)
            .join(window, window.c.id == batch.c.window_id, isouter=True)
            .where(batch.c.id.in_(claimed))
            .order_by(batch.c.id)
        ).all()


def counts(database: Database) -> Rows:
    """Records by lane, document and state, with their money and the oldest one's time of last change."""
    columns = schema.record.c
    with database.read() as connection:
        return connection.execute(
            select(
                columns.lane,
                columns.document,
                columns.state,
                func.count().label("records"),
                func.sum(columns.amount).label("amount"),
                func.min(columns.updated_at).label("oldest"),
            ).group_by(columns.lane, columns.document, columns.state)
        ).all()


def dead_letters(database: Database, *, entity: str | None = None, open_only: bool = True, limit: int = 500) -> Rows:
    """Dead letters, the oldest first."""
    columns = schema.dead_letter.c
    wanted = columns.closed_at.is_(None) if open_only else columns.id > 0
    if entity:
        wanted &= columns.entity == entity
    with database.read() as connection:
        return connection.execute(select(schema.dead_letter).where(wanted).order_by(columns.id).limit(limit)).all()


def open_alarms(database: Database) -> Rows:
    """Alarms that are open, the latest first."""
    columns = schema.alarm.c
    with database.read() as connection:
        is_open = columns.closed_at.is_(None)
        return connection.execute(select(schema.alarm).where(is_open).order_by(columns.last_at.desc())).all()


def windows(database: Database, lane: str | None = None, limit: int = 20, *, before: datetime | None = None) -> Rows:
    """The newest windows, of one lane or of all; those scheduled before a moment, if one is given."""
    columns = schema.window.c
    wanted = columns.lane == lane if lane else columns.id > 0
    if before:
        wanted &= columns.scheduled_for < before
    with database.read() as connection:
        return connection.execute(
            select(schema.window).where(wanted).order_by(columns.scheduled_for.desc()).limit(limit)
        ).all()


def lanes(database: Database) -> Rows:
    """Every lane that anything has used."""
    with database.read() as connection:
        return connection.execute(select(schema.lane).order_by(schema.lane.c.name)).all()


def receipt(database: Database, connection_name: str, event_id: str) -> Rows:
    """What the ledger has of an event id: for a producer that wants to know whether its event was taken over."""
    columns = schema.event.c
    mine = (columns.connection == connection_name) & (columns.event_id == event_id)
    with database.read() as connection:
        return connection.execute(select(schema.event).where(mine).order_by(columns.id)).all()


def oldest_waiting(database: Database, lane: str, state: str) -> datetime | None:
    """Since when the oldest record of a lane has been in a state; None when there is none."""
    columns = schema.record.c
    with database.read() as connection:
        mine = (columns.lane == lane) & (columns.state == state)
        oldest: datetime | None = connection.execute(select(func.min(columns.updated_at)).where(mine)).scalar()
        return oldest
