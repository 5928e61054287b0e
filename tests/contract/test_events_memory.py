"""The events port in memory."""

from datetime import timedelta

import pytest

from bridge.events.memory import MemoryEventReader, MemoryEvents
from bridge.ports.clock import FixedClock, SystemClock
from tests.contract.events_contract import A_DAY_MS, EventsContract, event


class _Stream:
    def __init__(self) -> None:
        self.writer = MemoryEvents(SystemClock())

    def reader(self, consumer: str, *, min_idle_ms: int = A_DAY_MS) -> MemoryEventReader:
        return self.writer.reader(consumer, min_idle_ms=min_idle_ms)

    def add_raw(self, fields: dict[bytes, bytes]) -> None:
        self.writer.add_raw(fields)

    def wipe(self) -> None:
        self.writer.wipe()


class TestMemory(EventsContract):
    """The suite, in memory."""

    @pytest.fixture
    def stream(self) -> _Stream:
        """An empty stream."""
        return _Stream()


def test_an_entry_is_taken_over_only_once_it_has_been_idle_long_enough() -> None:
    clock = FixedClock(event(1).received_at)
    events = MemoryEvents(clock)
    events.append([event(1)])
    events.reader("dead").read(1)
    heir = events.reader("heir", min_idle_ms=5_000)
    clock.set(clock.now() + timedelta(seconds=4.9))
    assert heir.read(1) == []
    clock.set(clock.now() + timedelta(seconds=0.2))
    assert len(heir.read(1)) == 1
    assert heir.oldest_age_s() == pytest.approx(5.1)
