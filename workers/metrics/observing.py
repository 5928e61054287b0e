"""The observer's port and Celery's signals, as notes of a meter."""

import time
from collections import Counter
from collections.abc import Iterable
from typing import Any

from celery.signals import after_task_publish, task_postrun, task_prerun

from workers.metrics import declared
from workers.metrics.meter import Meter


class MeterObserver:
    """The `Observer` port on a meter."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter

    def storefront_call(self, connection: str, call: str, came_to: str, seconds: float) -> None:
        """As the port says."""
        self._meter.note(declared.STOREFRONT_CALL, seconds, connection, call, came_to)

    def erp_call(self, system: str, call: str, came_to: str, seconds: float) -> None:
        """As the port says."""
        self._meter.note(declared.ERP_CALL, seconds, system, call, came_to)

    def window(self, lane: str, ended_by: str, seconds: float) -> None:
        """As the port says."""
        self._meter.note(declared.WINDOW, seconds, lane, ended_by)

    def batch(self, lane: str, document: str, seconds: float) -> None:
        """As the port says."""
        self._meter.note(declared.BATCH, seconds, lane, document)

    def outcomes(self, lane: str, document: str, came_to: Iterable[str]) -> None:
        """As the port says."""
        for outcome, records in Counter(came_to).items():
            self._meter.note(declared.OUTCOMES, records, lane, document, outcome)

    def arrivals(self, taken: int, unreadable: int, oldest_s: float) -> None:
        """As the port says."""
        self._meter.note(declared.ARRIVALS, taken, "taken")
        self._meter.note(declared.ARRIVALS, unreadable, "unreadable")
        if taken:
            self._meter.note(declared.ARRIVAL_LAG, oldest_s)

    def seat_refused(self, system: str, purpose: str) -> None:
        """As the port says."""
        self._meter.note(declared.SEAT_REFUSED, 1, system, purpose)

    def seat_taken(self, system: str, purpose: str, waited_s: float) -> None:
        """As the port says."""
        self._meter.note(declared.SEAT_WAIT, waited_s, system, purpose)

    def seat_given_back(self, system: str, purpose: str, used_s: float) -> None:
        """As the port says."""
        self._meter.note(declared.SEAT_USE, used_s, system, purpose)


def watch_celery(meter: Meter) -> None:
    """From now on notes each task that this program or its child runs, and each message that it sends."""
    began_s: dict[str, float] = {}

    def begin(task_id: str, **_: Any) -> None:
        began_s[task_id] = time.monotonic()

    def end(task_id: str, task: Any, state: str | None = None, **_: Any) -> None:
        seconds = time.monotonic() - began_s.pop(task_id, time.monotonic())
        meter.note(declared.TASK, seconds, task.name, (state or "unknown").lower())

    def sent(sender: str, **_: Any) -> None:
        meter.note(declared.MESSAGES_SENT, 1, sender)

    task_prerun.connect(begin, weak=False)
    task_postrun.connect(end, weak=False)
    after_task_publish.connect(sent, weak=False)
