"""Whether a worker that lives also works: for `tidegate up`, whose supervisor restarts what does not."""

from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from typing import Any

from celery.utils.nodenames import host_format

from bridge.events.redis_client import harmless, open_client
from bridge.ledger import heartbeats
from bridge.ledger.store import Database
from bridge.ports.clock import SystemClock
from workers.freshness import Freshness
from workers.queues import company_of, queues_of
from workers.roles import load_fleet
from workers.settings import Settings

_ANSWER_S = 0.5
"""Time for the broker and the ledger to answer, as the supervisor looks after other services too."""


def limits_s(settings: Settings) -> Mapping[str, float]:
    """How long each queue may finish nothing, in seconds: a writer's task is as long as its lane's longest window."""
    fleet, stale_s = load_fleet(), settings.silence.stale_s
    limits = dict.fromkeys(fleet.queues(), stale_s)
    for name, lane in settings.lanes.items():
        for queue in fleet.queues(company_of(name)):
            limits.setdefault(queue, stale_s + lane.calendar.longest.total_seconds())
    return {queue: limits[queue] for queue in queues_of(settings)}


class WorkerProgress:
    """Asked by a supervisor: False for a worker that is deaf, True for one that works or has nothing to do.

    Deaf is who has finished nothing for `limit_s`, though work waits in its queues or its neighbours get on with
    theirs. Of several `processes` each gets a canary in its turn only, so their number lengthens the limit.
    """

    def __init__(self, settings: Settings, options: Mapping[str, Any], processes: int) -> None:
        """`options` are those of `Fleet.worker_options`."""
        self._name = heartbeats.of_worker(host_format(options["hostname"]))
        self._queues = tuple(options["queues"])
        self._broker_url = settings.broker.url.get_secret_value()
        self._ledger_url = settings.ledger.url.get_secret_value()
        self._freshness = Freshness()
        limits = limits_s(settings)
        self.limit_s = max(limits[queue] for queue in self._queues) * processes

    def __call__(self) -> bool:
        """Raises what the broker or the ledger raise when they are away: then nobody can tell who is deaf."""
        names = [heartbeats.of_queue(queue) for queue in self._queues]
        with closing(Database(self._ledger_url, timeout_s=_ANSWER_S)) as database, database.read() as connection:
            beats = heartbeats.last_beats(connection, [self._name, *names])
        fresh = {name: self._is_fresh(name, beats.get(name)) for name in (self._name, *names)}
        if fresh[self._name]:
            return True
        with open_client(self._broker_url, timeout_s=_ANSWER_S) as client, harmless():
            is_work_waiting = any(client.llen(queue) for queue in self._queues)
        return not (is_work_waiting or any(fresh[name] for name in names))

    def _is_fresh(self, name: str, beat: datetime | None) -> bool:
        return self._freshness.silent_s(name, beat, SystemClock().now()) <= self.limit_s
