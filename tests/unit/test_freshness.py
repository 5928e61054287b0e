"""How long ago a heartbeat changed: what somebody does to the clock makes nothing look silent, and nothing alive."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.waits import until
from workers.freshness import Freshness

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
JUMP = timedelta(hours=50)


def test_a_first_look_goes_by_the_time_of_day() -> None:
    assert Freshness().silent_s("q", NOW - timedelta(seconds=90), NOW) == pytest.approx(90, abs=1)
    assert Freshness().silent_s("q", None, NOW) == float("inf")


def test_a_beat_of_a_time_to_come_is_worth_nothing_at_a_first_look() -> None:
    assert Freshness().silent_s("q", NOW + JUMP, NOW) == float("inf")


def test_who_looks_from_now_on_counts_from_now() -> None:
    freshness = Freshness(from_now=True)
    assert freshness.silent_s("q", NOW - JUMP, NOW) < 1
    assert freshness.silent_s("r", None, NOW) < 1
    assert freshness.looks_for_s is not None
    assert freshness.looks_for_s < 1


def test_after_the_first_look_only_a_change_counts_wherever_the_clock_stands() -> None:
    freshness = Freshness()
    freshness.silent_s("q", NOW, NOW)
    assert freshness.silent_s("q", NOW, NOW + JUMP) < 1, "the clock was set forward, and nothing else happened"
    assert freshness.silent_s("q", NOW - JUMP, NOW - JUMP) < 1, "it was set back, and the worker works on"


def test_a_heartbeat_that_does_not_change_is_silent_however_far_ahead_it_was_dated() -> None:
    freshness = Freshness()
    freshness.silent_s("q", NOW, NOW)
    freshness.silent_s("q", NOW + JUMP, NOW + JUMP)
    until(lambda: freshness.silent_s("q", NOW + JUMP, NOW) >= 0.02, "its silence grows")
