"""Promise P1 at the door: an event answered with 202 is in the stream, whoever was killed meanwhile."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from tests.doors import envelope, event_id, open_door, stored, until, webhook
from workers.broker import EmbeddedBroker, free_port

CLIENTS = 6
_RECEIVER = """
import sys
from tests.doors import door_settings
from workers.receiver.server import serve
serve(door_settings(port=int(sys.argv[1])), redis_url=sys.stdin.readline().strip(), on_events=lambda: None)
"""


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[EmbeddedBroker]:
    """A broker that a test may kill."""
    with EmbeddedBroker(tmp_path / "broker", password=SecretStr("for-tests-only")) as server:
        yield server


class _Load:
    """Clients that send one webhook after the other until the block ends, whatever the answers."""

    def __init__(self, base_url: str) -> None:
        self.accepted: set[str] = set()
        self.refused = 0
        self._base_url = base_url
        self._numbers = count()
        self._ended = threading.Event()
        self._pool = ThreadPoolExecutor(CLIENTS)

    def __enter__(self) -> "_Load":
        self._clients = [self._pool.submit(self._send_on) for _ in range(CLIENTS)]
        return self

    def __exit__(self, *exc: object) -> None:
        self._ended.set()
        for client in self._clients:
            client.result(15)
        self._pool.shutdown()

    def until_accepted(self, more: int) -> None:
        goal = len(self.accepted) + more
        until(lambda: len(self.accepted) >= goal, "the receiver accepts nothing")

    def _send_on(self) -> None:
        with httpx.Client(base_url=self._base_url, timeout=10) as client:
            while not self._ended.is_set():
                self._send(client, next(self._numbers))

    def _send(self, client: httpx.Client, number: int) -> None:
        try:
            answer = client.post(**webhook(number))
        except httpx.TransportError:
            self.refused += 1
            time.sleep(0.02)
            return
        if answer.status_code == 202:
            self.accepted.add(answer.json()["receipt"])
        else:
            assert answer.status_code == 503
            self.refused += 1
            time.sleep(0.02)  # a refusal costs nothing, and the load is to be of accepted ones


def test_every_202_is_in_the_stream_after_redis_was_killed_under_load(own_broker: EmbeddedBroker) -> None:
    with open_door(own_broker.url) as door, _Load(str(door.base_url)) as load:
        for _ in range(3):
            load.until_accepted(60)
            refused = load.refused
            own_broker.kill()
            until(lambda refused=refused: load.refused > refused, "nobody noticed that the broker is away")
            own_broker.start()
        load.until_accepted(20)
    missing = load.accepted - {event.event_id for event in stored(own_broker.url)}
    assert not missing


def test_every_202_is_in_the_stream_after_the_receiver_was_killed_under_load(own_broker: EmbeddedBroker) -> None:
    port = free_port()
    with _Load(f"http://127.0.0.1:{port}") as load:
        for _ in range(2):
            with _receiver(own_broker.url, port) as receiver:
                load.until_accepted(60)
                receiver.kill()
    missing = load.accepted - {event.event_id for event in stored(own_broker.url)}
    assert not missing
    assert load.refused


def test_a_receiver_told_to_stop_answers_what_it_has_accepted(own_broker: EmbeddedBroker) -> None:
    port, body = free_port(), envelope(1)
    begun = threading.Event()

    def slow_body() -> Iterator[bytes]:
        yield body[:10]
        begun.set()
        until(lambda: receiver.poll() is not None or _refuses(port), "the receiver still takes connections")
        yield body[10:]

    with _receiver(own_broker.url, port) as receiver, ThreadPoolExecutor(1) as pool:
        hook = {**webhook(1), "url": f"http://127.0.0.1:{port}/webhooks/main", "content": slow_body()}
        answer = pool.submit(httpx.post, **hook, timeout=10)
        assert begun.wait(10)
        assert not _refuses(port)  # a later request was answered, so the earlier one has been accepted
        receiver.send_signal(signal.SIGTERM)
        assert answer.result(10).status_code == 202
        assert receiver.wait(10) in (0, -signal.SIGTERM)
    assert [event.event_id for event in stored(own_broker.url)] == [event_id(1)]


@contextmanager
def _receiver(broker_url: str, port: int) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-c", _RECEIVER, str(port)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, cwd=Path(__file__).parents[2]) as receiver:
        assert receiver.stdin is not None
        receiver.stdin.write(broker_url.encode() + b"\n")
        receiver.stdin.flush()
        try:
            until(lambda: not _refuses(port), "the receiver did not start")
            yield receiver
        finally:
            receiver.kill()


def _refuses(port: int) -> bool:
    try:
        httpx.get(f"http://127.0.0.1:{port}/health", timeout=2)
    except httpx.TransportError:
        return True
    return False
