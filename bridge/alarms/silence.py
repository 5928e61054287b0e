"""Silence of a lane: orders wait, its windows come and go, and nothing is confirmed. Pure, and words for people."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from bridge.windows.calendar import LaneCalendar
from bridge.windows.due import windows_between

MOST = 100
"""Windows are counted up to here; more would say nothing new."""


@dataclass(frozen=True)
class Waiting:
    """The orders of a lane that are on their way. `money` is by currency; `unread` have no known amount yet.

    `since` is when the oldest of them could be written, `last_confirmed` when the lane last confirmed anything.
    """

    orders: int
    unread: int
    money: Mapping[str, Decimal]
    since: datetime
    last_confirmed: datetime | None

    @property
    def silent_since(self) -> datetime:
        """From when on silence counts."""
        return max(self.since, self.last_confirmed) if self.last_confirmed else self.since


def windows_missed(calendar: LaneCalendar, since: datetime, now: datetime) -> int:
    """How many windows opened since then and are over by `now`, at most `MOST`.

    They are taken from the calendar and not from the ledger's rows, which a dead beat would not have made.
    """
    return windows_between(calendar, since, now, most=MOST)


def in_words(lane: str, waiting: Waiting, missed: int, standing: str, now: datetime) -> str:
    """What people read of it; `standing` says how the lane stands."""
    windows = f"{missed} windows" if missed < MOST else f"{MOST} windows or more"
    last = f"; the last one was confirmed {waiting.last_confirmed:%Y-%m-%d %H:%M}Z" if waiting.last_confirmed else ""
    return (
        f"lane {lane}: nothing was confirmed in {windows} while {waiting.orders} orders wait, {_at_risk(waiting)} at "
        f"risk, the oldest for {span_of(now - waiting.since)}{last}; {standing}"
    )


def _at_risk(waiting: Waiting) -> str:
    sums = [f"{amount:,.2f} {currency}" for currency, amount in sorted(waiting.money.items())]
    unread = [f"{waiting.unread} of unknown amount"] if waiting.unread else []
    return " + ".join([*sums, *unread])


def span_of(time: timedelta) -> str:
    """A length of time as people say it."""
    minutes = time // timedelta(minutes=1)
    return f"{minutes // 60} h {minutes % 60:02} min" if minutes else f"{time.total_seconds():.0f} s"
