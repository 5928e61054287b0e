"""What a whole fleet on one machine costs that has nothing to do, beside as many bare Celery workers."""

import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path

import psutil
from pydantic import SecretStr

from bench.measuring import Say, Series, Table, in_turn
from workers.broker import EmbeddedBroker
from workers.roles import load_fleet
from workers.stage.plan import Shop, StagePlan
from workers.stage.stage import Stage

SETTLES_S, WATCHED_S = 25, 30
"""How long a fleet is left alone after its start, and then watched."""

_STOPS_S = 15

_POOLS = tuple(role.pool for role in load_fleet().roles.values() if role.pool)

Parts = Mapping[str, psutil.Process]
"""What was started, each the head of its processes, by name."""


def measure(repeats: int, say: Say) -> list[Table]:
    """Time on a processor and memory, of everything and of each part."""
    memory: defaultdict[str, list[float]] = defaultdict(list)
    parts: defaultdict[str, list[float]] = defaultdict(list)
    fleets = {f"{len(_POOLS)} bare Celery workers and a broker": _bare, "a fleet with all its roles": _ours}
    bare, _ = fleets
    sides = {name: partial(_rested, start, memory[name], parts) for name, start in fleets.items()}
    return [
        Table("processors at rest", "% of one core", in_turn(sides, repeats, say), bare),
        Table("memory at rest (PSS)", "MB", {name: Series(tuple(each)) for name, each in memory.items()}, bare),
        Table("memory of each part (PSS)", "MB", {name: Series(tuple(each)) for name, each in sorted(parts.items())}),
    ]


def _rested(
    start: Callable[[Path], AbstractContextManager[Parts]], memory: list[float], parts: defaultdict[str, list[float]]
) -> float:
    with tempfile.TemporaryDirectory() as folder, start(Path(folder)) as started:
        time.sleep(SETTLES_S)
        before = _spent_s(started.values())
        time.sleep(WATCHED_S)
        busy = (_spent_s(started.values()) - before) / WATCHED_S * 100
        sizes = {name: sum(map(_pss_mb, _tree(head))) for name, head in started.items()}
    memory.append(sum(sizes.values()))
    for name, size in sizes.items():
        parts[name].append(size)
    return busy


def _tree(head: psutil.Process) -> list[psutil.Process]:
    return [head, *head.children(recursive=True)]


def _pss_mb(process: psutil.Process) -> float:
    with suppress(psutil.NoSuchProcess):
        return float(process.memory_full_info().pss) / 1e6
    return 0.0


def _spent_s(heads: Iterable[psutil.Process]) -> float:
    """Of all processes that live, and of those that they have buried."""
    spent_s = 0.0
    for process in (each for head in heads for each in _tree(head)):
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            spent_s += times.user + times.system + times.children_user + times.children_system
    return spent_s


@contextmanager
def _bare(folder: Path) -> Iterator[Parts]:
    with EmbeddedBroker(folder / "broker", password=SecretStr("bench")) as broker, ExitStack() as started:
        parts = {"bare: broker": psutil.Process(broker.pid)}
        for number, pool in enumerate(_POOLS):
            command = [
                sys.executable,
                "-m",
                "celery",
                "-A",
                "bench.bare",
                "worker",
                "-P",
                pool,
                "-c",
                "1",
                "-n",
                f"w{number}@%h",
            ]
            worker = subprocess.Popen(
                command,
                env={**os.environ, "CELERY_BROKER_URL": broker.url},
                stderr=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
            started.callback(_stop, worker)
            parts[f"bare: {pool} {number}"] = psutil.Process(worker.pid)
        yield parts


def _stop(worker: "subprocess.Popen[bytes]") -> None:
    worker.terminate()
    try:
        worker.wait(_STOPS_S)
    except (
        subprocess.TimeoutExpired
    ):  # a bare prefork worker sometimes hangs in its stop (workers/stopping.py says why)
        for process in _tree(psutil.Process(worker.pid)):
            process.kill()
        worker.wait()


@contextmanager
def _ours(folder: Path) -> Iterator[Parts]:
    plan = StagePlan(
        folder, (Shop("clarity", "main", "ABC"),), with_desk=True, window_s=900, is_brisk=False, flows_every_s=3600
    )
    with Stage(plan) as stage:
        yield {
            each.name: psutil.Process(each.pid)
            for each in stage.services()
            if each.pid and each.name != "fleet" and not each.name.startswith("site")
        }
