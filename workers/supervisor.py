"""Keeps services running: starts them in order, restarts what ends or is stuck, stops them warm, the last tier first.

For one machine without Docker or systemd, and for the demo. POSIX only; on Windows the Sage agent is a service.
"""

import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Self

from bridge.errors import Misconfigured, TidegateError
from workers.fleet_state import ServiceState, remove_state, write_state
from workers.service import Backoff, Child, Service

_LOOK_S = 0.05
_TAIL_BYTES = 64 * 1024


class ServiceNotReady(TidegateError):
    """A service did not get ready in its time; everything that had been started was stopped again."""


class Supervisor:
    """Runs services as child processes that never outlive it (on Linux not even its SIGKILL).

    `directory` gets `logs/<service>.log` and the state that `workers.fleet_state.read_state` reads. Use `run` in the
    foreground, or the object as a context manager. It runs once: make a new one to start again.

    One thread starts, watches and stops all children and outlives them: the kernel's parent-death signal counts from
    the thread that started a child, not from the whole program.
    """

    def __init__(
        self, services: Sequence[Service], directory: Path, *, backoff: Backoff | None = None, watch_s: float = 5.0
    ) -> None:
        names = [service.name for service in services]
        if len(set(names)) != len(names):
            raise Misconfigured(f"two services of one name among {names}; give each a name of its own")
        self.directory = directory
        self._children = {
            service.name: Child(
                service,
                log=directory / "logs" / f"{service.name}.log",
                backoff=backoff or Backoff(),
                watch_s=watch_s,
            )
            for service in services
        }
        self._started: list[Child] = []
        self._published: list[ServiceState] = []
        self._stopping = threading.Event()
        self._is_up = threading.Event()
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._live, name="supervisor", daemon=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def run(self) -> None:
        """Starts all services and watches them until SIGTERM or SIGINT, then stops them; for the main thread.

        Raises `ServiceNotReady`.
        """
        with told_by_signals(self._stopping):
            self.start()
            self._join()

    def start(self) -> None:
        """Starts all services, each once the one before is ready, and goes on watching them in the background.

        Raises `ServiceNotReady`, with the end of the service's log, after stopping what had been started.
        """
        self.directory.mkdir(parents=True, exist_ok=True)
        self._thread.start()
        self._is_up.wait()
        if self._failure:
            self._join()

    def stop(self) -> None:
        """Stops the services in reverse order and waits until all have ended. Twice is the same as once."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._join()

    def restart(self, name: str) -> None:
        """Asks for a warm restart of one service, and does not wait for it. Raises `Misconfigured`."""
        self._child(name).restart()

    def status(self) -> list[ServiceState]:
        """The services as they are now, in starting order."""
        return [child.state for child in self._children.values()]

    def tail(self, name: str, lines: int = 20) -> list[str]:
        """The last lines that a service printed, over all its starts. Raises `Misconfigured`."""
        return _tail(self._child(name).log, lines)

    def _child(self, name: str) -> Child:
        if name not in self._children:
            raise Misconfigured(f"no service {name!r}; use one of: {', '.join(self._children)}")
        return self._children[name]

    def _live(self) -> None:
        try:
            self._start_in_order()
            self._is_up.set()
            while not self._stopping.wait(_LOOK_S):
                self._look()
        except Exception as error:
            self._failure = error
        finally:
            self._stop_in_reverse()
            self._is_up.set()

    def _start_in_order(self) -> None:
        for child in self._children.values():
            self._started.append(child)
            deadline = time.monotonic() + child.service.ready_s
            self._look()
            while not child.is_ready() and not self._stopping.wait(_LOOK_S):
                if time.monotonic() > deadline:
                    raise _not_ready(child)
                self._look()
            if self._stopping.is_set():
                return

    def _look(self) -> None:
        for child in self._started:
            child.look()
        self._publish()

    def _stop_in_reverse(self) -> None:
        for _, tier in groupby(reversed(self._started), key=lambda child: child.service.tier):
            children = list(tier)
            for child in children:
                child.ask_to_stop()
            self._publish()
            for child in children:
                child.wait_for_end()
        remove_state(self.directory)

    def _publish(self) -> None:
        state = self.status()
        if state != self._published:
            write_state(self.directory, state)
            self._published = state

    def _join(self) -> None:
        self._thread.join()
        failure, self._failure = self._failure, None
        if failure:
            raise failure


@contextmanager
def told_by_signals(stopping: threading.Event) -> Iterator[None]:
    """Sets the event on SIGTERM and SIGINT. Only the supervisor's thread waits for it, so setting it cannot block."""
    wanted = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(number, lambda *_: stopping.set()) for number in wanted]
    try:
        yield
    finally:
        for number, former in zip(wanted, before, strict=True):
            signal.signal(number, former)


def _not_ready(child: Child) -> ServiceNotReady:
    end = "\n  ".join(_tail(child.log, 10)) or "(nothing)"
    service = child.service
    return ServiceNotReady(
        f"{service.name} was not ready within {service.ready_s} s; its log, {child.log}, ends:\n  {end}"
    )


def _tail(log: Path, lines: int) -> list[str]:
    try:
        with log.open("rb") as file:
            file.seek(max(log.stat().st_size - _TAIL_BYTES, 0))
            return file.read().decode(errors="replace").splitlines()[-lines:]
    except FileNotFoundError:
        return []
