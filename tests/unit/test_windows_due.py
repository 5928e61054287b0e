"""Windows by example: black-outs, gaps, both changes of the clock, and whether a batch may still start."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bridge.errors import Misconfigured
from bridge.windows import LaneCalendar, Window, may_start, next_window, windows_due
from bridge.windows.due import MISSED_LIMIT

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _calendar(**settings: Any) -> LaneCalendar:
    return LaneCalendar.model_validate(settings)


def _open_at(calendar: LaneCalendar, now: datetime) -> Window | None:
    return next((window for window in windows_due(calendar, now, now) if not window.missed), None)


def _local_openings(calendar: LaneCalendar, start: datetime, end: datetime) -> list[str]:
    """The local times at which windows open from `start` to `end`, as a clock on the wall shows them."""
    found, now = [], start
    while (window := next_window(calendar, now)).opens_at < end:
        found.append(f"{window.opens_at.astimezone(ZoneInfo(calendar.time_zone)):%H:%M}")
        now = window.opens_at
    return found


def test_the_open_window_is_told_at_every_tick() -> None:
    quarter = _utc("2026-11-21 12:15")
    for second in (0, 1, 899):
        [window] = windows_due(_calendar(), quarter, quarter + timedelta(seconds=second))
        assert (window.scheduled_for, window.closes_at) == (quarter, quarter + timedelta(minutes=15))
        assert not window.missed


def test_a_window_closes_by_its_duration() -> None:
    calendar = _calendar(every_s=900, duration_s=300)
    window = _open_at(calendar, _utc("2026-11-21 12:01"))
    assert window is not None
    assert window.closes_at == _utc("2026-11-21 12:05")
    assert _open_at(calendar, _utc("2026-11-21 12:05")) is None


def test_a_demo_counts_in_seconds() -> None:
    window = _open_at(_calendar(every_s=20, guard_s=2), _utc("2026-11-21 12:00:45"))
    assert window is not None
    assert window.scheduled_for == _utc("2026-11-21 12:00:40")


def test_a_blackout_delays_and_shortens_but_keeps_the_identity() -> None:
    calendar = _calendar(
        every_s=3600, blackouts=[{"start": "12:00", "end": "12:10"}, {"start": "12:50", "end": "13:30"}]
    )
    assert _open_at(calendar, _utc("2026-11-21 12:09:59")) is None
    window = _open_at(calendar, _utc("2026-11-21 12:10"))
    assert window == Window(
        _utc("2026-11-21 12:00"), _utc("2026-11-21 12:10"), _utc("2026-11-21 12:50"), guard_s=30, missed=False
    )


def test_a_blackout_in_the_middle_leaves_the_longer_part() -> None:
    calendar = _calendar(every_s=3600, blackouts=[{"start": "12:20", "end": "12:30"}])
    window = next_window(calendar, _utc("2026-11-21 11:59"))
    assert (window.opens_at, window.closes_at) == (_utc("2026-11-21 12:30"), _utc("2026-11-21 13:00"))


def test_a_period_end_closes_the_lane_for_days() -> None:
    calendar = _calendar(
        time_zone="America/Chicago", closures=[{"start": "2026-12-31T18:00", "end": "2027-01-02T06:00"}]
    )
    window = next_window(calendar, _utc("2027-01-01 00:00"))
    assert window.opens_at == _utc("2027-01-02 12:00")


def test_after_a_long_gap_one_window_is_open_and_few_are_missed() -> None:
    now = _utc("2026-11-21 12:03")
    *missed, newest = windows_due(_calendar(), LONG_AGO, now)
    assert newest.scheduled_for == _utc("2026-11-21 12:00")
    assert not newest.missed
    assert len(missed) == MISSED_LIMIT
    assert all(window.missed for window in missed)


def test_a_window_that_is_over_is_missed_even_as_the_newest() -> None:
    calendar = _calendar(blackouts=[{"start": "12:00", "end": "14:00"}])
    told = windows_due(calendar, _utc("2026-11-21 11:30"), _utc("2026-11-21 12:30"))
    assert [(window.scheduled_for, window.missed) for window in told] == [(_utc("2026-11-21 11:45"), True)]
    assert windows_due(calendar, told[-1].scheduled_for, _utc("2026-11-21 12:31")) == []


def test_a_clock_set_back_skips_nothing() -> None:
    known, now = _utc("2026-11-21 18:00"), _utc("2026-11-21 12:20")
    assert [window.scheduled_for for window in windows_due(_calendar(), known, now)] == [_utc("2026-11-21 12:15")]


@pytest.mark.parametrize(
    ("expected_s", "second", "may"),
    [(60, 0, True), (60, -1, False), (870, 0, True), (871, 0, False), (0, 870, True), (0, 871, False), (1, 901, False)],
)
def test_a_batch_starts_only_if_it_ends_a_guard_before_the_window(expected_s: float, second: int, may: bool) -> None:
    opens = _utc("2026-11-21 12:00")
    window = Window(opens, opens, opens + timedelta(seconds=900), guard_s=30)
    assert may_start(window, opens + timedelta(seconds=second), expected_s) is may


SPRING_AND_AUTUMN = [
    # zone, the UTC day of the change, windows on it, opening hours 01:00-04:00 by the wall
    ("America/Chicago", "2026-03-08 06:00", ["01:00", "01:30", "03:00", "03:30"]),
    ("America/Chicago", "2026-11-01 05:00", ["01:00", "01:30", "01:00", "01:30", "02:00", "02:30", "03:00", "03:30"]),
    ("Europe/Berlin", "2026-03-29 00:00", ["01:00", "01:30", "03:00", "03:30"]),
    ("Australia/Lord_Howe", "2026-10-03 14:00", ["01:00", "01:30", "02:30", "03:00", "03:30"]),
    ("Australia/Lord_Howe", "2026-04-04 13:30", ["01:00", "01:30", "01:30", "02:00", "02:30", "03:00", "03:30"]),
]


@pytest.mark.parametrize(("zone", "day", "openings"), SPRING_AND_AUTUMN)
def test_both_changes_of_the_clock(zone: str, day: str, openings: list[str]) -> None:
    calendar = _calendar(time_zone=zone, every_s=1800, opening_hours=[{"start": "01:00", "end": "04:00"}])
    start = _utc(day) - timedelta(hours=1)
    assert _local_openings(calendar, start, start + timedelta(hours=12)) == openings


def test_a_backup_in_the_hour_that_comes_twice_is_kept_clear_both_times() -> None:
    calendar = _calendar(time_zone="America/Chicago", every_s=1800, blackouts=[{"start": "01:00", "end": "01:30"}])
    openings = _local_openings(calendar, _utc("2026-11-01 05:59"), _utc("2026-11-01 08:30"))
    assert openings == ["01:30", "01:30", "02:00"]


def test_a_backup_in_the_hour_that_is_left_out_takes_only_what_exists() -> None:
    calendar = _calendar(time_zone="America/Chicago", every_s=1800, blackouts=[{"start": "02:30", "end": "03:30"}])
    openings = _local_openings(calendar, _utc("2026-03-08 07:00"), _utc("2026-03-08 09:30"))
    assert openings == ["01:30", "03:30", "04:00"]


def test_a_calendar_that_never_opens_says_so() -> None:
    calendar = _calendar(blackouts=[{"start": "00:00", "end": "00:00"}])
    with pytest.raises(Misconfigured, match="shorten blackouts"):
        next_window(calendar, _utc("2026-11-21 12:00"))
    assert windows_due(calendar, LONG_AGO, _utc("2026-11-21 12:00")) == []
