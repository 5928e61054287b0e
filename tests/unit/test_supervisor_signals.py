"""A supervisor in a process of its own: what its end, good or bad, means for its children."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.waits import DEADLINE_S, until
from workers.fleet_state import read_state

SUPERVISED = """
import sys
from pathlib import Path
from workers.service import Service
from workers.supervisor import Supervisor

here = Path(sys.argv[1])
CHILD = '''
import signal, sys, time
def note(number, _):
    print(signal.Signals(number).name, flush=True)
    if number == signal.SIGTERM:
        time.sleep(0.2)
        print('finished', flush=True)
        sys.exit(0)
signal.signal(signal.SIGTERM, note)
signal.signal(signal.SIGINT, note)
print('up', flush=True)
while True:
    time.sleep(600)
'''
def is_up(name):
    return lambda: 'up' in supervisor.tail(name)

services = [Service(name, [sys.executable, '-S', '-c', CHILD], ready=is_up(name)) for name in ('one', 'two')]
supervisor = Supervisor(services, here)
supervisor.run()
print('good end', flush=True)
"""


def _log(directory: Path, name: str) -> list[str]:
    path = directory / "logs" / f"{name}.log"
    return path.read_text().splitlines() if path.exists() else []


def _pids(directory: Path) -> list[int]:
    state = read_state(directory)
    return [service.pid for service in state.services if service.pid] if state else []


def _is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.fixture
def supervised(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A supervisor of two services, up; its process group is its own, as a shell would give it."""
    started = subprocess.Popen(
        [sys.executable, "-c", SUPERVISED, str(tmp_path)], stdout=subprocess.PIPE, text=True, process_group=0
    )
    try:
        until(lambda: len(_pids(tmp_path)) == 2 and "up" in _log(tmp_path, "two"), "two services")
        yield started
    finally:
        started.kill()
        started.communicate()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
def test_no_orphan_after_the_supervisor_was_killed(tmp_path: Path, supervised: subprocess.Popen[str]) -> None:
    children = _pids(tmp_path)
    assert not any(_is_gone(pid) for pid in children)
    supervised.kill()
    supervised.wait(DEADLINE_S)
    until(lambda: all(_is_gone(pid) for pid in children), "the children's end")
    state = read_state(tmp_path)
    assert state is not None
    assert not state.is_alive


def test_sigterm_stops_the_services_warm_and_ends_well(tmp_path: Path, supervised: subprocess.Popen[str]) -> None:
    supervised.send_signal(signal.SIGTERM)
    output, _ = supervised.communicate(timeout=DEADLINE_S)
    assert (supervised.returncode, output) == (0, "good end\n")
    assert _log(tmp_path, "one") == _log(tmp_path, "two") == ["up", "SIGTERM", "finished"]
    assert read_state(tmp_path) is None


def test_ctrl_c_at_the_terminal_reaches_the_services_only_through_the_supervisor(
    tmp_path: Path, supervised: subprocess.Popen[str]
) -> None:
    os.killpg(supervised.pid, signal.SIGINT)
    supervised.communicate(timeout=DEADLINE_S)
    assert supervised.returncode == 0
    assert _log(tmp_path, "one") == ["up", "SIGTERM", "finished"]


def test_a_tether_whose_parent_is_gone_starts_nothing(tmp_path: Path) -> None:
    made = tmp_path / "made"
    tether = Path(__file__).parents[2] / "workers" / "tether.py"
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(tether), "1", "touch", str(made)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "died first" in done.stderr
    assert not made.exists()
