"""A calendar refuses what would surprise its owner, and says what to write instead."""

from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from pydantic import ValidationError

from bridge.windows import DatedSpan, LaneCalendar, WeeklySpan


def _wall(text: str) -> datetime:
    """What the clock on the wall shows: local, so without a zone."""
    return datetime.fromisoformat(text)


def test_the_default_is_a_window_each_quarter_hour_around_the_clock() -> None:
    calendar = LaneCalendar()
    assert (calendar.every_s, calendar.time_zone) == (900, "UTC")
    assert calendar.opening_hours[0].contains(_wall("2026-11-21 23:59"))


@pytest.mark.parametrize(
    ("settings", "remedy"),
    [
        ({"time_zone": "Mars/Olympus"}, "America/Chicago"),
        ({"time_zone": "../etc/passwd"}, "America/Chicago"),
        ({"every_s": 420}, "use 300, 600"),
        ({"every_s": 7200}, "less than or equal to 3600"),
        ({"every_s": 600, "duration_s": 601}, "windows would overlap"),
        ({"every_s": 20, "guard_s": 20}, "lower it"),
        ({"opening_hours": []}, "at least 1 item"),
        ({"blackouts": [{"start": "02:00Z", "end": "04:00"}]}, "leave it out"),
        ({"blackouts": [{"start": "02:00", "end": "04:00", "days": ["monday"]}]}, "'mon'"),
        ({"closures": [{"start": "2026-12-31T18:00", "end": "2026-12-31T18:00"}]}, "exchange or correct"),
        ({"blackout": []}, "Extra inputs"),
    ],
)
def test_a_wrong_setting_is_refused_with_the_way_out(settings: dict[str, Any], remedy: str) -> None:
    with pytest.raises(ValidationError, match=remedy):
        LaneCalendar.model_validate(settings)


def test_a_calendar_reads_from_plain_data() -> None:
    calendar = LaneCalendar.model_validate(
        {
            "time_zone": "America/Chicago",
            "every_s": 1800,
            "opening_hours": [{"days": ["mon", "fri"], "start": "07:00", "end": "19:30"}],
            "blackouts": [{"start": "22:00", "end": "02:00"}],
            "closures": [{"start": "2026-12-31T18:00", "end": "2027-01-02T06:00", "reason": "period end"}],
        }
    )
    assert calendar.opening_hours == (WeeklySpan(days=("mon", "fri"), start=time(7), end=time(19, 30)),)
    assert calendar.closures[0].reason == "period end"


def test_a_span_past_midnight_belongs_to_the_day_on_which_it_starts() -> None:
    night = WeeklySpan(days=("fri",), start=time(22), end=time(2))
    friday = date(2026, 11, 20)
    assert friday.weekday() == 4
    inside = [_wall("2026-11-20 22:00"), _wall("2026-11-21 01:59")]
    outside = [_wall("2026-11-20 01:00"), _wall("2026-11-20 21:59"), _wall("2026-11-21 02:00")]
    assert all(night.contains(wall) for wall in inside)
    assert not any(night.contains(wall) for wall in outside)


def test_a_dated_span_is_local_time() -> None:
    with pytest.raises(ValidationError, match="time_zone applies"):
        DatedSpan(start=datetime(2026, 12, 31, tzinfo=UTC), end=datetime(2027, 1, 1, tzinfo=UTC))
