"""`seats.watch`: a leak that lasts is an alarm, which closes itself."""

from datetime import UTC, datetime

import pytest

from bridge.fleet import SeatSystem
from bridge.ledger.trace import open_alarms
from bridge.ports.seats import RunningSession
from bridge.seats.memory import MemorySessions
from tasks.seats_watch import watch
from tests.task_rig import LANE, TaskRig


@pytest.fixture
def sessions(rig: TaskRig) -> MemorySessions:
    made = MemorySessions()
    rig.change(systems={"sage100": SeatSystem("sage100", rig.seats, made)})
    return made


def leaked() -> RunningSession:
    return RunningSession("s-1", LANE, 3, "writer", 4711, datetime(2026, 11, 21, tzinfo=UTC).isoformat(), False)


def alarms(rig: TaskRig) -> dict[str, str]:
    return {alarm.key: alarm.text for alarm in open_alarms(rig.database)}


def test_with_nothing_wrong_it_says_nothing(rig: TaskRig, sessions: MemorySessions) -> None:
    assert sessions.running() == []
    assert (watch(), watch(), alarms(rig)) == (0, 0, {})


def test_what_lasts_raises_one_alarm_that_names_it_and_closes_when_it_is_gone(
    rig: TaskRig, sessions: MemorySessions
) -> None:
    sessions.runs = [leaked()]
    assert (watch(), alarms(rig)) == (0, {})
    assert (watch(), watch()) == (1, 1)
    [text] = alarms(rig).values()
    assert "session s-1" in text
    assert "tidegate seats list" in text
    sessions.runs = []
    assert (watch(), alarms(rig)) == (0, {})


def test_with_the_agent_away_the_alarm_stays(rig: TaskRig, sessions: MemorySessions) -> None:
    sessions.runs = [leaked()]
    watch(), watch()
    sessions.is_away = True
    assert watch() == 0
    assert list(alarms(rig)) == ["seats:sage100"]
