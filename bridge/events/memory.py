"""The events port in memory: for tests, demonstrations and dry runs. It forgets when its process ends."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bridge.events.wire import to_fields
from bridge.ports.clock import Clock
from bridge.ports.events import Entry, Event


@dataclass
class _Held:
    fields: dict[bytes, bytes]
    came_at: datetime
    consumer: str | None = None
    delivered_at: datetime | None = None
    deliveries: int = 0


@dataclass
class MemoryEvents:
    """A stream and its writing side; `reader` gives the reading side. Safe between threads."""

    clock: Clock
    entries: dict[str, _Held] = field(default_factory=dict)
    arrived: threading.Condition = field(default_factory=threading.Condition)
    _count: int = 0

    def append(self, events: Sequence[Event]) -> None:
        """Stores all of them or, raising `Refused`, none. The same events again are stored again."""
        for fields in [to_fields(event) for event in events]:
            self.add_raw(fields)

    def add_raw(self, fields: dict[bytes, bytes]) -> str:
        """Stores an entry as any foreign producer may; gives its id."""
        with self.arrived:
            self._count += 1
            now = self.clock.now()
            entry_id = f"{int(now.timestamp() * 1000)}-{self._count}"
            self.entries[entry_id] = _Held(dict(fields), now)
            self.arrived.notify_all()
        return entry_id

    def wipe(self) -> None:
        """Forgets everything, as a broker without a disk does."""
        with self.arrived:
            self.entries.clear()

    def reader(self, consumer: str, *, min_idle_ms: int = 60_000) -> "MemoryEventReader":
        """One consumer; the meaning of both arguments is that of `RedisEventReader`."""
        return MemoryEventReader(self, consumer, min_idle_ms)


class MemoryEventReader:
    """One consumer of a `MemoryEvents`."""

    def __init__(self, events: MemoryEvents, consumer: str, min_idle_ms: int) -> None:
        self._events = events
        self._consumer = consumer
        self._min_idle_ms = min_idle_ms

    def read(self, limit: int, block_ms: int = 0) -> Sequence[Entry]:
        """Up to `limit` entries: what a dead consumer left, what this one had not removed, then new ones."""
        with self._events.arrived:
            self._events.arrived.wait_for(self._readable, timeout=block_ms / 1000)
            return [self._deliver(entry_id) for entry_id in self._readable()[:limit]]

    def remove(self, ids: Sequence[str]) -> None:
        """Deletes; ids that are gone already are left alone."""
        with self._events.arrived:
            for entry_id in ids:
                self._events.entries.pop(entry_id, None)

    def depth(self) -> int:
        """How many entries nobody has removed yet, those being worked on included."""
        return len(self._events.entries)

    def oldest_age_s(self) -> float:
        """Seconds since the oldest entry came; 0 when there is none."""
        with self._events.arrived:
            oldest = next(iter(self._events.entries.values()), None)
            return 0.0 if oldest is None else (self._events.clock.now() - oldest.came_at).total_seconds()

    def _readable(self) -> list[str]:
        entries = self._events.entries
        again = [entry_id for entry_id, held in entries.items() if held.consumer and self._is_mine(held)]
        return again + [entry_id for entry_id, held in entries.items() if held.consumer is None]

    def _is_mine(self, held: _Held) -> bool:
        if held.consumer == self._consumer or held.delivered_at is None:
            return True
        idle_s = (self._events.clock.now() - held.delivered_at).total_seconds()
        return idle_s * 1000 >= self._min_idle_ms

    def _deliver(self, entry_id: str) -> Entry:
        held = self._events.entries[entry_id]
        held.consumer, held.delivered_at = self._consumer, self._events.clock.now()
        held.deliveries += 1
        return Entry(entry_id, dict(held.fields), held.deliveries)
