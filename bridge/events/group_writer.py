"""The receiver's writer: events of requests that wait at the same time go to the broker together."""

import asyncio
from collections import deque

import structlog
from redis.asyncio import Redis

from bridge.events.redis_client import effective, harmless
from bridge.events.wire import to_fields
from bridge.ports.events import Event

MAX_GROUP = 256

_log = structlog.get_logger(__name__)

_Fields = dict[bytes, bytes]
_Waiter = tuple[_Fields, "asyncio.Future[None]"]


class GroupWriter:
    """Appends to one stream from one event loop; one group is under way at a time, the next gathers meanwhile.

    A group is one MULTI/EXEC and so one fsync, however many requests share it; nothing lingers to fill a group, which
    measured as pure cost (reference baselines.md). `redis` comes from `open_async_client`; `close` closes it.
    """

    def __init__(self, redis: Redis, stream: str) -> None:
        self._redis = redis
        self._stream = stream
        self._waiting: deque[_Waiter] = deque()
        self._flushing: asyncio.Task[None] | None = None

    async def append(self, event: Event) -> None:
        """Returns once the broker has the event on disk. The same event again is stored again.

        Raises `Refused` (nobody could read it back; not sent), `Unreachable`, `Uncertain`. A caller that gives up
        waiting (cancellation) takes its event along unless it has been sent.
        """
        fields = to_fields(event)
        stored = asyncio.get_running_loop().create_future()
        self._waiting.append((fields, stored))
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush())
        await stored

    async def ping(self) -> None:
        """Returns if the broker answers; raises `Unreachable`."""
        with harmless():
            await self._redis.ping()

    async def close(self) -> None:
        """Lets the groups under way end, then closes the connection; twice is the same as once."""
        if self._flushing is not None:
            await self._flushing
        await self._redis.aclose()

    async def _flush(self) -> None:
        try:
            while group := self._next_group():
                await self._settle(group)
        finally:
            self._flushing = None

    def _next_group(self) -> list[_Waiter]:
        group: list[_Waiter] = []
        while self._waiting and len(group) < MAX_GROUP:
            waiter = self._waiting.popleft()
            if not waiter[1].done():  # its caller has not given up
                group.append(waiter)
        return group

    async def _settle(self, group: list[_Waiter]) -> None:
        failure: Exception | None = None
        try:
            await self._send([fields for fields, _ in group])
        except Exception as error:  # whatever it was belongs to those who wait, and must not end the flushing
            failure = error
        else:
            events = [fields[b"event_id"].decode(errors="replace") for fields, _ in group]
            _log.info("events_stored", stream=self._stream, count=len(group), events=events)
        for _, stored in group:
            if stored.done():
                continue
            if failure is None:
                stored.set_result(None)
            else:
                stored.set_exception(failure)

    async def _send(self, entries: list[_Fields]) -> None:
        with harmless():
            pool = self._redis.connection_pool
            await pool.release(await pool.get_connection())  # type: ignore[no-untyped-call]
        with effective():
            async with self._redis.pipeline(transaction=True) as group:
                for fields in entries:
                    group.xadd(self._stream, dict(fields.items()))
                await group.execute()
