"""Beat's own clock: whatever the time of day does, everything is sent as often as its schedule says."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from celery import Celery
from celery.beat import Scheduler, SchedulingError
from structlog.testing import capture_logs

from tests.waits import until
from workers.pulse import Pulse

OFTEN_S = 0.02


class ClockedApp(Celery):
    """Its time of day is set by a test."""

    ahead = timedelta()

    def now(self) -> datetime:
        now: datetime = super().now()
        return now + self.ahead


class Noting(Pulse):
    """Notes what it would send."""

    def apply_entry(self, entry: Any, producer: Any = None) -> None:
        self.app.sent.append(entry.name)


class NotingAsCelery(Scheduler):
    """Celery's own, in the same way."""

    def apply_entry(self, entry: Any, producer: Any = None) -> None:
        self.app.sent.append(entry.name)


@pytest.fixture
def app() -> ClockedApp:
    app = ClockedApp("pulse", broker="memory://", set_as_current=False)
    app.conf.beat_schedule = {
        "often": {"task": "t", "schedule": OFTEN_S},
        "seldom": {"task": "t", "schedule": 3600.0},
    }
    app.sent = []
    return app


def send_over_a_jump_and_return(app: ClockedApp, scheduler: Scheduler) -> None:
    app.ahead = timedelta(hours=50)
    for _ in app.conf.beat_schedule:
        scheduler.tick()
    app.ahead = timedelta()
    app.sent.clear()


def test_all_is_sent_at_the_start_and_then_in_its_own_rhythm(app: ClockedApp) -> None:
    pulse = Noting(app)
    assert 0 < pulse.tick() <= OFTEN_S
    assert sorted(app.sent) == ["often", "seldom"]
    until(lambda: bool(pulse.tick() and len(app.sent) >= 5), "often is sent time and again")
    assert app.sent.count("seldom") == 1


def test_a_clock_that_was_ahead_and_is_set_right_silences_nothing(app: ClockedApp) -> None:
    pulse = Noting(app)
    send_over_a_jump_and_return(app, pulse)
    until(lambda: bool(pulse.tick() and app.sent), "often is sent after the clock was set back")


def test_celerys_own_scheduler_would_be_silent_for_as_long_as_the_clock_was_ahead(app: ClockedApp) -> None:
    """Why there is a scheduler of ours; when this fails, Celery has mended it and ours can go."""
    theirs = NotingAsCelery(app)
    send_over_a_jump_and_return(app, theirs)
    theirs.tick()
    assert theirs._heap[0][0] - theirs._when(theirs._heap[0][2], 0) > timedelta(hours=49).total_seconds()


def test_a_broker_that_is_away_ends_nothing_and_fills_no_log(app: ClockedApp) -> None:
    class Refusing(Pulse):
        producer = None

        def apply_async(self, entry: Any, producer: Any = None, advance: bool = True, **_: Any) -> None:
            raise SchedulingError("no broker")

    with capture_logs() as told:
        assert Refusing(app).tick() >= 0
    entries = ["often", "seldom"]
    assert sorted((line["event"], line["entry"]) for line in told) == [("tick_not_sent", each) for each in entries]
    assert all("exc_info" not in line for line in told)
