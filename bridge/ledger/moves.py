"""The one way in which a record changes its state: a compare-and-set with a journal line, refused when illegal."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, insert, select, update

from bridge.errors import IllegalMove, LostRace, StaleFence
from bridge.ledger import schema
from bridge.ledger.log import note_move
from bridge.ledger.rows import Record, record_of
from bridge.ledger.store import insert_new
from bridge.ports.clock import CLOCK_SKEW
from bridge.ports.erp import Verdict
from bridge.states import INITIAL, State, is_legal, is_renewal


@dataclass(frozen=True)
class Step:
    """A move to be made. `proof` says why nothing was written; a record leaving WRITING unconfirmed needs it."""

    target: State
    why: str
    by: str
    proof: str | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)


IDENTITY = ("connection", "site", "document", "source_id", "lane")
Identity = tuple[str, str, str, str, str]
"""What no other record has: the columns of `IDENTITY`, in this order."""


@dataclass(frozen=True)
class New:
    """A record to be made: why, and its columns, those of its identity among them."""

    why: str
    columns: Mapping[str, Any]

    @property
    def identity(self) -> Identity:
        """What no other record has."""
        connection, site, document, source_id, lane = (self.columns[name] for name in IDENTITY)
        return connection, site, document, source_id, lane


Each = Callable[[Record], Mapping[str, Any]]

PROOF_NEEDED = frozenset({State.READY, State.HELD, State.REVIEW, State.DEAD})


def move(connection: Connection, record: Record, step: Step, now: datetime) -> Record:
    """Moves `record` from the state in which it was read; returns it as it is now.

    Raises `IllegalMove`, or `LostRace` when somebody else has changed the record since it was read.
    """
    _check(connection, record, step)
    changes = _changes(record, step)
    moved = _set(connection, record, {**changes, "state": step.target.value}, now)
    journal(connection, record, step, now, changes)
    return moved


def move_all(
    connection: Connection, records: Sequence[Record], step: Step, now: datetime, *, each: Each | None = None
) -> tuple[Record, ...]:
    """As `move`, for records that the caller holds, in two statements however many there are.

    `each` gives what changes of one record beside the step's own changes: the same columns for all. Raises as above,
    and then the caller's transaction must not be committed.
    """
    if not records:
        return ()
    for record in records:
        _check(connection, record, step)
    changed = [{**_changes(record, step), **(each(record) if each else {})} for record in records]
    moved = _set_all(connection, records, step, changed, now)
    lines = [_line(record, step, now, changes) for record, changes in zip(records, changed, strict=True)]
    connection.execute(insert(schema.move), lines)
    for record, changes in zip(records, changed, strict=True):
        note_move(connection, record, step.target, by=step.by, columns=changes)
    return moved


def create(
    connection: Connection, *, now: datetime, by: str, why: str, connection_name: str, **values: object
) -> Record | None:
    """Creates a record in its first state with its first journal line; None when its identity is already known."""
    new = New(why, {"connection": connection_name, **values})
    return next(iter(create_all(connection, [new], now=now, by=by)), None)


def create_all(connection: Connection, news: Sequence[New], *, now: datetime, by: str) -> list[Record]:
    """As `create`, for records that name the same columns, in two statements however many; only those that are new."""
    if not news:
        return []
    first = {"state": INITIAL.value, "due_at": now, "created_at": now, "updated_at": now, "wanted_version": 1}
    made = connection.execute(
        insert_new(connection, schema.record).returning(schema.record), [{**first, **new.columns} for new in news]
    )
    records = sorted(map(record_of, made), key=lambda record: record.id)
    whys = {new.identity: new.why for new in news}
    if records:
        lines = [_first_line(record, by, whys[identity_of(record)], now) for record in records]
        connection.execute(insert(schema.move), lines)
    for record in records:
        note_move(connection, record, record.state, by=by, columns={}, is_new=True)
    return records


def find(connection: Connection, identity: Identity) -> Record | None:
    """The record of this identity, or None."""
    columns = schema.record.c
    is_it = [columns[name] == value for name, value in zip(IDENTITY, identity, strict=True)]
    row = connection.execute(select(schema.record).where(*is_it)).one_or_none()
    return record_of(row) if row else None


def identity_of(record: Record) -> Identity:
    """What no other record has."""
    return record.connection, record.site, record.document, record.source_id, record.lane


def _first_line(record: Record, by: str, why: str, now: datetime) -> dict[str, Any]:
    target, version = record.state.value, record.version
    return {
        "record_id": record.id, "origin": None, "target": target, "why": why, "by": by, "at": now, "failures": 0,
        "version": version,
    }  # fmt: skip


def create_after(
    connection: Connection, order: Record, document: str, version: int, *, now: datetime, by: str, why: str,
    **values: object,
) -> Record | None:  # fmt: skip
    """Creates the record of what this version of an order means after it was in the ERP; None when it is known."""
    about = {
        "source_id": f"{order.source_id}@{version}",
        "site": order.site, "lane": order.lane, "parent_id": order.id, "order_number": order.order_number,
        "amount": order.amount, "currency": order.currency, "wanted_version": version, "version": version,
    }  # fmt: skip
    return create(
        connection, now=now, by=by, why=why, connection_name=order.connection, document=document,
        **{**about, **values},
    )  # fmt: skip


def renew(connection: Connection, record: Record, step: Step, now: datetime) -> Record:
    """Makes a confirmed record of what is shown ready again, for its newer value; every other one stays confirmed.

    Raises `IllegalMove`, `LostRace`.
    """
    if not is_renewal(record.document, record.state, step.target):
        raise IllegalMove(f"record {record.id} ({record.document}): {record.state} -> {step.target} is no renewal")
    renewed = _set(connection, record, {**step.changes, "state": step.target.value}, now)
    journal(connection, record, step, now, step.changes)
    return renewed


def revise(connection: Connection, record: Record, changes: Mapping[str, Any], now: datetime) -> None:
    """Changes columns without a move; raises `LostRace` as `move` does."""
    _set(connection, record, changes, now)


def fetch(connection: Connection, record_id: int) -> Record:
    """The record by id; raises `KeyError`."""
    return _one(connection, select(schema.record).where(schema.record.c.id == record_id), record_id)


def hold(connection: Connection, record_id: int) -> Record:
    """The record by id, which nobody else can change before this transaction ends; raises `KeyError`.

    Whoever holds several takes them by ascending id, so that no two transactions wait for each other.
    """
    return _one(connection, select(schema.record).where(schema.record.c.id == record_id).with_for_update(), record_id)


def _one(connection: Connection, query: Select[Any], record_id: int) -> Record:
    row = connection.execute(query).one_or_none()
    if row is None:
        raise KeyError(f"no record {record_id} in the ledger")
    return record_of(row)


def hold_all(connection: Connection, wanted: ColumnElement[bool]) -> list[Record]:
    """The records that fit, by ascending id, which nobody else can change before this transaction ends."""
    rows = connection.execute(select(schema.record).where(wanted).order_by(schema.record.c.id).with_for_update())
    return [record_of(row) for row in rows]


def check_fence(connection: Connection, lane: str, fence: int | None) -> None:
    """Holds the lane's row until the commit; raises `StaleFence` when a newer writer owns the lane."""
    touched = update(schema.lane).where(schema.lane.c.name == lane).values(fence=schema.lane.c.fence)
    present = connection.execute(touched.returning(schema.lane.c.fence)).scalar_one_or_none()
    if fence is not None and present != fence:
        raise StaleFence(f"lane {lane} is at fence {present}, this writer holds {fence}: stop")


