"""One supervised program: how to start it, and what becomes of it while it runs."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import structlog

from workers.fleet_state import ServiceState

_TETHER = Path(__file__).with_name("tether.py")

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Service:
    """A program to keep running.

    `env` is added to our own environment. `grace_s` is the time from `stop_signal` to the kill. `ready` says whether
    the next service may start; it has `ready_s` seconds to say so. `progress` says whether the service does its work:
    asked every few seconds once it has run for `settle_s`, False means stuck and leads to a restart. Both callables
    are asked in the supervisor's thread and should answer within a fraction of a second. Neighbours of one `tier` need
    nothing of each other and are stopped together; each tier ends before the one in front of it is told.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    stop_signal: signal.Signals = signal.SIGTERM
    grace_s: float = 10.0
    ready: Callable[[], bool] | None = None
    ready_s: float = 30.0
    progress: Callable[[], bool] | None = None
    settle_s: float = 30.0
    tier: int = 0


@dataclass(frozen=True)
class Backoff:
    """How long to wait before a program that ended is started again: doubled each time, bounded, in seconds.

    A program that ran for `steady_s` before it ended counts as healthy, and the doubling begins anew.
    """

    first_s: float = 0.5
    most_s: float = 30.0
    steady_s: float = 60.0

    def delay_s(self, exits: int) -> float:
        """The wait after the given number of early exits in a row (1 or more)."""
        return min(self.first_s * 2.0 ** min(exits - 1, 32), self.most_s)


class Child:
    """A service and the operating-system process that presently runs it. Belongs to one thread, but for `restart`.

    `log` gets what it prints, over all its starts. The process leads a session of its own, so that a Ctrl+C at the
    terminal reaches only the supervisor, which then stops its services one by one.
    """

    def __init__(self, service: Service, *, log: Path, backoff: Backoff, watch_s: float) -> None:
        self.service = service
        self.log = log
        self._backoff = backoff
        self._watch_s = watch_s
        self._running: subprocess.Popen[bytes] | None = None
        self._since = datetime.now(UTC)
        self._started_at = self._next_start_at = self._next_look_at = 0.0
        self._kill_at: float | None = None
        self._early_exits = self._starts = 0
        self._last_exit: int | None = None
        self._is_restart_wanted = False

    @property
    def state(self) -> ServiceState:
        """What people see of it."""
        running, is_stopped = self._running, self._kill_at is not None
        if running:
            stage = "stopping" if is_stopped else "running"
        else:
            stage = "stopped" if is_stopped else "waiting" if self._starts else "not started"
        return ServiceState(
            name=self.service.name,
            stage=stage,
            pid=running.pid if running else None,
            restarts=max(self._starts - 1, 0),
            last_exit=self._last_exit,
            since_utc=self._since.isoformat(timespec="seconds"),
            log=str(self.log),
        )

    def is_ready(self) -> bool:
        """Whether the next service may start."""
        return self._running is not None and (self.service.ready is None or self.service.ready())

    def restart(self) -> None:
        """Asks for a warm stop and a fresh start, at the supervisor's next look; may be called from any thread."""
        self._is_restart_wanted = True

    def look(self) -> None:
        """Does what is due now, and never waits: start, notice an exit, ask for progress, kill after the grace."""
        now = time.monotonic()
        if self._running is None:
            if now >= self._next_start_at:
                self._start(now)
        elif (code := self._running.poll()) is not None:
            self._note_exit(code, now)
        elif self._kill_at is not None:
            if now >= self._kill_at:
                self._kill()
        elif self._is_restart_wanted or self._is_stuck(now):
            self._is_restart_wanted = False
            self.ask_to_stop()

    def ask_to_stop(self) -> None:
        """Sends the stop signal, once. Does nothing when it does not run."""
        if self._running is not None and self._kill_at is None:
            self._kill_at = time.monotonic() + self.service.grace_s
            self._running.send_signal(self.service.stop_signal)

    def wait_for_end(self) -> None:
        """Waits until it has ended after `ask_to_stop`; kills it, and only it, after its grace."""
        if self._running is None or self._kill_at is None:
            return
        try:
            self._last_exit = self._running.wait(max(self._kill_at - time.monotonic(), 0))
        except subprocess.TimeoutExpired:
            self._kill()
            self._last_exit = self._running.wait()
        self._running = None

    def _start(self, now: float) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            self._running = subprocess.Popen(
                _tethered(self.service.argv),
                env={**os.environ, **self.service.env},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._started_at, self._since = now, datetime.now(UTC)
        self._next_look_at = now + self.service.settle_s
        self._kill_at = None
        self._starts += 1

    def _kill(self) -> None:
        if self._running is not None:
            _log.warning("service_killed", service=self.service.name, grace_s=self.service.grace_s)
            self._running.kill()

    def _note_exit(self, code: int, now: float) -> None:
        was_asked, self._kill_at = self._kill_at is not None, None
        self._running, self._last_exit, self._since = None, code, datetime.now(UTC)
        if was_asked:
            self._next_start_at = now
            return
        self._early_exits = 1 if now - self._started_at >= self._backoff.steady_s else self._early_exits + 1
        wait_s = self._backoff.delay_s(self._early_exits)
        self._next_start_at = now + wait_s
        _log.warning("service_ended", service=self.service.name, code=code, again_in_s=wait_s, log=str(self.log))

    def _is_stuck(self, now: float) -> bool:
        if self.service.progress is None or now < self._next_look_at:
            return False
        self._next_look_at = now + self._watch_s
        try:
            is_stuck = not self.service.progress()
        except Exception as error:  # one watchdog that fails must not end the watch over all services
            _log.warning("progress_unknown", service=self.service.name, error=repr(error))
            return False
        if is_stuck:
            _log.warning("service_stuck", service=self.service.name)
        return is_stuck


def _tethered(argv: Sequence[str]) -> list[str]:
    return [sys.executable, "-I", "-S", str(_TETHER), str(os.getpid()), *argv]
