"""The supervisor with real small programs: order, back-off, warm stops, watchdogs, and no orphan."""

import signal
import sys
import time
from itertools import pairwise
from pathlib import Path

import psutil
import pytest

from bridge.errors import Misconfigured
from tests.waits import DEADLINE_S, until
from workers.fleet_state import ServiceState, read_state
from workers.service import Backoff, Service
from workers.supervisor import ServiceNotReady, Supervisor

QUICK = Backoff(first_s=0.01, most_s=0.05, steady_s=60)

SLEEPER = "import time; time.sleep(600)"
"""Ends at once when told to."""

STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
)
"""Does not end when told to."""

TIDY = """
import pathlib, signal, sys, time
diary, name = pathlib.Path(sys.argv[1]), sys.argv[2]

def write(word):
    with diary.open('a') as file:
        file.write(f'{name} {word}\\n')

def finish(*_):
    write('told')
    time.sleep(0.1)
    write('done')
    sys.exit(0)

signal.signal(signal.SIGTERM, finish)
write('up')
time.sleep(600)
"""
"""Keeps a diary, and ends its work when told to stop."""


def python(code: str, *args: str) -> list[str]:
    return [sys.executable, "-S", "-c", code, *args]


def state_of(supervisor: Supervisor, name: str) -> ServiceState:
    return next(state for state in supervisor.status() if state.name == name)


def pid_of(supervisor: Supervisor, name: str) -> int | None:
    return state_of(supervisor, name).pid


