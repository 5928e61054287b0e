"""How the fleet stands by its ledger and its broker, read when Prometheus asks: `tidegate metrics`."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

import redis
import structlog
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from bridge.alarms.silence import windows_missed
from bridge.errors import TidegateError
from bridge.events.redis_client import harmless, open_client
from bridge.events.redis_stream import RedisEventReader
from bridge.ledger import heartbeats, standing, trace, windows
from bridge.ledger.silence import silent_since
from bridge.ledger.store import Database
from bridge.ledger.unfinished import missed_windows, unfinished
from bridge.ports.clock import SystemClock
from bridge.seats.redis import RedisSeats
from workers.dead_queues import ENTITIES, queue_name
from workers.metrics import declared
from workers.metrics.declared import Metric
from workers.metrics.meter import gauge
from workers.queues import queues_of
from workers.settings import Settings

CALM_S = 5.0
"""Who asks again sooner is told the same, so that many readers cost no more than one."""

_ANSWER_S = 3.0
_DAY = timedelta(days=1)

Figures = Iterable[tuple[Metric, list[tuple[tuple[str, ...], float]]]]

_log = structlog.get_logger(__name__)


class Standing(Collector):
    """The figures of ledger and broker; those of a source that is away are left out, and it is said to be away."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._clock = SystemClock()
        self._database = Database(settings.ledger.url.get_secret_value(), timeout_s=_ANSWER_S)
        self._broker = open_client(settings.broker.url.get_secret_value(), timeout_s=_ANSWER_S)
        self._turn = threading.Lock()
        self._told_at_s = -CALM_S
        self._told: list[GaugeMetricFamily] = []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Every figure, at most `CALM_S` old."""
        with self._turn:
            if time.monotonic() - self._told_at_s >= CALM_S:
                self._told, self._told_at_s = list(self._look()), time.monotonic()
            yield from self._told

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing, so that no registry looks at the ledger to learn the names."""
        yield from ()

    def close(self) -> None:
        """Ends the connections; twice is the same as once."""
        self._database.close()
        self._broker.close()

    def _look(self) -> Iterator[GaugeMetricFamily]:
        up: list[tuple[tuple[str, ...], float]] = []
        for source, read in (("ledger", self._of_ledger), ("broker", self._of_broker)):
            found = _or_nothing(source, read)
            up.append(((source,), float(found is not None)))
            yield from (gauge(metric, figures) for metric, figures in found or ())
        yield gauge(declared.SOURCE_UP, up)

    def _of_ledger(self) -> Figures:
        now = self._clock.now()
        with self._database.read() as connection:
            yield from _records(connection, now)
            yield from self._lanes(connection, now)
            yield declared.QUEUE_SILENCE, self._queue_silences(connection, now)
        letters = standing.open_letter_counts(self._database)
        alarms = Counter(alarm.urgency for alarm in trace.open_alarms(self._database))
        yield declared.LETTERS, [((entity,), count) for entity, count in letters.items()]
        yield declared.ALARMS, [((urgency,), count) for urgency, count in alarms.items()]

    def _lanes(self, connection: Connection, now: datetime) -> Figures:
        lanes = tuple(self._settings.lanes)
        missed = missed_windows(connection, now - _DAY)
        sites = (f"storefront:{name}" for name in self._settings.connections)
        rows = {name: windows.lane_row(connection, name) for name in (*lanes, *sites)}
        yield declared.HALTED, [((name,), float(row is not None and row.halted)) for name, row in rows.items()]
        silent = {lane: silent_since(connection, lane) for lane in lanes}
        yield declared.SILENCE, [((lane,), _age_s(since, now)) for lane, since in silent.items()]
        yield declared.SILENT_WINDOWS, [((lane,), self._windows(lane, since, now)) for lane, since in silent.items()]
        yield declared.WINDOWS_MISSED, [((lane,), missed.get(lane, 0)) for lane in lanes]

    def _windows(self, lane: str, since: datetime | None, now: datetime) -> int:
        return windows_missed(self._settings.lanes[lane].calendar, since, now) if since else 0

    def _queue_silences(self, connection: Connection, now: datetime) -> list[tuple[tuple[str, ...], float]]:
        """Of queues that ever finished a task."""
        names = {heartbeats.of_queue(queue): queue for queue in queues_of(self._settings)}
        beats = heartbeats.last_beats(connection, names)
        return [((names[name],), _age_s(at, now)) for name, at in beats.items()]

    def _of_broker(self) -> Figures:
        settings, broker = self._settings, self._broker
        names = (*queues_of(settings), *(queue_name(entity) for entity in ENTITIES))
        with harmless():
            yield declared.QUEUE, [((name,), broker.llen(name)) for name in names]
        stream = RedisEventReader(broker, settings.broker.stream, consumer="metrics")
        yield declared.STREAM, [((), stream.depth())]
        yield declared.STREAM_AGE, [((), stream.oldest_age_s())]
        seats = {name: RedisSeats(broker, name, system.seats) for name, system in settings.systems.items()}
        yield declared.SEATS, [((name,), system.seats.total) for name, system in settings.systems.items()]
        yield declared.SEATS_UNPROVEN, [((name,), len(each.unproven())) for name, each in seats.items()]
        held = Counter((name, lease.purpose) for name, each in seats.items() for lease in each.held())
        yield declared.SEATS_HELD, [*held.items()]


def _records(connection: Connection, now: datetime) -> Figures:
    counts: Counter[tuple[str, ...]] = Counter()
    ages: dict[tuple[str, ...], float] = {}
    for row in unfinished(connection):  # one row for each currency
        labels = (row.lane, row.document, row.state)
        counts[labels] += row.records
        ages[labels] = max(ages.get(labels, 0.0), _age_s(row.oldest, now))
    yield declared.RECORDS, list(counts.items())
    yield declared.RECORD_AGE, list(ages.items())


def _age_s(since: datetime | None, now: datetime) -> float:
    return max((now - since).total_seconds(), 0.0) if since else 0.0


def _or_nothing(source: str, read: Callable[[], Figures]) -> Figures | None:
    try:
        return list(read())
    except (TidegateError, SQLAlchemyError, redis.RedisError) as error:
        _log.warning("figures_not_read", source=source, error=type(error).__name__)
        return None
