"""Services of a supervised fleet, as a test lays hands on them: killed, frozen, or started twice; always by pid."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path

import psutil

from tests.waits import until
from workers.fleet_state import ServiceState
from workers.service import Service
from workers.settings import CONFIG_VARIABLE
from workers.supervisor import Supervisor

_CELERY = ("intake", "storefront", "steward", "sage-writer", "beat")


class Services:
    """The processes under one supervisor; `config` is the settings file that all of them read."""

    def __init__(self, supervisor: Supervisor, config: Path) -> None:
        self._supervisor = supervisor
        self._config = config

    def state(self, name: str) -> ServiceState:
        """A service as its supervisor sees it."""
        return next(state for state in self._supervisor.status() if state.name == name)

    def pid(self, name: str) -> int:
        """The service's process, once it runs."""
        until(lambda: self.state(name).pid is not None, f"{name} runs")
        pid = self.state(name).pid
        assert pid is not None
        return pid

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
        until(lambda: self.state(name).pid != pid, f"the supervisor sees that {name} is gone")
        assert self.state(name).last_exit == -signal.SIGKILL

    def kill_tree(self, name: str) -> None:
        """SIGKILL to the service's process and to all that it started."""
        offspring = self.tree(name)[1:]
        self.kill(name)
        _kill(offspring)

    def kill_workers(self) -> None:
        """SIGKILL to all of Celery, for a quick end: at rest, a worker has nothing to lose."""
        names = [state.name for state in self._supervisor.status() if state.name.split(".")[0] in _CELERY]
        _kill([*chain.from_iterable(self.tree(name) for name in names)])

    @contextmanager
    def frozen(self, name: str) -> Iterator[None]:
        """The service stands still, as on a machine that swaps, and goes on afterwards if it still lives."""
        still = self.tree(name)
        for each in still:
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
        argv = [sys.executable, "-m", "workers.cli", *arguments]
        service = Service("twin", argv, env={CONFIG_VARIABLE: str(self._config)}, grace_s=20)
        with Supervisor([service], self._config.parent / f"twin-{arguments[0]}") as supervisor:
            yield supervisor


def _kill(processes: list[psutil.Process]) -> None:
    for each in processes:
        with suppress(psutil.NoSuchProcess):
            each.kill()
