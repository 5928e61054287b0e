"""Whatever the calendar, the zone and the ticks: windows keep to the hours, and each opens under one identity, once."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from bridge.windows import DatedSpan, LaneCalendar, WeeklySpan, Window, next_window, windows_due
from bridge.windows.calendar import WEEK
from bridge.windows.due import MISSED_LIMIT

MINUTE = timedelta(minutes=1)
DAY_MINUTES = 24 * 60

ZONES = ["UTC", "America/Chicago", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca"]
CHANGES = [
    datetime(2026, 3, 8, 8, tzinfo=UTC),  # Chicago, forward
    datetime(2026, 11, 1, 7, tzinfo=UTC),  # Chicago, back
    datetime(2026, 10, 25, 1, tzinfo=UTC),  # Berlin, back
    datetime(2026, 4, 4, 15, tzinfo=UTC),  # Lord Howe, back by half an hour
    datetime(2026, 10, 3, 15, 30, tzinfo=UTC),  # Lord Howe, forward by half an hour
    datetime(2026, 3, 22, 2, tzinfo=UTC),  # Casablanca, end of Ramadan
]

times = st.integers(0, DAY_MINUTES // 5 - 1).map(lambda n: time(n * 5 // 60, n * 5 % 60))
weekly = st.builds(
    WeeklySpan, days=st.lists(st.sampled_from(WEEK), min_size=1, unique=True).map(tuple), start=times, end=times
)
moments = st.builds(
    lambda change, s: change + timedelta(seconds=s), st.sampled_from(CHANGES), st.integers(-90000, 90000)
)


@st.composite
def closures(draw: st.DrawFn) -> DatedSpan:
    start = draw(moments).replace(tzinfo=None)
    return DatedSpan(start=start, end=start + timedelta(seconds=draw(st.integers(1, 40000))))


@st.composite
def calendars(draw: st.DrawFn) -> LaneCalendar:
    every_s = draw(st.sampled_from([300, 720, 900, 1800, 3600]))
    return LaneCalendar(
        time_zone=draw(st.sampled_from(ZONES)),
        every_s=every_s,
        duration_s=draw(st.none() | st.integers(60, every_s)),
        opening_hours=draw(st.just(LaneCalendar().opening_hours) | st.lists(weekly, min_size=1, max_size=3).map(tuple)),
        blackouts=draw(st.lists(weekly, max_size=2).map(tuple)),
        closures=draw(st.lists(closures(), max_size=2).map(tuple)),
    )


def _in_week(span: WeeklySpan, wall: datetime) -> bool:
    """Counts minutes of the week, independently of the code under test."""
    length = ((span.end.hour - span.start.hour) * 60 + span.end.minute - span.start.minute) % DAY_MINUTES or DAY_MINUTES
    at = wall.weekday() * DAY_MINUTES + wall.hour * 60 + wall.minute
    starts = (WEEK.index(day) * DAY_MINUTES + span.start.hour * 60 + span.start.minute for day in span.days)
    return any((at - start) % (7 * DAY_MINUTES) < length for start in starts)


def _may_be_written(calendar: LaneCalendar, moment: datetime) -> bool:
    wall = moment.astimezone(ZoneInfo(calendar.time_zone)).replace(tzinfo=None)
    return (
        any(_in_week(hours, wall) for hours in calendar.opening_hours)
        and not any(_in_week(hours, wall) for hours in calendar.blackouts)
        and not any(closure.start <= wall < closure.end for closure in calendar.closures)
    )


def _instants(window: Window) -> list[datetime]:
    """Enough instants of a window to catch it outside its hours: both ends and each minute between."""
    span = window.closes_at - window.opens_at
    last = window.closes_at - timedelta(microseconds=1)
    return [*(window.opens_at + n * MINUTE for n in range(-(-span // MINUTE))), last]


@given(calendars(), moments, st.integers(0, 8 * 3600))
def test_every_window_is_inside_the_hours_and_outside_each_blackout(
    calendar: LaneCalendar, now: datetime, back_s: int
) -> None:
    for window in windows_due(calendar, now - timedelta(seconds=back_s), now):
        assert window.scheduled_for <= window.opens_at < window.closes_at
        assert window.closes_at <= window.scheduled_for + timedelta(seconds=calendar.every_s)
        assert all(_may_be_written(calendar, moment) for moment in _instants(window))


@given(calendars(), moments, st.integers(0, 40 * 86400))
def test_windows_come_in_order_apart_and_at_most_the_last_is_open(
    calendar: LaneCalendar, now: datetime, back_s: int
) -> None:
    told = windows_due(calendar, now - timedelta(seconds=back_s), now)
    assert all(earlier.closes_at <= later.opens_at for earlier, later in pairwise(told))
    assert all(window.opens_at <= now for window in told)
    assert all(window.missed for window in told[:-1])
    assert all(window.missed == (window.closes_at <= now) for window in told[-1:])


@given(calendars(), moments, st.lists(st.integers(-1800, 5400), min_size=1, max_size=12))
def test_however_ticks_are_spaced_each_scheduled_time_has_one_window_and_none_is_skipped(
    calendar: LaneCalendar, start: datetime, steps: list[int]
) -> None:
    rows: dict[datetime, Window] = {}
    known = now = newest = start
    crowded = False
    for step in steps:
        now += timedelta(seconds=step)
        newest = max(newest, now)
        told = windows_due(calendar, known, now)
        crowded = crowded or len(told) > MISSED_LIMIT
        assert not {window.scheduled_for for window in told if window.missed} & set(rows)
        for window in told:
            row = rows.setdefault(window.scheduled_for, window)
            assert replace(row, missed=window.missed) == window
            known = max(known, window.scheduled_for)
    expected = {window.scheduled_for for window in _all_between(calendar, start, newest)}
    assert crowded or {moment for moment in expected if moment > start} <= set(rows)


def _all_between(calendar: LaneCalendar, start: datetime, end: datetime) -> list[Window]:
    """Every window that opens within the span, found the other way round: by walking forward."""
    found: list[Window] = []
    now = start
    while any(_may_be_written(calendar, now + n * MINUTE) for n in range((end - now) // MINUTE + 2)):
        window = next_window(calendar, now)
        if window.opens_at > end:
            break
        found.append(window)
        now = window.opens_at
    return found


@given(calendars(), moments)
def test_a_cell_of_the_grid_that_is_all_open_is_a_window(calendar: LaneCalendar, now: datetime) -> None:
    uncut = LaneCalendar(time_zone=calendar.time_zone, every_s=calendar.every_s, opening_hours=calendar.opening_hours)
    cell = timedelta(seconds=calendar.every_s)
    begin = now.replace(minute=0, second=0, microsecond=0)
    begin += (now - begin) // cell * cell
    whole_cell = all(_may_be_written(uncut, begin + n * MINUTE) for n in range(cell // MINUTE))
    if whole_cell:
        [window] = windows_due(uncut, now, now)
        assert window.scheduled_for == begin
        assert not window.missed
