"""How everything stands, for whoever looks: the desk, `tidegate status`, the terminal. Reads only what is unfinished.

Finished records are not counted: of them only the last day's confirmations are read, by an index of their own, so that
the picture takes as long with a million orders behind it as with none.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, case, func, literal, select

from bridge.errors import TidegateError
from bridge.ledger import schema, windows
from bridge.ledger.schema_desk import is_confirmation
from bridge.ledger.unfinished import unfinished
from bridge.states import IN_FLIGHT, State
from bridge.windows.calendar import LaneCalendar
from bridge.windows.due import Window, next_window

HOURS = 24
_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Pile:
    """Records that stand alike: how many, their money by currency, and since when the oldest does (None for none)."""

    count: int = 0
    money: Mapping[str, Decimal] = field(default_factory=dict)
    oldest: datetime | None = None

    def plus(self, other: "Pile") -> "Pile":
        """Both together."""
        money = dict(self.money)
        for currency, amount in other.money.items():
            money[currency] = money.get(currency, Decimal(0)) + amount
        since = [each for each in (self.oldest, other.oldest) if each]
        return Pile(self.count + other.count, money, min(since, default=None))


@dataclass(frozen=True)
class FlowStanding:
    """One kind of document in one lane. `today` is what was confirmed since midnight, UTC."""

    lane: str
    document: str
    waiting: Pile = Pile()
    in_window: Pile = Pile()
    held: Pile = Pile()
    review: Pile = Pile()
    dead: Pile = Pile()
    today: Pile = Pile()


@dataclass(frozen=True)
class BrokerStanding:
    """The broker: events at the door, the age of the oldest in seconds, and what the dead-letter queues hold."""

    stream: str
    depth: int
    oldest_age_s: float
    dead_queues: Mapping[str, int]


@dataclass(frozen=True)
class Overview:
    """Every flow, lanes in order; `hourly` are the orders confirmed in each of the last 24 clock hours, oldest first.

    `hours_from` is the beginning of the first of them, in UTC.
    """

    flows: tuple[FlowStanding, ...]
    hourly: tuple[int, ...]
    hours_from: datetime

    def of_document(self, document: str) -> FlowStanding:
        """One kind of document over all lanes."""
        whole = FlowStanding("", document)
        for flow in self.flows:
            if flow.document == document:
                whole = replace(whole, **{name: getattr(whole, name).plus(getattr(flow, name)) for name in _PILES})
        return whole


_PILES = ("waiting", "in_window", "held", "review", "dead", "today")
_PILE_OF: Mapping[State, str] = {
    **dict.fromkeys((State.RECEIVED, State.READY), "waiting"),
    **dict.fromkeys(IN_FLIGHT, "in_window"),
    State.HELD: "held",
    State.REVIEW: "review",
    State.DEAD: "dead",
}


def read_overview(connection: Connection, now: datetime) -> Overview:
    """How all flows stand at one moment."""
    first_hour = now.replace(minute=0, second=0, microsecond=0) - (HOURS - 1) * _HOUR
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    piles: dict[tuple[str, str], dict[str, Any]] = defaultdict(dict)
    for row in unfinished(connection):
        _put(piles[row.lane, row.document], _PILE_OF[State(row.state)], row)
    hourly = [0] * HOURS
    for row in _confirmed(connection, first_hour):
        if row.document == "order":
            hourly[row.hour] += row.records
        if first_hour + row.hour * _HOUR >= midnight:
            _put(piles[row.lane, row.document], "today", row)
    flows = tuple(replace(FlowStanding(*key), **found) for key, found in sorted(piles.items()))
    return Overview(flows, tuple(hourly), first_hour)


def lane_standing(connection: Connection, name: str, calendar: LaneCalendar | None, now: datetime) -> dict[str, Any]:
    """A lane, as plain values: halted or not, its window, and when the next one opens (None without a calendar)."""
    row = windows.lane_row(connection, name)
    window = windows.to_write(connection, name, now)
    return {
        "lane": name,
        "is_halted": bool(row and row.halted),
        "halt_reason": row.halt_reason if row else None,
        "fence": row.fence if row else 0,
        "window": {"state": window.state, "closes_at": window.closes_at} if window else None,
        "last_end": row.last_end if row else None,
        "last_confirmed_at": row.last_confirmed_at if row else None,
        "next_window": next_opening(calendar, now),
    }


def coming_windows(calendar: LaneCalendar, after: datetime) -> Iterator[Window]:
    """The windows that the calendar opens after a moment, one by one, until none opens within a year."""
    while True:
        try:
            following = next_window(calendar, after)
        except TidegateError:  # the doctor says why
            return
        yield following
        after = following.opens_at


def next_opening(calendar: LaneCalendar | None, after: datetime) -> datetime | None:
    """When the next window opens; None without a calendar, or when none opens within a year."""
    window = next(coming_windows(calendar, after), None) if calendar else None
    return window.opens_at if window else None


def _put(piles: dict[str, Any], name: str, row: Row[Any]) -> None:
    money = {row.currency: row.amount} if row.currency and row.amount is not None else {}
    former: Pile = piles.get(name, Pile())
    piles[name] = former.plus(Pile(row.records, money, row.oldest))


def _confirmed(connection: Connection, since: datetime) -> Iterable[Row[Any]]:
    """Confirmations by clock hour, counted from `since`; each record's, not each order's only."""
    move, record = schema.move.c, schema.record.c
    later = range(HOURS - 1, 0, -1)
    hour = case(*((move.at >= since + number * _HOUR, literal(number)) for number in later), else_=literal(0))
    key = (record.lane, record.document, record.currency, hour.label("hour"))
    return connection.execute(
        select(
            *key,
            func.count().label("records"),
            func.sum(record.amount).label("amount"),
            func.min(move.at).label("oldest"),
        )
        .join_from(schema.move, schema.record, record.id == move.record_id)
        .where(is_confirmation, move.at >= since)
        .group_by(record.lane, record.document, record.currency, "hour")
    )
