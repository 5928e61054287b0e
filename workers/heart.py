"""A worker's heartbeats: advanced in the ledger by tasks that it has finished, and by nothing else."""

import time
from collections.abc import Callable
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bridge.fleet import Fleet
from bridge.ledger import heartbeats

_log = structlog.get_logger(__name__)


class Heart:
    """The heartbeats of one process, written once in `note_s` seconds at most."""

    def __init__(self, fleet: Callable[[], Fleet], *, note_s: float) -> None:
        self._fleet = fleet
        self._note_s = note_s
        self._noted_at: dict[tuple[str, ...], float] = {}

    def beat(self, request: Any) -> None:
        """Notes that the task of this Celery request is done, for its queue and its worker.

        A ledger that is away makes no finished task fail: there is no heartbeat then, which is what it says.
        """
        queue = request.delivery_info.get("routing_key") or "unknown"
        names = (heartbeats.of_queue(queue), heartbeats.of_worker(request.hostname or "unknown"))
        at = time.monotonic()
        if at - self._noted_at.get(names, -self._note_s) < self._note_s:
            return
        ports = self._fleet()
        try:
            heartbeats.note(ports.database, names, by=ports.name, now=ports.clock.now())
        except SQLAlchemyError as error:
            _log.warning("heartbeat_not_noted", queue=queue, error=type(error).__name__)
            return
        self._noted_at[names] = at
