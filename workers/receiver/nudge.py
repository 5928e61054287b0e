"""Tells the fleet that events have come, without ever holding up the request that brought one."""

import threading
from collections.abc import Callable

import structlog

_log = structlog.get_logger(__name__)


class Nudger:
    """Calls `on_events` soon after `nudge`, at most once per `interval_s`, from a thread of its own.

    A nudge is only a hint (beat finds the events anyway): a call that fails is logged, a call that hangs delays no one
    but the next nudge. The thread is a daemon, so that a hanging call cannot hold up the process's end either.
    """

    def __init__(self, on_events: Callable[[], None], interval_s: float = 0.2) -> None:
        self._on_events = on_events
        self._interval_s = interval_s
        self._wanted = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="nudger", daemon=True)

    def start(self) -> None:
        """Begins; once only."""
        self._thread.start()

    def nudge(self) -> None:
        """Asks for a call and returns at once. Many nudges before the call are one."""
        self._wanted.set()

    def stop(self, wait_s: float = 1.0) -> None:
        """Makes one last call and waits for it no longer than `wait_s`."""
        self._stopped.set()
        self._wanted.set()
        self._thread.join(wait_s)

    def _run(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            self._call()
            if self._stopped.is_set():
                return
            self._stopped.wait(self._interval_s)

    def _call(self) -> None:
        try:
            self._on_events()
        except Exception as error:  # whatever it is, the events are safe and beat will find them
            _log.warning("nudge_failed", error=repr(error))