def journal(connection: Connection, record: Record, step: Step, now: datetime, changes: Mapping[str, Any]) -> None:
    """Appends the journal line of a move, and notes it for the log."""
    note_move(connection, record, step.target, by=step.by, columns=changes)
    connection.execute(insert(schema.move), [_line(record, step, now, changes)])


def _line(record: Record, step: Step, now: datetime, changes: Mapping[str, Any]) -> dict[str, Any]:
    why = f"{step.why} (proof: {step.proof})" if step.proof else step.why
    return {
        "record_id": record.id,
        "origin": record.state.value,
        "target": step.target.value,
        "why": why,
        "by": step.by,
        "at": now,
        "failures": changes.get("failures", record.failures),
        "version": changes.get("version", record.version),
        "mapping_version": changes.get("mapping_version", record.mapping_version),
        "batch_id": changes.get("batch_id", record.batch_id),
        "fence": changes.get("fence", record.fence),
    }


def _check(connection: Connection, record: Record, step: Step) -> None:
    if not is_legal(record.state, step.target):
        raise IllegalMove(f"record {record.id}: {record.state} -> {step.target} is not in the table of states")
    if record.state is State.WRITING and step.target in PROOF_NEEDED and not step.proof:
        raise IllegalMove(f"record {record.id}: WRITING -> {step.target} needs proof that nothing was written")
    if record.state is State.UNCERTAIN and not _is_probed(connection, record):
        raise IllegalMove(f"record {record.id}: UNCERTAIN -> {step.target} needs a probe of this doubt")


