"""The clock of a stage: set ahead and back for a program that runs, and only its time of day."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from workers.stage.clock import StageClock

TELLS_THE_TIME = """
import sys, time
for line in sys.stdin:
    print(time.time(), time.monotonic(), flush=True)
"""


class Program:
    """A program under a stage's clock that tells the time when asked."""

    def __init__(self, clock: StageClock) -> None:
        environment = {**os.environ, **clock.environment()}
        self.running = subprocess.Popen(
            [sys.executable, "-c", TELLS_THE_TIME], env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def ask(self) -> tuple[float, float]:
        """Its time of day, and how long its machine has run; in seconds."""
        assert self.running.stdin
        assert self.running.stdout
        self.running.stdin.write("?\n")
        self.running.stdin.flush()
        now, since_start = self.running.stdout.readline().split()
        return float(now), float(since_start)

    def ahead_s(self) -> float:
        """How far its time of day is ahead of ours."""
        return self.ask()[0] - datetime.now(UTC).timestamp()


@pytest.fixture
def clock(tmp_path: Path) -> StageClock:
    return StageClock(tmp_path)


@pytest.fixture
def program(clock: StageClock) -> Iterator[Program]:
    program = Program(clock)
    yield program
    with program.running:
        program.running.kill()


@pytest.mark.parametrize("offset", [timedelta(hours=50), -timedelta(days=3), timedelta(milliseconds=-1500)])
def test_a_running_program_sees_the_clock_move_and_come_back(
    clock: StageClock, program: Program, offset: timedelta
) -> None:
    assert program.ahead_s() == pytest.approx(0, abs=0.5)
    clock.set(offset)
    assert program.ahead_s() == pytest.approx(offset.total_seconds(), abs=0.5)
    assert clock.now() - datetime.now(UTC) == pytest.approx(offset, abs=timedelta(seconds=0.5))
    clock.set(timedelta())
    assert program.ahead_s() == pytest.approx(0, abs=0.5)


def test_what_counts_from_the_machines_start_goes_on_as_it_is(clock: StageClock, program: Program) -> None:
    before = program.ask()[1]
    clock.set(timedelta(hours=50))
    assert 0 <= program.ask()[1] - before < 5
