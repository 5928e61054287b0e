"""Services of a stage, as a drill or a test lays hands on them: killed, frozen, or started twice; always by pid."""

import os
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path

import psutil

from bridge.errors import Misconfigured
from workers.fleet_state import ServiceState
from workers.service import Service
from workers.settings import CONFIG_VARIABLE
from workers.stage.stage import Stage
from workers.stage.waiting import until
from workers.supervisor import Supervisor

_CELERY = ("intake", "storefront", "showcase", "steward", "sage-writer", "sage-reader", "beat")


class Services:
    """The processes of a stage. `killed` counts the SIGKILLs that were sent, by service."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.killed: Counter[str] = Counter()

    def find(self, name: str) -> ServiceState | None:
        """A service as its supervisor sees it; None while that supervisor is dead itself."""
        return next((state for state in self._stage.services() if state.name == name), None)

    def state(self, name: str) -> ServiceState:
        """A service as its supervisor sees it, which must live."""
        found = self.find(name)
        if found is None:
            raise Misconfigured(f"no service {name!r} among {[state.name for state in self._stage.services()]}")
        return found

    def pid(self, name: str) -> int:
        """The service's process, once it runs."""
        until(lambda: self._pid(name) is not None, f"{name} runs")
        return self._pid(name) or self.pid(name)  # it may have ended just now

    def _pid(self, name: str) -> int | None:
        found = self.find(name)
        return found.pid if found else None

    def tree(self, name: str) -> list[psutil.Process]:
        """The service's process, then its children and theirs."""
        root = psutil.Process(self.pid(name))
        return [root, *root.children(recursive=True)]

    def log(self, name: str) -> str:
        """All that the service has printed, over all its starts."""
        return Path(self.state(name).log).read_text(encoding="utf-8", errors="replace")

    def kill(self, name: str) -> None:
        """SIGKILL to the service's process alone; returns when its supervisor has seen it, and will start it again."""
        pid = self.pid(name)
        os.kill(pid, signal.SIGKILL)
        self.killed[name] += 1
        until(lambda: self.state(name).pid != pid, f"the supervisor sees that {name} is gone")

    def kill_tree(self, name: str) -> None:
        """SIGKILL to the service's process and to all that it started."""
        offspring = self.tree(name)[1:]
        self.kill(name)
        self.killed[name] += _kill(offspring)

    def kill_children(self, name: str) -> None:
        """SIGKILL to what the service's process started, and not to itself."""
        self.killed[name] += _kill(self.tree(name)[1:])

    def kill_fleet(self) -> None:
        """SIGKILL to the fleet's own supervisor, with which the kernel ends all that it started."""
        self.killed["fleet"] += len(self.tree("fleet")) - 1
        self.kill("fleet")

    def kill_workers(self) -> None:
        """SIGKILL to all of Celery, for a quick end: at rest, a worker has nothing to lose."""
        names = [state.name for state in self._stage.services() if state.name.split(".")[0] in _CELERY]
        _kill([*chain.from_iterable(self.tree(name) for name in names)])

    @contextmanager
    def frozen(self, name: str) -> Iterator[None]:
        """The service stands still, as on a machine that swaps, and goes on afterwards if it still lives."""
        still = self.tree(name)
        for each in still:
            with suppress(psutil.NoSuchProcess):
                each.suspend()
        try:
            yield
        finally:
            for each in still:
                with suppress(psutil.NoSuchProcess):
                    each.resume()

    @contextmanager
    def twin(self, *arguments: str) -> Iterator[Supervisor]:
        """One program more of this fleet (`worker ...`, `beat`), as somebody may start it by mistake."""
        plan = self._stage.plan
        argv = [sys.executable, "-m", "workers.cli", *arguments]
        service = Service("twin", argv, env={CONFIG_VARIABLE: str(plan.config), **plan.environment}, grace_s=20)
        with Supervisor([service], plan.folder / f"twin-{arguments[0]}") as supervisor:
            yield supervisor


def _kill(processes: list[psutil.Process]) -> int:
    killed = 0
    for each in processes:
        with suppress(psutil.NoSuchProcess):
            each.kill()
            killed += 1
    return killed
