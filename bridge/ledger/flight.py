"""What a writer asks of the ledger beside claims and outcomes: doubts, holds, and rows given back."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, select

from bridge.ledger import schema
from bridge.ledger.log import note
from bridge.ledger.moves import Step, check_fence, fetch, hold, hold_all, move, move_all
from bridge.ledger.outcomes import Commit, Rules, Writer, give_up
from bridge.ledger.rows import NO_REASON, Reason, Record, record_of
from bridge.ledger.store import Database
from bridge.outcomes import TABLE, Outcome, Verdict
from bridge.rules import LIFTED_BY_ERP, Objection
from bridge.states import State


def in_doubt(database: Database, lane: str, limit: int) -> list[Record]:
    """Records of a lane that only a probe can decide, the oldest first."""
    return _in_state(database, lane, State.UNCERTAIN, limit)


def held_for(database: Database, lane: str, conditions: Iterable[str], limit: int) -> list[Record]:
    """Records of a lane that wait for one of these conditions, the oldest first."""
    columns = schema.record.c
    wanted = (columns.lane == lane) & (columns.state == State.HELD.value) & columns.condition.in_(list(conditions))
    with database.read() as connection:
        rows = connection.execute(select(schema.record).where(wanted).order_by(columns.id).limit(limit)).all()
    return [record_of(row) for row in rows]


def parent_of(connection: Connection, record: Record) -> Record:
    """The record that this one came from; raises `KeyError` when it has none."""
    if record.parent_id is None:
        raise KeyError(f"record {record.id} has no parent")
    return fetch(connection, record.parent_id)


def customer_numbers(database: Database, records: Sequence[Record]) -> dict[int, str]:
    """The ERP's customer number by the id of the customer's record, for records that have one."""
    ids = {record.customer_record_id for record in records if record.customer_record_id is not None}
    columns = schema.record.c
    with database.read() as connection:
        confirmed = columns.id.in_(ids) & (columns.state == State.CONFIRMED.value)
        rows = connection.execute(select(columns.id, columns.number).where(confirmed)).all()
    return {row.id: row.number for row in rows if row.number}


def release(database: Database, writer: Writer, record_ids: Sequence[int], *, why: str, now: datetime) -> None:
    """Moves records held for a figure of the ERP's that allows them now to READY, due from now; others are left alone.

    Raises `StaleFence`.
    """
    with database.write() as connection:
        check_fence(connection, writer.lane, writer.fence)
        for record_id in sorted(record_ids):
            record = hold(connection, record_id)
            if record.state is State.HELD and record.condition in LIFTED_BY_ERP:
                step = Step(State.READY, why, writer.name, changes={**NO_REASON, "due_at": now})
                move(connection, record, step, now)


def put_back(database: Database, writer: Writer, batch_id: int, *, why: str, outcome: str, now: datetime) -> None:
    """Gives claimed records back untouched and closes their batch. Raises `StaleFence`."""
    with database.write() as connection:
        check_fence(connection, writer.lane, writer.fence)
        back = Step(State.READY, why, writer.name, changes={"batch_id": None})
        move_all(connection, hold_all(connection, _of_batch(batch_id, State.CLAIMED)), back, now)
        end_batch(connection, batch_id, outcome, now)


def hold_back(
    database: Database, writer: Writer, objections: Mapping[int, Objection], rules: Rules, *, now: datetime
) -> None:
    """Holds claimed records that a rule keeps from being written, each with its condition. Raises `StaleFence`."""
    with database.write() as connection:
        check_fence(connection, writer.lane, writer.fence)
        tx = Commit(connection, writer, rules, now)
        for record_id, objection in sorted(objections.items()):
            reason = Reason(objection.condition.value, objection.text, objection.field, objection.value)
            give_up(tx, hold(connection, record_id), TABLE[Outcome.HELD_BACK], reason, "not sent")


def doubt(database: Database, writer: Writer, record_ids: Sequence[int], *, why: str, now: datetime) -> None:
    """Moves claimed or sent records to UNCERTAIN, for a probe to decide. Raises `StaleFence`."""
    with database.write() as connection:
        check_fence(connection, writer.lane, writer.fence)
        for record_id in sorted(record_ids):
            record = hold(connection, record_id)
            if record.state is State.CLAIMED:
                step = Step(State.WRITING, "a former write may have begun", writer.name)
                record = move(connection, record, step, now)
            if record.state is State.WRITING:
                move(connection, record, Step(State.UNCERTAIN, why, writer.name, changes={"batch_id": None}), now)


def unanswered(database: Database, batch_id: int) -> list[int]:
    """Ids of the batch's records that were sent and have no outcome yet."""
    with database.read() as connection:
        sent = select(schema.record.c.id).where(_of_batch(batch_id, State.WRITING)).order_by(schema.record.c.id)
        return list(connection.execute(sent).scalars())


def settle_unanswered(
    database: Database, writer: Writer, never_begun: Sequence[int], uncertain: Sequence[int], rules: Rules,
    *, why: str, now: datetime,
) -> None:  # fmt: skip
    """After a lost answer: READY where the agent's notes prove that nothing was begun, UNCERTAIN for the rest."""
    with database.write() as connection:
        check_fence(connection, writer.lane, writer.fence)
        tx = Commit(connection, writer, rules, now)
        for record_id in sorted([*never_begun, *uncertain]):
            record = hold(connection, record_id)
            if record_id in uncertain:
                give_up(tx, record, Verdict(State.UNCERTAIN), Reason(Outcome.UNCERTAIN.value, why), None)
            else:
                reason = Reason(Outcome.NEVER_BEGUN.value, why)
                give_up(tx, record, Verdict(State.READY), reason, "agent: never begun, batch closed")


def end_batch(connection: Connection, batch_id: int, ended_by: str, now: datetime) -> None:
    """Closes a batch; closing twice keeps the first end."""
    columns = schema.batch.c
    is_open = (columns.id == batch_id) & columns.closed_at.is_(None)
    ended = schema.batch.update().where(is_open).values(closed_at=now, ended_by=ended_by).returning(schema.batch)
    batch = connection.execute(ended).one_or_none()
    if batch:
        lasted_s = round((now - batch.opened_at).total_seconds(), 3)
        about = {"lane": batch.lane, "document": batch.document, "batch": batch_id, "count": batch.size}
        note(connection, "batch_ended", **about, ended_by=ended_by, duration_s=lasted_s)


def _in_state(database: Database, lane: str, state: State, limit: int) -> list[Record]:
    columns = schema.record.c
    wanted = (columns.lane == lane) & (columns.state == state.value)
    with database.read() as connection:
        rows = connection.execute(select(schema.record).where(wanted).order_by(columns.id).limit(limit)).all()
    return [record_of(row) for row in rows]


def _of_batch(batch_id: int, state: State) -> ColumnElement[bool]:
    return (schema.record.c.batch_id == batch_id) & (schema.record.c.state == state.value)
