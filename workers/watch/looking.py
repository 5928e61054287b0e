"""One look from outside: broker, ledger, beat, queues, lanes and traffic, whichever of them is dead."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isfinite
from typing import TYPE_CHECKING

from bridge.alarms.muting import Mute
from bridge.alarms.telling import OpenAlarm
from bridge.errors import TidegateError
from bridge.ledger import heartbeats, muting
from bridge.outcomes import Urgency
from workers.cli.opening import open_broker, open_ledger
from workers.freshness import Freshness
from workers.progress import limits_s
from workers.settings import Settings

if TYPE_CHECKING:
    from bridge.ledger.store import Database

_ANSWER_S = 15.0
BROKER, LEDGER, BEAT, QUEUE = "broker", "ledger", "beat", "queue"


@dataclass(frozen=True)
class Look:
    """What one look found: `alarms` that are open, and kinds of alarm that could not be looked for.

    `hidden` holds kinds, the part of an alarm's key before its colon; `is_ledger_hidden` hides all that it knows.
    `mutes` are the silences that people have laid; None when the ledger could not be asked for them.
    """

    at: datetime
    alarms: tuple[OpenAlarm, ...]
    hidden: frozenset[str] = frozenset()
    is_ledger_hidden: bool = False
    mutes: tuple[Mute, ...] | None = None

    @property
    def is_well(self) -> bool:
        """Whether nothing urgent is open. What only waits for a clerk is no trouble of the fleet's."""
        return not any(alarm.is_urgent for alarm in self.alarms)

    def is_hidden(self, key: str) -> bool:
        """Whether nobody can tell now if this alarm is still open."""
        kind = key.partition(":")[0]
        return kind in self.hidden or (self.is_ledger_hidden and kind not in {BROKER, LEDGER})


def look(settings: Settings, now: datetime, freshness: Freshness) -> Look:
    """Looks once; never raises for what it finds dead.

    `freshness` is kept from one look to the next, so that no clock that somebody sets makes anything look silent.
    """
    broker = list(_broker(settings, now, freshness))
    is_broker_away = any(alarm.key == f"{BROKER}:away" for alarm in broker)
    try:
        with open_ledger(settings, timeout_s=_ANSWER_S) as database:
            silent = () if is_broker_away else tuple(_silent(settings, database, now, freshness))
            known = tuple(_known(settings, database, now))
            with database.read() as connection:
                mutes = tuple(muting.mutes(connection, now))
    except Exception as error:  # a ledger in whatever state must be told of, and must not end the watch
        away = OpenAlarm(f"{LEDGER}:away", Urgency.AT_ONCE, _first_line(error), now)
        return Look(now, (*broker, away), is_ledger_hidden=True)
    is_beat_silent = any(alarm.key.startswith(BEAT) for alarm in silent)
    hidden = {BEAT, QUEUE} if is_broker_away else {QUEUE} if is_beat_silent else set()
    return Look(now, (*broker, *silent, *known), frozenset(hidden), mutes=mutes)


def _broker(settings: Settings, now: datetime, freshness: Freshness) -> Iterator[OpenAlarm]:
    try:
        with open_broker(settings) as client:
            kind = str(client.type(settings.broker.stream).decode())  # type: ignore[union-attr]
    except Exception as error:  # as for the ledger
        yield OpenAlarm(f"{BROKER}:away", Urgency.AT_ONCE, _first_line(error), now)
        return
    is_young = freshness.looks_for_s is not None and freshness.looks_for_s < settings.silence.stale_s
    if kind != "stream" and not is_young:  # intake makes it within seconds
        text = f"the broker holds no stream {settings.broker.stream}: it was emptied, or intake does not run"
        yield OpenAlarm(f"{BROKER}:stream", Urgency.HIGH, text, now)


def _silent(settings: Settings, database: "Database", now: datetime, freshness: Freshness) -> list[OpenAlarm]:
    """Beat, or queues that finish nothing. Without beat a queue at rest gets no canary, so beat alone is told then."""
    limits = limits_s(settings)
    with database.read() as connection:
        beats = heartbeats.last_beats(connection, [heartbeats.BEAT, *map(heartbeats.of_queue, limits)])
    clock = _Silence(now, freshness)
    beat = clock.of(f"{BEAT}:silent", beats.get(heartbeats.BEAT), settings.silence.stale_s)
    if beat:
        return [beat]
    found = [clock.of(f"{QUEUE}:{name}", beats.get(heartbeats.of_queue(name)), limit) for name, limit in limits.items()]
    return [alarm for alarm in found if alarm]


@dataclass(frozen=True)
class _Silence:
    """Judges heartbeats at a moment."""

    now: datetime
    freshness: Freshness

    def of(self, key: str, last: datetime | None, limit_s: float) -> OpenAlarm | None:
        silent_s = self.freshness.silent_s(key, last, self.now)
        if silent_s <= limit_s:
            return None
        over_s = silent_s - limit_s if isfinite(silent_s) else 0.0
        heard = f"for {silent_s:.0f} s" if last and isfinite(silent_s) else "so far"
        text = _WORDS[key.partition(":")[0]].format(heard, key.partition(":")[2])
        return OpenAlarm(key, Urgency.HIGH, text, self.now - timedelta(seconds=over_s))


_WORDS = {
    BEAT: "no canary came through any queue {0}: beat is dead, or every worker is",
    QUEUE: "queue {1} has finished nothing {0}, no canary either: its workers are dead, deaf or stuck",
}


def _known(settings: Settings, database: "Database", now: datetime) -> Iterator[OpenAlarm]:
    """The ledger's open alarms, once lanes and traffic were looked at from here too: a dead steward raises none."""
    from bridge.ledger.silence import watch_lanes
    from bridge.ledger.trace import open_alarms
    from bridge.ledger.traffic import watch_traffic
    from bridge.ledger.waiting import waiting_lanes, watch_waiting

    calendars = {name: lane.calendar for name, lane in settings.lanes.items()}
    watch_lanes(database, calendars, limit=settings.silence.windows, now=now)
    watch_traffic(database, settings.connections, now=now)
    watch_waiting(database, waiting_lanes(calendars, settings.connections), settings.waiting, now=now)
    for row in open_alarms(database):
        yield OpenAlarm(row.key, Urgency(row.urgency), row.text, row.first_at)


def _first_line(error: Exception) -> str:
    text = str(error).strip() or type(error).__name__
    return (
        text.splitlines()[0] if isinstance(error, TidegateError) else f"could not be looked at: {text.splitlines()[0]}"
    )


def places(settings: Settings) -> Sequence[tuple[str, str]]:
    """Everything that a look covers, in the order in which one would mend it: what it is, and its alarm's key."""
    return (
        ("broker", f"{BROKER}:"),
        ("ledger", f"{LEDGER}:"),
        ("beat", f"{BEAT}:"),
        *((f"queue {queue}", f"{QUEUE}:{queue}") for queue in limits_s(settings)),
        *((f"lane {lane}", f"silence:{lane}") for lane in settings.lanes),
        *((f"traffic of {name}", f"traffic:{name}") for name in settings.connections),
    )
