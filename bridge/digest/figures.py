"""The figures of one day, of every lane by its own wall clock, from one reading transaction of the ledger."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from bridge.ledger import schema
from bridge.ledger.manifests import Balance, balance
from bridge.ledger.store import Database
from bridge.ledger.windows import MISSED
from bridge.outcomes import Outcome
from bridge.ports.erp import ORDER
from bridge.states import IN_FLIGHT, State
from bridge.windows.calendar import LaneCalendar
from bridge.windows.due import windows_between

TOP = 5
"""So many groups of errors are told; the desk has them all."""

_MOST_WINDOWS = 1_500
"""More windows than a day can have."""

_WAITING = (State.RECEIVED, State.READY, *sorted(IN_FLIGHT))
_RESTING = (State.HELD, State.REVIEW, State.DEAD)


@dataclass(frozen=True)
class Sum:
    """Records and their money by currency; what has not been read yet has none."""

    records: int = 0
    money: Mapping[str, Decimal] = field(default_factory=dict)

    def __add__(self, other: "Sum") -> "Sum":
        money = dict(self.money)
        for currency, amount in other.money.items():
            money[currency] = money.get(currency, Decimal(0)) + amount
        return Sum(self.records + other.records, money)


@dataclass(frozen=True)
class Windows:
    """A lane's windows of the day: those that were kept, those missed or never made, and how the kept ones ended."""

    kept: int
    missed: int
    ends: Mapping[str, int]

    @property
    def without_seat(self) -> int:
        """Windows in which there was no seat."""
        return self.ends.get(Outcome.NO_SEAT.value, 0)


@dataclass(frozen=True)
class Oldest:
    """The order that waits the longest."""

    name: str
    since: datetime


@dataclass(frozen=True)
class LaneDay:
    """One lane's day, from `start` to before `end`: its orders that came and were confirmed, its windows and manifests.

    `waiting`, `held`, `review` and `dead` are what stands so when the digest is made, whenever it came.
    """

    lane: str
    start: datetime
    end: datetime
    came: Sum
    confirmed: Sum
    waiting: Sum
    held: Sum
    review: Sum
    dead: Sum
    oldest: Oldest | None
    windows: Windows
    balance: Balance


@dataclass(frozen=True)
class Errors:
    """Records that rest for the same reason, in one state."""

    fingerprint: str
    state: str
    sum: Sum


@dataclass(frozen=True)
class Noted:
    """An alarm that was raised on the day, or is open."""

    key: str
    text: str
    is_open: bool


@dataclass(frozen=True)
class Digest:
    """One day. `errors` are the largest groups of what rests now; `drift` and `seats` are alarms."""

    day: date
    at: datetime
    lanes: tuple[LaneDay, ...]
    errors: tuple[Errors, ...]
    drift: tuple[Noted, ...]
    seats: tuple[Noted, ...]

    @property
    def is_balanced(self) -> bool:
        """Whether the manifests of every lane agree with the ledger."""
        return all(lane.balance.is_balanced for lane in self.lanes)


def digest_of(
    database: Database, day: date, calendars: Mapping[str, LaneCalendar], connections: Sequence[str], *, now: datetime
) -> Digest:
    """The digest of a day; the same day again says the same, but for what waits and rests by then."""
    with database.read() as connection:
        lanes = tuple(
            _lane_day(connection, lane, calendar, day, connections=connections, now=now)
            for lane, calendar in calendars.items()
        )
        begin = min((each.start for each in lanes), default=now)
        return Digest(
            day, now, lanes, tuple(_errors(connection)), tuple(_noted(connection, "drift:", begin)),
            tuple(_noted(connection, "seats:", begin)),
        )  # fmt: skip


def day_span(day: date, calendar: LaneCalendar) -> tuple[datetime, datetime]:
    """A day by the lane's wall clock, in UTC; it has 23 or 25 hours when the clock is changed."""
    midnights = (datetime.combine(each, time(0), calendar.zone) for each in (day, day + timedelta(days=1)))
    start, end = (midnight.astimezone(UTC) for midnight in midnights)
    return start, end


