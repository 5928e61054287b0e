"""The session process that an agent keeps ready: used once, replaced when it dies, and gone with its agent."""

from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.contract.sage_lab import LANE, SageLab, await_true, is_running


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[SageLab]:
    with SageLab(tmp_path, seats=2, session_limit=2) as lab:
        yield lab


def spare(lab: SageLab) -> int:
    """The only process that has not logged on."""
    [pid] = await_true("a process waits", lambda: lab.processes() - in_use(lab))
    return int(pid)


def in_use(lab: SageLab) -> set[int]:
    return {int(row["pid"]) for row in lab.sessions()}


def test_a_session_opens_in_the_process_that_waits_and_the_next_one_is_made_ready(lab: SageLab) -> None:
    waiting = spare(lab)
    assert lab.admin.console() == [], "it takes no seat"
    with lab.erp.open(LANE, fence=1, purpose="write"):
        assert in_use(lab) == {waiting}
        after = spare(lab)
    assert not is_running(waiting), "no process serves a second session"
    assert spare(lab) == after


def test_a_process_that_died_waiting_is_not_used(lab: SageLab) -> None:
    waiting = spare(lab)
    psutil.Process(waiting).kill()
    await_true("the agent has buried it", lambda: waiting not in lab.processes())
    with lab.erp.open(LANE, fence=1, purpose="write"):
        assert waiting not in in_use(lab)


@pytest.mark.parametrize("end", [SageLab.stop_agent, SageLab.kill_agent])
def test_it_ends_with_its_agent(lab: SageLab, end: Callable[[SageLab], None]) -> None:
    waiting = spare(lab)
    end(lab)
    await_true("it has ended", lambda: not is_running(waiting))
