"""The events port on a Redis stream with one consumer group; nothing leaves the stream before it is removed."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from redis import Redis
from redis.exceptions import ResponseError

from bridge.events.redis_client import effective, harmless
from bridge.events.wire import to_fields
from bridge.ports.events import Entry, Event

GROUP = "tidegate"

_Answer = TypeVar("_Answer")
_RawEntries = list[tuple[bytes, dict[bytes, bytes]]]


class RedisEventWriter:
    """Appends groups of events, each group in one MULTI/EXEC: all or none, and one fsync (reference baselines.md).

    `redis` comes from `open_client`. The stream is never trimmed (no MAXLEN).
    """

    def __init__(self, redis: Redis, stream: str) -> None:
        self._redis = redis
        self._stream = stream

    def append(self, events: Sequence[Event]) -> None:
        """Returns once the broker has all of them on disk. The same events again are stored again.

        Raises `Refused` (an event that nobody could read back; nothing was sent), `Unreachable`, `Uncertain`.
        """
        entries = [to_fields(event) for event in events]
        if not entries:
            return
        with harmless():
            pool = self._redis.connection_pool
            pool.release(pool.get_connection())
        with effective(), self._redis.pipeline(transaction=True) as group:
            for entry in entries:
                group.xadd(self._stream, dict(entry.items()))
            group.execute()


class RedisEventReader:
    """One consumer of the stream. `consumer` must be this process's own name (host and pid, say).

    `min_idle_ms` is how long an entry may lie with a consumer before another takes it over: longer than any batch
    takes, though a batch read twice does no harm. `redis` comes from `open_client`, its time-out above `block_ms`.
    """

    def __init__(self, redis: Redis, stream: str, *, consumer: str, min_idle_ms: int = 60_000) -> None:
        self._redis = redis
        self._stream = stream
        self._consumer = consumer
        self._min_idle_ms = min_idle_ms

    def read(self, limit: int, block_ms: int = 0) -> Sequence[Entry]:
        """Up to `limit` entries: what a dead consumer left, what this one had not removed, then new ones.

        Waits up to `block_ms` when there is none at all. The same call again gives the same entries and perhaps more.
        Makes the consumer group at the stream's beginning when it is missing, also after a wipe. Raises `Unreachable`.
        """
        with harmless():
            return self._with_group(lambda: self._read(limit, block_ms))

    def remove(self, ids: Sequence[str]) -> None:
        """Acknowledges and deletes in one step; ids that are gone already are left alone. Raises `Unreachable`."""
        if not ids:
            return
        with harmless(), self._redis.pipeline(transaction=True) as step:
            step.xack(self._stream, GROUP, *ids)
            step.xdel(self._stream, *ids)
            step.execute()

    def depth(self) -> int:
        """How many entries nobody has removed yet, those being worked on included. Raises `Unreachable`."""
        with harmless():
            return int(self._redis.xlen(self._stream))

    def oldest_age_s(self) -> float:
        """Seconds since the oldest entry came, by the broker's clock; 0 when there is none. Raises `Unreachable`."""
        with harmless():
            oldest: Any = self._redis.xrange(self._stream, count=1)
            if not oldest:
                return 0.0
            seconds, microseconds = self._redis.time()
        came_ms = int(oldest[0][0].partition(b"-")[0])
        return max(0.0, seconds + microseconds / 1_000_000 - came_ms / 1000)

    def _with_group(self, call: Callable[[], _Answer]) -> _Answer:
        try:
            return call()
        except ResponseError as error:
            # UNBLOCKED: the stream was deleted while a read was waiting for it.
            if not str(error).startswith(("NOGROUP", "UNBLOCKED")):
                raise
        self._make_group()
        return call()

    def _make_group(self) -> None:
        try:
            self._redis.xgroup_create(self._stream, GROUP, id="0", mkstream=True)
        except ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):  # another consumer made it first
                raise

    def _read(self, limit: int, block_ms: int) -> list[Entry]:
        self._take_over(limit)
        entries = self._own_again(limit)
        if len(entries) < limit:
            waiting_ms = block_ms or None
            fresh = self._xreadgroup(">", limit - len(entries), None if entries else waiting_ms)
            entries += [Entry(raw_id.decode(), fields) for raw_id, fields in fresh]
        return entries

    def _take_over(self, limit: int) -> None:
        # Not XAUTOCLAIM: it counts the take-over as one more delivery, and the reading of it below as another.
        idle: Any = self._redis.xpending_range(
            self._stream, GROUP, min="-", max="+", count=limit, idle=self._min_idle_ms
        )
        ids = [pending["message_id"] for pending in idle if pending["consumer"].decode() != self._consumer]
        if ids:
            self._redis.xclaim(self._stream, GROUP, self._consumer, self._min_idle_ms, ids, justid=True)

    def _own_again(self, limit: int) -> list[Entry]:
        raw = self._xreadgroup("0", limit, None)
        deleted = [raw_id for raw_id, fields in raw if not fields]
        if deleted:  # somebody else deleted them from the stream; no entry is without fields
            self._redis.xack(self._stream, GROUP, *deleted)
        kept = [(raw_id, fields) for raw_id, fields in raw if fields]
        counts = self._deliveries(kept)
        return [Entry(raw_id.decode(), fields, counts.get(raw_id, 1)) for raw_id, fields in kept]

    def _deliveries(self, raw: _RawEntries) -> dict[bytes, int]:
        if not raw:
            return {}
        pending: Any = self._redis.xpending_range(
            self._stream, GROUP, min=raw[0][0], max=raw[-1][0], count=len(raw), consumername=self._consumer
        )
        return {row["message_id"]: row["times_delivered"] for row in pending}

    def _xreadgroup(self, start: str, count: int, block_ms: int | None) -> _RawEntries:
        answer: Any = self._redis.xreadgroup(GROUP, self._consumer, {self._stream: start}, count=count, block=block_ms)
        return answer[0][1] if answer else []
