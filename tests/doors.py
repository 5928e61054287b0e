"""A receiver on real HTTP in a thread, and signed webhooks for it."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx

from bridge.events.redis_client import open_client
from bridge.events.wire import parse_entry, stream_name
from bridge.ports.events import Entry, Event
from bridge.storefront.clarity.webhook import WebhookSettings, sign
from workers.receiver.server import VENDOR, make_server
from workers.receiver.settings import ConnectionSettings, ReceiverSettings

STREAM = stream_name(VENDOR)
SIGNING = WebhookSettings(secrets=("whsec_test_0123456789abcdef",))


def door_settings(**changes: Any) -> ReceiverSettings:
    """A receiver of one connection, `main`."""
    values: dict[str, Any] = {"connections": {"main": ConnectionSettings(signing=SIGNING)}, "store_deadline_s": 2.0}
    return ReceiverSettings(**{**values, **changes})


@contextmanager
def open_door(
    broker_url: str, settings: ReceiverSettings | None = None, on_events: Callable[[], None] = lambda: None
) -> Iterator[httpx.Client]:
    """A client of a receiver that listens on the loopback until the block ends."""
    server = make_server(settings or door_settings(), redis_url=broker_url, on_events=on_events)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            until(lambda: server.started, "the receiver did not start")
            with httpx.Client(base_url=f"http://127.0.0.1:{listening.getsockname()[1]}", timeout=10) as client:
                yield client
        finally:
            server.should_exit = True
            thread.join(10)


def webhook(number: int = 1, body: bytes | None = None, **headers: str) -> dict[str, Any]:
    """The arguments of `client.post` for the signed webhook with this number."""
    body = envelope(number) if body is None else body
    said = headers or {"X-Clarity-Event": "order.created", "X-Clarity-Event-Id": event_id(number)}
    signature = sign(body, settings=SIGNING, now=datetime.now(UTC))
    return {
        "url": "/webhooks/main",
        "content": body,
        "headers": {"Content-Type": "application/json", **said, **signature},
    }


def envelope(number: int) -> bytes:
    """A thin webhook's body."""
    resource = {"type": "order", "id": str(number), "version": 1}
    return json.dumps({"id": event_id(number), "type": "order.created", "resource": resource}).encode()


def event_id(number: int) -> str:
    """The id of the event with this number."""
    return f"evt_{number:012}"


def stored(broker_url: str) -> list[Event]:
    """What is in the stream; fails on an entry that nobody can read."""
    with open_client(broker_url) as client:
        found = [parse_entry(Entry(raw_id.decode(), fields)) for raw_id, fields in client.xrange(STREAM)]
    assert all(isinstance(event, Event) for event in found), found
    return found


def until(condition: Callable[[], bool], otherwise: str, within_s: float = 10.0) -> None:
    """Returns once the condition holds; fails with `otherwise` after `within_s`."""
    deadline_s = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline_s, otherwise
        time.sleep(0.01)