def entries(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def tidy(diary: Path, name: str, tier: int = 0) -> Service:
    is_up = lambda: f"{name} up" in entries(diary)  # noqa: E731
    return Service(name, python(TIDY, str(diary), name), ready=is_up, grace_s=DEADLINE_S, tier=tier)


def test_services_start_in_order_and_stop_warm_in_reverse(tmp_path: Path) -> None:
    diary = tmp_path / "diary"
    with Supervisor([tidy(diary, name, tier) for tier, name in enumerate("abc")], tmp_path):
        assert entries(diary) == ["a up", "b up", "c up"]
    assert entries(diary)[3:] == ["c told", "c done", "b told", "b done", "a told", "a done"]


def test_services_of_one_tier_are_all_told_before_any_is_waited_for(tmp_path: Path) -> None:
    diary = tmp_path / "diary"
    with Supervisor([tidy(diary, "a", 0), tidy(diary, "b", 1), tidy(diary, "c", 1)], tmp_path):
        pass
    ends = entries(diary)[3:]
    assert set(ends[:2]) == {"b told", "c told"}
    assert ends[4:] == ["a told", "a done"]


def test_the_next_service_waits_until_the_one_before_is_ready(tmp_path: Path) -> None:
    asked: list[int | None] = []

    def after_three_looks() -> bool:
        asked.append(pid_of(supervisor, "second"))
        return len(asked) >= 3

    first = Service("first", python(SLEEPER), ready=after_three_looks)
    supervisor = Supervisor([first, Service("second", python(SLEEPER))], tmp_path)
    with supervisor:
        assert asked == [None, None, None]
        assert pid_of(supervisor, "second") is not None


def test_a_service_that_never_gets_ready_ends_the_start_with_its_log_and_without_leftovers(tmp_path: Path) -> None:
    pids: list[int | None] = []

    def never() -> bool:
        pids.extend(state.pid for state in supervisor.status())
        return False

    services = [
        Service("good", python(SLEEPER)),
        Service("bad", python("print('no licence file', flush=True)" + "\n" + SLEEPER), ready=never, ready_s=1.5),
    ]
    supervisor = Supervisor(services, tmp_path)
    with pytest.raises(ServiceNotReady, match=r"bad was not ready within 1.5 s(.|\n)*no licence file"):
        supervisor.start()
    assert not any(psutil.pid_exists(pid) for pid in pids if pid)
    assert read_state(tmp_path) is None


def test_a_program_that_does_not_exist_says_so_in_its_log(tmp_path: Path) -> None:
    service = Service("lost", ["/nowhere/at-all"], ready=lambda: False, ready_s=1.5)
    with pytest.raises(ServiceNotReady, match="cannot run '/nowhere/at-all'"):
        Supervisor([service], tmp_path, backoff=QUICK).start()


def test_a_service_that_is_killed_runs_again(tmp_path: Path) -> None:
    with Supervisor([Service("it", python(SLEEPER))], tmp_path, backoff=QUICK) as supervisor:
        first = pid_of(supervisor, "it")
        assert first is not None
        psutil.Process(first).kill()
        until(lambda: pid_of(supervisor, "it") not in {None, first}, "a new process")
        state = state_of(supervisor, "it")
        assert (state.restarts, state.last_exit) == (1, -signal.SIGKILL)


def test_a_crash_loop_slows_down_to_its_bound(tmp_path: Path) -> None:
    diary = tmp_path / "starts"
    code = "import sys, time; open(sys.argv[1], 'a').write(f'{time.monotonic()}\\n'); sys.exit(3)"
    backoff = Backoff(first_s=0.1, most_s=0.4, steady_s=60)
    with Supervisor([Service("it", python(code, str(diary)))], tmp_path, backoff=backoff) as supervisor:
        until(lambda: len(entries(diary)) >= 5, "five starts")
        assert state_of(supervisor, "it").last_exit == 3
    starts = [float(moment) for moment in entries(diary)]
    waits = [later - earlier for earlier, later in pairwise(starts)]
    for waited, least in zip(waits, [0.1, 0.2, 0.4, 0.4], strict=False):
        assert waited >= least


def test_back_off_doubles_to_a_bound() -> None:
    backoff = Backoff(first_s=0.5, most_s=30)
    assert [backoff.delay_s(exits) for exits in (1, 2, 3, 6, 7, 8, 10_000)] == [0.5, 1, 2, 16, 30, 30, 30]


@pytest.mark.parametrize(("steady_s", "counted"), [(0.15, [1, 1, 1]), (60.0, [1, 2, 3])])
def test_steady_running_forgets_earlier_exits(tmp_path: Path, steady_s: float, counted: list[int]) -> None:
    seen: list[int] = []

    class Recorded(Backoff):
        def delay_s(self, exits: int) -> float:
            seen.append(exits)
            return 0.0

    service = Service("it", python("import time; time.sleep(0.2)"))
    with Supervisor([service], tmp_path, backoff=Recorded(steady_s=steady_s)):
        until(lambda: len(seen) >= 3, "three exits")
    assert seen[:3] == counted


def test_a_stubborn_service_is_killed_after_its_grace_and_the_others_stop_warm(tmp_path: Path) -> None:
    diary = tmp_path / "diary"
    supervisor = Supervisor(
        [
            tidy(diary, "tidy"),
            Service("stubborn", python(STUBBORN), grace_s=0.3, ready=lambda: supervisor.tail("stubborn") == ["up"]),
        ],
        tmp_path,
    )
    supervisor.start()
    began = time.monotonic()
    supervisor.stop()
    supervisor.stop()
    assert time.monotonic() - began >= 0.3
    assert [(state.stage, state.last_exit) for state in supervisor.status()] == [("stopped", 0), ("stopped", -9)]
    assert entries(diary)[-1] == "tidy done"


def test_a_restart_on_demand_is_warm(tmp_path: Path) -> None:
    diary = tmp_path / "diary"
    with Supervisor([tidy(diary, "it")], tmp_path) as supervisor:
        first = pid_of(supervisor, "it")
        supervisor.restart("it")
        until(lambda: entries(diary).count("it up") == 2, "the second start")
        assert entries(diary)[:3] == ["it up", "it told", "it done"]
        assert pid_of(supervisor, "it") != first


def test_a_stuck_service_is_restarted_by_its_watchdog_even_if_it_ignores_the_signal(tmp_path: Path) -> None:
    answers = iter([True, False])
    stuck = Service(
        "stuck",
        python(STUBBORN),
        ready=lambda: supervisor.tail("stuck") == ["up"],
        grace_s=0.2,
        progress=lambda: next(answers, True),
        settle_s=0,
    )
    supervisor = Supervisor([stuck], tmp_path, watch_s=0.05)
    with supervisor:
        until(lambda: state_of(supervisor, "stuck").restarts == 1, "the restart")
        assert state_of(supervisor, "stuck").last_exit == -signal.SIGKILL


def test_a_watchdog_that_fails_restarts_nothing_and_ends_nothing(tmp_path: Path) -> None:
    asked: list[int] = []

    def broken() -> bool:
        asked.append(1)
        raise ConnectionError("Redis is away")

    service = Service("it", python(SLEEPER), progress=broken, settle_s=0)
    with Supervisor([service], tmp_path, watch_s=0.01) as supervisor:
        until(lambda: len(asked) >= 3, "three questions")
        assert state_of(supervisor, "it").restarts == 0


def test_each_service_has_its_log_its_environment_and_a_place_in_the_state_file(tmp_path: Path) -> None:
    code = "import os; print('hello'); print(os.environ['COLOUR'], flush=True)\n" + SLEEPER
    service = Service("it", python(code), {"COLOUR": "green"}, ready=lambda: len(supervisor.tail("it")) == 2)
    supervisor = Supervisor([service], tmp_path)
    with supervisor:
        assert supervisor.tail("it") == ["hello", "green"]
        assert supervisor.tail("it", lines=1) == ["green"]
        assert (tmp_path / "logs" / "it.log").read_text() == "hello\ngreen\n"
        until(lambda: read_state(tmp_path) is not None, "the state file")
        state = read_state(tmp_path)
        assert state is not None
        assert (state.pid, state.is_alive) == (psutil.Process().pid, True)
        assert state.services == tuple(supervisor.status())
        assert state.services[0].stage == "running"
    assert read_state(tmp_path) is None


def test_wrong_names_are_refused(tmp_path: Path) -> None:
    twice = [Service("it", ["true"]), Service("it", ["true"])]
    with pytest.raises(Misconfigured, match="a name of its own"):
        Supervisor(twice, tmp_path)
    with pytest.raises(Misconfigured, match="use one of: it"):
        Supervisor(twice[:1], tmp_path).restart("that")