def _is_probed(connection: Connection, record: Record) -> bool:
    """Whether a probe has decided this very doubt; one that could not be read has decided nothing."""
    columns = schema.probe.c
    of_this_doubt = (columns.record_id == record.id) & (columns.doubt == record.doubts)
    decided = of_this_doubt & (columns.verdict != Verdict.UNREADABLE.value)
    return connection.execute(select(columns.id).where(decided).limit(1)).first() is not None


def _changes(record: Record, step: Step) -> dict[str, Any]:
    doubted = {"doubts": record.doubts + 1} if step.target is State.UNCERTAIN else {}
    return {**step.changes, **doubted}


def _due_again(record: Record, now: datetime) -> Mapping[str, Any]:
    """What was dated by a clock that has been set back since has its due time from that clock too."""
    return {"due_at": now} if record.updated_at > now + CLOCK_SKEW and record.due_at > now else {}


def _set_all(
    connection: Connection, records: Sequence[Record], step: Step, changed: Sequence[Mapping[str, Any]], now: datetime
) -> tuple[Record, ...]:
    changed = [{**_due_again(record, now), **changes} for record, changes in zip(records, changed, strict=True)]
    names = sorted(set().union(*changed))
    columns = schema.record.c
    as_read = (columns.id == bindparam("its_id")) & (columns.revision == bindparam("its_revision"))
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
    renewed = update(schema.record).where(as_read).values(
        **values, state=step.target.value, revision=columns.revision + 1, updated_at=now
    )  # fmt: skip
    rows = [
        {
            "its_id": record.id, "its_revision": record.revision,
            **{f"new_{name}": changes.get(name, getattr(record, name)) for name in names},
        }
        for record, changes in zip(records, changed, strict=True)
    ]  # fmt: skip
    if connection.execute(renewed, rows).rowcount != len(records):
        raise LostRace(f"one of {len(records)} records was changed by somebody else")
    return tuple(
        replace(record, **changes, state=step.target, revision=record.revision + 1, updated_at=now)
        for record, changes in zip(records, changed, strict=True)
    )


def _set(connection: Connection, record: Record, changes: Mapping[str, Any], now: datetime) -> Record:
    changes = {**_due_again(record, now), **changes}
    is_as_read = (schema.record.c.id == record.id) & (schema.record.c.revision == record.revision)
    changed = update(schema.record).where(is_as_read).values(**changes, revision=record.revision + 1, updated_at=now)
    row = connection.execute(changed.returning(schema.record)).one_or_none()
    if row is None:
        raise LostRace(f"record {record.id} was changed by somebody else")
    return record_of(row)
