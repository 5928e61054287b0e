"""Fences and batches: who may write a lane now, and what that writer has taken."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, insert, select, update
from structlog.contextvars import bound_contextvars

from bridge.ledger import schema
from bridge.ledger.intake import REREAD
from bridge.ledger.manifest_lines import note
from bridge.ledger.moves import Step, check_fence, hold_all, move, move_all
from bridge.ledger.rows import Record, record_of
from bridge.ledger.store import Database, insert_new
from bridge.states import State


@dataclass(frozen=True)
class Batch:
    """What one writer claimed: records of one document kind, in the order in which they were due."""

    id: int
    lane: str
    fence: int | None
    document: str
    records: tuple[Record, ...]

    def named_in_log(self) -> AbstractContextManager[None]:
        """Binds what is logged meanwhile to this batch."""
        return bound_contextvars(lane=self.lane, batch=self.id, document=self.document)


def know_lane(connection: Connection, lane: str, now: datetime) -> None:
    """Makes the lane's row when it is new."""
    connection.execute(insert_new(connection, schema.lane).values(name=lane, updated_at=now))


def issue_fence(database: Database, lane: str, *, by: str, now: datetime) -> int:
    """The next fence of the lane. In the same commit the rows of older fences are turned:
    CLAIMED back to READY, WRITING to UNCERTAIN. Each call gives a greater number and makes all older ones stale."""
    with database.write() as connection:
        know_lane(connection, lane, now)
        raised = update(schema.lane).where(schema.lane.c.name == lane)
        fence = connection.execute(
            raised.values(fence=schema.lane.c.fence + 1, updated_at=now).returning(schema.lane.c.fence)
        ).scalar_one()
        turn_older(connection, lane, by=by, why=f"writer with fence {fence} took the lane over", now=now)
        close_batches(connection, lane, ended_by="fence", now=now)
        return int(fence)


def turn_older(connection: Connection, lane: str, *, by: str, why: str, now: datetime) -> int:
    """Turns what a former writer left in flight; how many records that were."""
    columns = schema.record.c
    in_flight = columns.state.in_([State.CLAIMED.value, State.WRITING.value])
    return _turn(connection, (columns.lane == lane) & in_flight, by, why, now)


def _turn(connection: Connection, wanted: ColumnElement[bool], by: str, why: str, now: datetime) -> int:
    left = hold_all(connection, wanted)
    for record in left:
        target = State.READY if record.state is State.CLAIMED else State.UNCERTAIN
        move(connection, record, Step(target, why, by, changes={"batch_id": None}), now)
        if target is State.UNCERTAIN:
            note(connection, record, target, fence=record.fence, now=now)
    return len(left)


def claim(
    database: Database,
    lane: str,
    *,
    fence: int | None,
    window_id: int | None,
    owner: str,
    limit: int,
    now: datetime,
    lease_s: float = 600,
) -> Batch | None:
    """Claims the next due records of the lane, of the one document kind that comes first; None when none is due.

    Customers come before orders (their priority is lower). Walks the claim index and stops at `limit`, so that it
    costs the same however many wait. Raises `StaleFence`.
    """
    with database.write() as connection:
        know_lane(connection, lane, now)
        check_fence(connection, lane, fence)
        rows = _next_due(connection, lane, limit, now)
        if not rows:
            return None
        records = [record_of(row) for row in rows if row.document == rows[0].document]
        values = {
            "lane": lane, "window_id": window_id, "fence": fence, "document": records[0].document, "owner": owner,
            "size": len(records), "opened_at": now, "expires_at": now + timedelta(seconds=lease_s),
        }  # fmt: skip
        batch_id = connection.execute(insert(schema.batch).values(**values).returning(schema.batch.c.id)).scalar_one()
        step = Step(State.CLAIMED, f"batch {batch_id}", owner, changes={"batch_id": batch_id, "fence": fence})
        return Batch(int(batch_id), lane, fence, records[0].document, move_all(connection, records, step, now))


