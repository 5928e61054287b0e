"""Which windows a calendar holds, which of them are due, and whether a batch may still start.

Scheduled times lie on a grid in UTC (the period counted from each full hour). UTC has no change of the clock, so
each grid point exists exactly once and can serve as a window's identity. Local time serves only to say which parts of
a grid cell are open; the change of a clock can shorten a window, never double it or move its identity.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice

from bridge.errors import Misconfigured
from bridge.windows.calendar import LaneCalendar
from bridge.windows.spans import Span, clip, constant_offsets, merge, subtract

MISSED_LIMIT = 20
"""At most so many missed windows are told after a gap; the rest would only repeat the news."""

_LOOK_BACK = timedelta(days=31)
_LOOK_AHEAD = timedelta(days=366)
_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Window:
    """A span in which a lane may be written; all times in UTC. `scheduled_for` is its identity within the lane.

    `missed` says that it is over, or that a newer one is due: it is to be noted, not opened.
    """

    scheduled_for: datetime
    opens_at: datetime
    closes_at: datetime
    guard_s: float
    missed: bool = False


def windows_due(calendar: LaneCalendar, since_utc: datetime, now_utc: datetime) -> list[Window]:
    """The windows to note or open at `now_utc`, oldest first; only the last one can be other than `missed`.

    `since_utc` is the scheduled time of the newest window already known. A window that is open now is always among
    the answers, known or not, so that neither a clock that was set back nor a lost message can skip it; opening it a
    second time must do nothing. After a gap the newest 20 missed ones are told, none older than 31 days.
    """
    begun = list(islice(_begun(calendar, since_utc, now_utc), MISSED_LIMIT + 1))
    if not begun:
        return []
    newest, *older = begun
    told = [replace(newest, missed=newest.closes_at <= now_utc), *(replace(window, missed=True) for window in older)]
    return told[::-1]


def may_start(window: Window, now: datetime, expected_s: float) -> bool:
    """Whether a batch expected to take `expected_s` seconds may start: it must end a guard's time before the window."""
    return window.opens_at <= now and now + timedelta(seconds=expected_s + window.guard_s) <= window.closes_at


def next_window(calendar: LaneCalendar, now: datetime) -> Window:
    """The window that opens next after `now` (for people). Raises `Misconfigured` if none does within a year."""
    hour = _hour_of(now)
    while hour < now + _LOOK_AHEAD:
        for window in _windows_of_hour(calendar, hour):
            if window.opens_at > now:
                return window
        hour += _HOUR
    raise Misconfigured(
        f"no window opens within a year after {now:%Y-%m-%d %H:%M} UTC; "
        "shorten blackouts or closures, or widen opening_hours"
    )


def windows_between(calendar: LaneCalendar, since: datetime, now: datetime, *, most: int) -> int:
    """How many windows opened at `since` or later and were over by `now`; at most `most`, none older than 31 days."""
    first, hour, found = _hour_of(max(since, now - _LOOK_BACK)), _hour_of(now), 0
    while hour >= first and found < most:
        found += sum(since <= each.opens_at and each.closes_at <= now for each in _windows_of_hour(calendar, hour))
        hour -= _HOUR
    return min(found, most)


def _begun(calendar: LaneCalendar, since: datetime, now: datetime) -> Iterator[Window]:
    """The windows that have begun by `now` and are open or not yet known, newest first."""
    first, hour = _hour_of(min(now, max(since, now - _LOOK_BACK))), _hour_of(now)
    while hour >= first:
        for window in reversed(_windows_of_hour(calendar, hour)):
            if window.opens_at <= now and (window.scheduled_for > since or window.closes_at > now):
                yield window
        hour -= _HOUR


def _windows_of_hour(calendar: LaneCalendar, hour: datetime) -> list[Window]:
    """The windows scheduled in one hour of UTC, in order; a grid cell with several open parts gives its longest one."""
    free = _free(calendar, (hour, hour + _HOUR))
    if not free:
        return []
    period = timedelta(seconds=calendar.every_s)
    cells = [hour + n * period for n in range(_HOUR // period)]
    longest = [(cell, max((clip(span, (cell, cell + period)) for span in free), key=_length)) for cell in cells]
    return [
        Window(cell, start, min(end, start + calendar.longest), calendar.guard_s)
        for cell, (start, end) in longest
        if start < end
    ]


def _free(calendar: LaneCalendar, span: Span) -> list[Span]:
    """The parts of a span of UTC in which the lane's wall clock is inside the opening hours and no black-out."""
    return merge(
        (start.replace(tzinfo=UTC) - offset, end.replace(tzinfo=UTC) - offset)
        for part, offset in constant_offsets(calendar.zone, *span)
        for start, end in _free_by_the_wall(calendar, _on_the_wall(part, offset))
    )


def _on_the_wall(span: Span, offset: timedelta) -> Span:
    return (span[0] + offset).replace(tzinfo=None), (span[1] + offset).replace(tzinfo=None)


def _free_by_the_wall(calendar: LaneCalendar, wall: Span) -> list[Span]:
    opened = [clip(span, wall) for hours in calendar.opening_hours for span in hours.near(wall)]
    closed = [span for hours in calendar.blackouts for span in hours.near(wall)]
    return subtract(opened, [*closed, *((closure.start, closure.end) for closure in calendar.closures)])


def _length(span: Span) -> timedelta:
    return span[1] - span[0]


def _hour_of(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