def _lane_day(
    connection: Connection, lane: str, calendar: LaneCalendar, day: date, *, connections: Sequence[str], now: datetime
) -> LaneDay:
    start, end = day_span(day, calendar)
    columns = schema.record.c
    orders = (columns.lane == lane) & (columns.document == ORDER)
    came = columns.connection.in_(connections) & (columns.created_at >= start) & (columns.created_at < end)
    stand = dict(_by_state(connection, orders & columns.state.in_([each.value for each in (*_WAITING, *_RESTING)])))
    balanced = balance(connection, lane, start, end)
    confirmed = [each for each in balanced.ledger if each.document == ORDER]
    return LaneDay(
        lane, start, end,
        came=_total(each for _, each in _by_state(connection, orders & came)),
        confirmed=_total(_sum(each.records, each.currency, each.control.amount) for each in confirmed),
        waiting=_total(stand.get(each.value, Sum()) for each in _WAITING),
        held=stand.get(State.HELD.value, Sum()),
        review=stand.get(State.REVIEW.value, Sum()),
        dead=stand.get(State.DEAD.value, Sum()),
        oldest=_oldest(connection, orders),
        windows=_windows(connection, lane, calendar, start, min(end, now)),
        balance=balanced,
    )  # fmt: skip


def _total(sums: Iterable[Sum]) -> Sum:
    return sum(sums, Sum())


def _sum(records: int, currency: str | None, amount: Decimal | None) -> Sum:
    return Sum(records, {} if amount is None else {currency or "without currency": amount})


def _by_state(connection: Connection, wanted: ColumnElement[bool]) -> Iterator[tuple[str, Sum]]:
    """Each state's sum, once."""
    columns = schema.record.c
    key = (columns.state, columns.currency)
    found: dict[str, Sum] = {}
    for row in connection.execute(
        select(*key, func.count().label("records"), func.sum(columns.amount).label("amount"))
        .where(wanted)
        .group_by(*key)
    ):
        found[row.state] = found.get(row.state, Sum()) + _sum(row.records, row.currency, row.amount)
    yield from found.items()


def _oldest(connection: Connection, orders: ColumnElement[bool]) -> Oldest | None:
    columns = schema.record.c
    row = connection.execute(
        select(columns.order_number, columns.source_id, columns.created_at)
        .where(orders, columns.state.in_([state.value for state in _WAITING]))
        .order_by(columns.created_at, columns.id)
        .limit(1)
    ).one_or_none()
    return Oldest(row.order_number or row.source_id, row.created_at) if row else None


def _windows(connection: Connection, lane: str, calendar: LaneCalendar, start: datetime, end: datetime) -> Windows:
    """By the calendar, not by the rows alone: a dead beat makes none."""
    columns = schema.window.c
    mine = (columns.lane == lane) & (columns.scheduled_for >= start) & (columns.scheduled_for < end)
    rows = connection.execute(select(columns.state, columns.ended_by).where(mine, columns.closes_at <= end)).all()
    kept = [row for row in rows if row.state != MISSED]
    ends: dict[str, int] = {}
    for row in kept:
        ends[row.ended_by or row.state] = ends.get(row.ended_by or row.state, 0) + 1
    planned = windows_between(calendar, start, end, most=_MOST_WINDOWS)
    missed = len(rows) - len(kept) + max(0, planned - len(rows))
    return Windows(len(kept), missed, dict(sorted(ends.items(), key=lambda each: (-each[1], each[0]))))


def _errors(connection: Connection) -> Sequence[Errors]:
    columns = schema.record.c
    key = (columns.fingerprint, columns.condition, columns.state, columns.currency)
    found: dict[tuple[str, str], Sum] = {}
    rows: Any = connection.execute(
        select(*key, func.count().label("records"), func.sum(columns.amount).label("amount"))
        .where(columns.state.in_([state.value for state in _RESTING]))
        .group_by(*key)
    )
    for row in rows:
        name = (row.fingerprint or row.condition or "no reason", row.state)
        found[name] = found.get(name, Sum()) + _sum(row.records, row.currency, row.amount)
    groups = [Errors(fingerprint, state, each) for (fingerprint, state), each in found.items()]
    return sorted(groups, key=lambda each: (-each.sum.records, each.fingerprint))[:TOP]


def _noted(connection: Connection, prefix: str, since: datetime) -> Iterator[Noted]:
    """Alarms of a kind that are open, or were raised since."""
    known = schema.alarm.c
    wanted = known.key.startswith(prefix, autoescape=True) & (known.closed_at.is_(None) | (known.last_at >= since))
    for row in connection.execute(select(known.key, known.text, known.closed_at).where(wanted).order_by(known.key)):
        yield Noted(row.key, row.text, row.closed_at is None)
