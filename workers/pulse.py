"""Beat's own clock. Celery's keeps due times by the time of day: once a clock was ahead and has been set right, it
sends nothing until the day has come that it was set to (`clock-forward` of the drills)."""

import time
from typing import Any

import structlog
from celery.beat import Scheduler, SchedulingError

_log = structlog.get_logger(__name__)


class Pulse(Scheduler):
    """Sends every entry at the start, then as often as its schedule says, counted from the machine's own start.

    It keeps nothing over a restart: beat only wakes tasks that look up what is due.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._due_at_s: dict[str, float] = {}
        super().__init__(*args, **kwargs)

    def tick(self, *_: Any, **__: Any) -> float:
        """Sends what is due; the seconds until the next entry is."""
        for name, entry in self.schedule.items():
            now_s = time.monotonic()
            if self._due_at_s.get(name, now_s) <= now_s:
                self.apply_entry(entry, producer=self.producer)
                self._due_at_s[name] = now_s + entry.schedule.run_every.total_seconds()
        return max(min(self._due_at_s.values()) - time.monotonic(), 0.0)

    def apply_entry(self, entry: Any, producer: Any = None) -> None:
        """Sends one entry. A broker that is away costs a line of the log, not a traceback for every tick."""
        try:
            self.apply_async(entry, producer=producer, advance=False)
        except SchedulingError as error:
            _log.warning("tick_not_sent", entry=entry.name, error=str(error))
