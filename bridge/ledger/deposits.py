"""What a storefront took of an order after it was written: a record of its own, which the lane's next window writes."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import ColumnElement, Connection, func, select

from bridge.errors import LostRace
from bridge.ledger import schema
from bridge.ledger.alarms import raise_alarm
from bridge.ledger.dead import close
from bridge.ledger.moves import Step, create_after, fetch, hold_all, move, revise
from bridge.ledger.rows import NO_REASON, Reason, Record
from bridge.outcomes import Urgency
from bridge.ports.erp import DEPOSIT
from bridge.states import IN_FLIGHT, NEEDS_PERSON, State

REST = timedelta(minutes=1)
"""How long an order rests before it is read again whose deposit is being written just now."""

_FIRST = 0
"""The priority: before orders, since an order that is invoiced takes no deposit any more."""

_REPLACEABLE = frozenset({State.READY, *NEEDS_PERSON})


@dataclass(frozen=True)
class Deposit:
    """What a storefront has taken of an order by now, in the order's currency.

    `name` is the same for what means the same, and `as_written` is the name of what it had taken when the order was
    written. `mapped` are the ERP's columns; without them `reason` says why there are none.
    """

    name: str
    as_written: str
    amount: Decimal | None = None
    mapped: str | None = None
    reason: Reason | None = None


def want(connection: Connection, order: Record, version: int, wanted: Deposit, *, by: str, now: datetime) -> None:
    """Makes the deposit of a confirmed order, due from now on, in the place of one that waits; at most one is open.

    What was made already, be it written, discarded or waiting, changes nothing. While one is in flight the order is
    only marked to be read again. Raises `LostRace` when a writer claims the one that waits, or another makes one, now.
    """
    made = hold_all(connection, _of(order.id) & (schema.record.c.state != State.CANCELLED.value))
    if wanted.name == _name(made, wanted):
        return
    if made and made[-1].state in IN_FLIGHT:
        revise(connection, order, {"needs_read": True, "due_at": now + REST}, now)
        return
    if made and made[-1].state in _REPLACEABLE:
        _replace(connection, made.pop(), f"version {version} of the order says {wanted.name}", by, now)
    if wanted.name != _name(made, wanted):
        _make(connection, order, version, wanted, by=by, now=now)


def _name(made: list[Record], wanted: Deposit) -> str | None:
    return made[-1].content_hash if made else wanted.as_written


def _replace(connection: Connection, waiting: Record, why: str, by: str, now: datetime) -> None:
    close(connection, waiting.id, by=by, why=why, now=now)
    move(connection, waiting, Step(State.CANCELLED, why, by, changes=NO_REASON), now)


def _make(connection: Connection, order: Record, version: int, wanted: Deposit, *, by: str, now: datetime) -> None:
    told = wanted.reason.text if wanted.reason else f"{wanted.name} is taken of it by now"
    text = f"order {order.order_number} was written as {order.number}: {told}"
    made = create_after(
        connection, order, DEPOSIT, version, now=now, by=by, why=text, priority=_FIRST, number=order.number,
        mapped=wanted.mapped, content_hash=wanted.name, amount=wanted.amount,
        source_id=_source_id(connection, order, version),
    )  # fmt: skip
    if made is None:
        raise LostRace(f"somebody else made the deposit of record {order.id} in version {version}")
    if wanted.reason is None:
        move(connection, made, Step(State.READY, text, by), now)
        return
    move(connection, made, Step(State.REVIEW, text, by, changes=wanted.reason.columns()), now)
    raise_alarm(connection, f"review:{wanted.reason.fingerprint}"[:128], Urgency.NORMAL, text, now)


def _source_id(connection: Connection, order: Record, version: int) -> str:
    """The version of the order that says so; one that is read twice may say something else the second time."""
    of_version = _of(order.id) & (schema.record.c.version == version)
    before: int = connection.execute(select(func.count()).where(of_version)).scalar_one()
    return f"{order.source_id}@{version}" + (f".{before + 1}" if before else "")


def last_written(connection: Connection, order_id: int) -> str | None:
    """The mapped columns of the deposit that the ERP has by our word: those confirmed last, else the order's own."""
    columns = schema.record.c
    confirmed = _of(order_id) & (columns.state == State.CONFIRMED.value)
    latest = select(columns.mapped).where(confirmed).order_by(columns.id.desc()).limit(1)
    mapped: str | None = connection.execute(latest).scalar_one_or_none()
    return mapped or fetch(connection, order_id).mapped


def taken_since(connection: Connection, order_ids: Collection[int]) -> dict[int, str | None]:
    """The mapped columns of the newest deposit of those of these orders that have one, whatever became of it."""
    columns = schema.record.c
    stands = (columns.document == DEPOSIT) & (columns.state != State.CANCELLED.value)
    found = select(columns.parent_id, columns.mapped).where(columns.parent_id.in_(order_ids), stands)
    return {row.parent_id: row.mapped for row in connection.execute(found.order_by(columns.id))}


def _of(order_id: int) -> ColumnElement[bool]:
    return (schema.record.c.parent_id == order_id) & (schema.record.c.document == DEPOSIT)