def _next_due(connection: Connection, lane: str, limit: int, now: datetime) -> Sequence[Any]:
    """The due rows of the first priority that has any. Steps from one priority to the next along the index, so that
    rows that are not due yet are never walked; a row that somebody else is changing just now is left for later."""
    columns = schema.record.c
    is_ready = (columns.lane == lane) & (columns.state == State.READY.value)
    next_priority = select(columns.priority).where(is_ready).order_by(columns.priority).limit(1)
    priority = connection.execute(next_priority).scalar_one_or_none()
    while priority is not None:
        rows = connection.execute(
            select(schema.record)
            .where(is_ready, columns.priority == priority, columns.due_at <= now)
            .order_by(columns.due_at, columns.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        ).all()
        if rows:
            return rows
        priority = connection.execute(next_priority.where(columns.priority > priority)).scalar_one_or_none()
    return []


def begin_writing(
    database: Database, batch: Batch, numbers: dict[int, str], *, by: str, now: datetime
) -> tuple[Record, ...]:
    """Commits reserved numbers and WRITING for every record of the next request, before the request is sent.

    A number once set stays for good. A record whose storefront wants a newer version by now, or a second reading,
    turns back instead and is not among those returned. Raises `StaleFence`.
    """
    with database.write() as connection:
        check_fence(connection, batch.lane, batch.fence)
        present = _present(connection, batch)
        for record in present:
            if record.is_outdated:
                _turn_back(connection, record, by, now)
        going = [record for record in present if not record.is_outdated]
        step = Step(State.WRITING, "request goes out", by)
        return move_all(
            connection, going, step, now,
            each=lambda record: {
                "number": record.number or numbers.get(record.id), "writes_begun": record.writes_begun + 1,
            },
        )  # fmt: skip


def _present(connection: Connection, batch: Batch) -> list[Record]:
    columns = schema.record.c
    ids = [record.id for record in batch.records]
    mine = columns.id.in_(ids) & (columns.batch_id == batch.id) & (columns.state == State.CLAIMED.value)
    return sorted(hold_all(connection, mine), key=lambda record: (record.due_at, record.id))


def _turn_back(connection: Connection, record: Record, by: str, now: datetime) -> None:
    why = f"version {record.wanted_version} is wanted or to be read again, {record.version} was claimed"
    changes = {"batch_id": None, "condition": REREAD, "needs_read": True}
    move(connection, record, Step(State.HELD, why, by, changes=changes), now)


def close_batches(connection: Connection, lane: str, *, ended_by: str, now: datetime) -> None:
    """Closes every open batch of the lane; closing twice keeps the first end."""
    is_open = (schema.batch.c.lane == lane) & schema.batch.c.closed_at.is_(None)
    connection.execute(update(schema.batch).where(is_open).values(closed_at=now, ended_by=ended_by))


def turn_expired(database: Database, *, by: str, now: datetime) -> int:
    """Turns the rows of batches whose writer is long overdue; how many batches.

    A fenced lane gets a new fence, so that its lost writer can do nothing any more. A writer's life is far shorter
    than a batch's, so this only finds what a kill left behind.
    """
    columns = schema.batch.c
    with database.read() as connection:
        overdue = connection.execute(
            select(columns.id, columns.lane, columns.fence).where(
                columns.closed_at.is_(None), columns.expires_at <= now
            )
        ).all()
    for lane in {row.lane for row in overdue if row.fence is not None}:
        issue_fence(database, lane, by=by, now=now)
    with database.write() as connection:
        for row in overdue:
            if row.fence is None:
                turn_batch(connection, row.id, by=by, why="its worker never came back", now=now)
    return len(overdue)


def turn_batch(connection: Connection, batch_id: int, *, by: str, why: str, now: datetime) -> None:
    """Turns what one batch of an unfenced lane left in flight, and closes it."""
    columns = schema.record.c
    in_flight = columns.state.in_([State.CLAIMED.value, State.WRITING.value])
    _turn(connection, (columns.batch_id == batch_id) & in_flight, by, why, now)
    is_this = (schema.batch.c.id == batch_id) & schema.batch.c.closed_at.is_(None)
    connection.execute(update(schema.batch).where(is_this).values(closed_at=now, ended_by="overdue"))
