"""What the agent keeps on its disk, and how it tells its own old processes from strangers."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from workers.sage_agent.host import end_leftover
from workers.sage_agent.notes import AgentNotes, SessionRow


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "agent.sqlite"


@pytest.fixture
def notes(path: Path) -> Iterator[AgentNotes]:
    notes = AgentNotes(path)
    yield notes
    notes.close()


@pytest.fixture
def stubborn() -> Iterator[subprocess.Popen[bytes]]:
    """A process that takes no notice of a closed stdin."""
    child = subprocess.Popen([sys.executable, "-c", "import threading; threading.Event().wait(60)"])
    yield child
    child.kill()
    child.wait()


def row(session_id: str = "s1") -> SessionRow:
    return SessionRow(session_id, "ABC", 3, "write", 4711, 1.5, "2026-11-21T12:00:00+00:00")


def test_everything_is_there_again_after_a_restart(notes: AgentNotes, path: Path) -> None:
    notes.raise_fence("ABC", 3)
    notes.add_session(row())
    notes.open_batch("ABC", 1, "s1")
    notes.begin("ABC", 1, 10)
    later = AgentNotes(path)
    assert later.highest_fence("ABC") == 3
    assert later.sessions() == [row()]
    assert (later.batch("ABC", 1).closed, later.batch("ABC", 1).begun) == (False, {10})
    later.close()


def test_a_fence_never_falls(notes: AgentNotes) -> None:
    for fence in (5, 3, 6, 4):
        notes.raise_fence("ABC", fence)
    assert (notes.highest_fence("ABC"), notes.highest_fence("XYZ")) == (6, 0)


def test_a_batch_is_new_once_and_a_batch_asked_for_is_not_new(notes: AgentNotes) -> None:
    assert notes.open_batch("ABC", 1, "s1")
    assert not notes.open_batch("ABC", 1, "s1")
    notes.close_batch("ABC", 2)
    assert not notes.open_batch("ABC", 2, "s1")
    assert notes.batch("ABC", 2).closed
    assert notes.session_of("ABC", 1) == "s1"
    assert notes.session_of("ABC", 2) is None


def test_the_end_of_a_session_closes_its_batches_and_keeps_a_seat_in_doubt(notes: AgentNotes) -> None:
    notes.add_session(row("s1"))
    notes.add_session(row("s2"))
    notes.open_batch("ABC", 1, "s1")
    notes.open_batch("ABC", 2, "s2")
    notes.end_session("s1", gave_seat_back=False)
    notes.end_session("s2", gave_seat_back=True)
    assert notes.batch("ABC", 1).closed
    assert notes.batch("ABC", 2).closed
    assert [(each.id, each.is_doubtful) for each in notes.sessions()] == [("s1", True)]


def test_a_leftover_that_does_not_end_is_killed(stubborn: subprocess.Popen[bytes]) -> None:
    born = psutil.Process(stubborn.pid).create_time()
    assert asyncio.run(end_leftover(stubborn.pid, born, grace_s=0.1)) is False
    assert stubborn.wait(5) != 0


def test_a_stranger_under_an_old_number_is_left_alone(stubborn: subprocess.Popen[bytes]) -> None:
    born = psutil.Process(stubborn.pid).create_time()
    assert asyncio.run(end_leftover(stubborn.pid, born - 3600, grace_s=0.1)) is True
    assert stubborn.poll() is None
