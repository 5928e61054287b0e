"""The parts that `tidegate top` looks at, each asked beside the others, so that one that is away holds up none."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any

from bridge.errors import TidegateError
from bridge.ports.clock import SystemClock
from workers.cli.opening import open_broker, reach_ledger

if TYPE_CHECKING:
    from bridge.glance import Glance
    from bridge.ports.seats import Lease
    from workers.settings import Settings, SystemSettings

LEDGER, BROKER = "ledger", "broker"
_TIMEOUT_S = 3.0
_REST = 10
"""A part is left alone for so many times as long as its last answer took: a tenth of its time is the most we take."""


@dataclass(frozen=True)
class Seen:
    """What a part answered last, and why it is away since, if it is."""

    answer: Any = None
    away: str | None = None


@dataclass(frozen=True)
class BrokerNow:
    """What waits at the broker, and who has a seat."""

    depth: int
    oldest_age_s: float
    queues: Mapping[str, int]
    dead_queues: Mapping[str, int]
    seats: Mapping[str, "SeatsNow"]


@dataclass(frozen=True)
class SeatsNow:
    """The seats of one system: of `total`, who holds which, and the sessions not proven gone."""

    total: int
    held: "list[Lease]"
    unproven: Mapping[str, str]


@dataclass
class Part:
    """One part and how it is asked."""

    look: Callable[[], Any]
    seen: Seen = field(default_factory=lambda: Seen(away="not asked yet"))
    asked: "Future[tuple[Any, float]] | None" = None
    rests_until_s: float = 0.0


class Parts:
    """Ledger, broker and every agent. Use it as a context manager; leaving it waits for nobody."""

    def __init__(self, settings: "Settings") -> None:
        self._parts = {LEDGER: Part(partial(_ledger, settings)), BROKER: Part(partial(_broker, settings))}
        self._parts |= {f"agent {name}": Part(partial(_agent, system)) for name, system in settings.systems.items()}
        self._threads = ThreadPoolExecutor(len(self._parts), thread_name_prefix="top")

    def __enter__(self) -> "Parts":
        return self

    def __exit__(self, *exc: object) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def look(self, patience_s: float) -> Mapping[str, Seen]:
        """Asks every part that is not being asked and has rested, and gives the last answers after the patience."""
        for part in self._parts.values():
            if part.asked is None and monotonic() >= part.rests_until_s:
                part.asked = self._threads.submit(_timed, part.look)
        wait([part.asked for part in self._parts.values() if part.asked], timeout=patience_s)
        for part in self._parts.values():
            _take(part)
        return {name: part.seen for name, part in self._parts.items()}


def _timed(look: Callable[[], Any]) -> tuple[Any, float]:
    began_s = monotonic()
    return look(), monotonic() - began_s


def _take(part: Part) -> None:
    if part.asked is None or not part.asked.done():
        return
    try:
        answer, took_s = part.asked.result()
        part.seen, part.rests_until_s = Seen(answer), monotonic() + _REST * took_s
    except TidegateError as error:
        part.seen = Seen(part.seen.answer, str(error).partition("\n")[0])
    part.asked = None


def _ledger(settings: "Settings") -> "Glance":
    from bridge.glance import glance
    from workers.cli.status import lane_names

    with reach_ledger(settings, timeout_s=_TIMEOUT_S) as database:
        return glance(database, lane_names(settings), SystemClock().now())


def _broker(settings: "Settings") -> BrokerNow:
    from bridge.events.redis_stream import RedisEventReader
    from bridge.seats.redis import RedisSeats
    from workers.dead_queues import ENTITIES, queue_name
    from workers.queues import queues_of

    with open_broker(settings, timeout_s=_TIMEOUT_S) as client:
        stream = RedisEventReader(client, settings.broker.stream, consumer="top")
        counters = {name: RedisSeats(client, name, system.seats) for name, system in settings.systems.items()}
        return BrokerNow(
            depth=stream.depth(),
            oldest_age_s=stream.oldest_age_s(),
            queues={name: int(client.llen(name)) for name in queues_of(settings)},
            dead_queues={entity: int(client.llen(queue_name(entity))) for entity in ENTITIES},
            seats={
                name: SeatsNow(settings.systems[name].seats.total, seats.held(), seats.unproven())
                for name, seats in counters.items()
            },
        )


def _agent(system: "SystemSettings") -> str:
    from bridge.erp.sage100.agent_sessions import SageAgentSessions

    with SageAgentSessions(system.agent, "") as agent:
        agent.health()
    return system.agent.url


def next_openings(settings: "Settings", now: datetime) -> Mapping[str, datetime | None]:
    """When each company's lane opens next; None when no window opens within a year, as the doctor says."""
    from bridge.windows.due import next_window

    found: dict[str, datetime | None] = {}
    for name, lane in settings.lanes.items():
        try:
            found[name] = next_window(lane.calendar, now).opens_at
        except TidegateError:
            found[name] = None
    return found
