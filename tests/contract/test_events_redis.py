"""The events port on a real Valkey, and what only a real one can show."""

import asyncio
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from bridge.errors import Uncertain, Unreachable
from bridge.events.group_writer import MAX_GROUP, GroupWriter
from bridge.events.redis_client import open_async_client, open_client
from bridge.events.redis_stream import GROUP, RedisEventReader, RedisEventWriter
from bridge.events.wire import parse_entry, stream_name
from tests.contract.events_contract import A_DAY_MS, EventsContract, event
from workers.broker import EmbeddedBroker, free_port

STREAM = stream_name("clarity")


class _Stream:
    def __init__(self, client: redis.Redis) -> None:
        self.client = client
        self.writer = RedisEventWriter(client, STREAM)

    def reader(self, consumer: str, *, min_idle_ms: int = A_DAY_MS) -> RedisEventReader:
        return RedisEventReader(self.client, STREAM, consumer=consumer, min_idle_ms=min_idle_ms)

    def add_raw(self, fields: dict[bytes, bytes]) -> None:
        self.client.xadd(STREAM, dict(fields.items()))

    def wipe(self) -> None:
        self.client.flushall()


@pytest.fixture
def stream(broker: EmbeddedBroker) -> Iterator[_Stream]:
    """An empty stream on the session's Valkey."""
    with open_client(broker.url) as client:
        yield _Stream(client)


class TestRedis(EventsContract):
    """The suite, on Valkey."""


def test_a_waiting_read_gets_what_comes_and_survives_the_stream_s_end(stream: _Stream) -> None:
    reader = stream.reader("a")
    reader.read(1)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(reader.read, 1, 4_000)
        _until_blocked(stream.client)
        stream.client.delete(STREAM)
        _until_blocked(stream.client)
        stream.writer.append([event(1)])
        assert [parse_entry(entry) for entry in waiting.result(5)] == [event(1)]


def _until_blocked(client: redis.Redis) -> None:
    for _ in range(10_000):
        info = client.info("clients")
        if info["blocked_clients"]:
            return
    pytest.fail("the reader never waited")


def test_an_entry_that_somebody_deleted_does_not_stay_pending(stream: _Stream) -> None:
    stream.writer.append([event(1), event(2)])
    reader = stream.reader("a")
    deleted, kept = reader.read(2)
    stream.client.xdel(STREAM, deleted.id)
    assert [entry.id for entry in reader.read(2)] == [kept.id]
    assert stream.client.xpending(STREAM, GROUP)["pending"] == 1


def test_two_readers_may_make_the_group_at_once(stream: _Stream) -> None:
    reader = stream.reader("a")
    reader._make_group()
    reader._make_group()
    assert list(reader.read(1)) == []


def test_without_a_broker_nothing_was_sent() -> None:
    with open_client(f"redis://127.0.0.1:{free_port()}/0", timeout_s=0.5) as client:
        gone = _Stream(client)
        for call in (
            lambda: gone.writer.append([event(1)]),
            lambda: gone.reader("a").read(1),
            lambda: gone.reader("a").remove(["1-1"]),
            gone.reader("a").depth,
            gone.reader("a").oldest_age_s,
        ):
            with pytest.raises(Unreachable):
                call()


def test_a_broker_that_hangs_after_the_request_leaves_doubt(broker: EmbeddedBroker) -> None:
    with open_client(broker.url, timeout_s=0.3) as client:
        stream = _Stream(client)
        client.ping()
        os.kill(broker.pid, signal.SIGSTOP)
        try:
            with pytest.raises(Uncertain):
                stream.writer.append([event(1)])
        finally:
            os.kill(broker.pid, signal.SIGCONT)
        assert [parse_entry(entry) for entry in stream.reader("a").read(9)] == [event(1)], "it was stored all the same"


def test_a_broker_out_of_memory_stores_nothing_and_says_so(stream: _Stream) -> None:
    stream.client.config_set("maxmemory", "1mb")
    try:
        with pytest.raises(Unreachable, match="refused"):
            stream.writer.append([event(1)])
    finally:
        stream.client.config_set("maxmemory", "0")
    assert stream.reader("a").depth() == 0


def test_events_of_requests_that_wait_together_share_a_transaction(broker: EmbeddedBroker, stream: _Stream) -> None:
    count = 2 * MAX_GROUP + 1

    async def append_all() -> None:
        writer = GroupWriter(open_async_client(broker.url), STREAM)
        await asyncio.gather(*(writer.append(event(number)) for number in range(count)))
        await writer.close()

    before = _execs(stream.client)
    asyncio.run(append_all())
    assert _execs(stream.client) - before == 3
    assert [parse_entry(entry) for entry in stream.reader("a").read(count)] == [
        event(number) for number in range(count)
    ]


def _execs(client: redis.Redis) -> int:
    return int(client.info("commandstats").get("cmdstat_exec", {"calls": 0})["calls"])


def test_a_request_that_gave_up_waiting_is_not_sent(broker: EmbeddedBroker, stream: _Stream) -> None:
    async def give_up() -> None:
        writer = GroupWriter(open_async_client(broker.url), STREAM)
        impatient = asyncio.create_task(writer.append(event(1)))
        patient = asyncio.create_task(writer.append(event(2)))
        asyncio.get_running_loop().call_soon(impatient.cancel)
        await asyncio.wait([impatient, patient])
        assert impatient.cancelled()
        await writer.close()

    asyncio.run(give_up())
    assert [parse_entry(entry) for entry in stream.reader("a").read(9)] == [event(2)]


def test_the_group_writer_without_a_broker_fails_every_waiter_and_works_again(broker: EmbeddedBroker) -> None:
    async def outage() -> None:
        writer = GroupWriter(open_async_client(broker.url, timeout_s=1), STREAM)
        await writer.append(event(1))
        broker.kill()
        failures = await asyncio.gather(*(writer.append(event(n)) for n in range(2, 5)), return_exceptions=True)
        assert all(isinstance(failure, (Unreachable, Uncertain)) for failure in failures)
        with pytest.raises(Unreachable):
            await writer.append(event(6))
        with pytest.raises(Unreachable):
            await writer.ping()
        await asyncio.to_thread(broker.start)
        await writer.append(event(5))
        await writer.ping()
        await writer.close()

    asyncio.run(outage())
    with open_client(broker.url) as client:
        kept = [parse_entry(entry) for entry in _Stream(client).reader("a").read(9)]
    assert kept == [event(1), event(5)]
