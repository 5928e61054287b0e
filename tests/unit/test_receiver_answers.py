"""Each answer of the receiver, over real HTTP with a real Valkey behind it."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from ipaddress import ip_network

import httpx
import pytest

from bridge.buckets import RateBound
from bridge.storefront.clarity.webhook import WebhookScheme, WebhookSettings
from tests.doors import SIGNING, door_settings, envelope, event_id, open_door, stored, webhook
from workers.broker import EmbeddedBroker
from workers.receiver.settings import ConnectionSettings


def test_a_signed_webhook_is_stored_verbatim_and_receipted(broker: EmbeddedBroker) -> None:
    with open_door(broker.url) as door:
        answer = door.post(**webhook(7))
    assert (answer.status_code, answer.json()) == (202, {"receipt": event_id(7)})
    (event,) = stored(broker.url)
    assert (event.connection, event.event_id, event.topic) == ("main", event_id(7), "order.created")
    assert (event.body, event.source) == (envelope(7), "webhook")


def test_a_repeat_is_stored_again_for_intake_to_know_it(broker: EmbeddedBroker) -> None:
    with open_door(broker.url) as door:
        answers = [door.post(**webhook(7)).json() for _ in range(2)]
    assert answers[0] == answers[1]
    assert len(stored(broker.url)) == 2


@pytest.mark.parametrize(
    ("body", "headers", "expected_id", "topic"),
    [
        (envelope(3), {"X-Other": "1"}, event_id(3), "order.created"),
        (envelope(3), {"X-Clarity-Event-Id": "x" * 200, "X-Clarity-Event": "ping"}, event_id(3), "ping"),
        (envelope(3), {"webhook-id": "msg_1"}, "msg_1", "order.created"),
        (b"{not json", {"X-Clarity-Event-Id": "evt_9"}, "evt_9", "unknown"),
        (b"\xff\x00 garbage", {"X-Other": "1"}, None, "unknown"),
        (b"[" * 100_000, {"X-Other": "1"}, None, "unknown"),
        (b"[1]", {"X-Other": "1"}, None, "unknown"),
        (b'{"id": 12, "type": null}', {"X-Other": "1"}, None, "unknown"),
        (b"", {"X-Other": "1"}, None, "unknown"),
    ],
)
def test_whatever_is_signed_is_an_event(
    broker: EmbeddedBroker, body: bytes, headers: dict[str, str], expected_id: str | None, topic: str
) -> None:
    with open_door(broker.url) as door:
        answer = door.post(**webhook(body=body, **headers))
    (event,) = stored(broker.url)
    assert (answer.status_code, event.body, event.topic) == (202, body, topic)
    assert event.event_id == answer.json()["receipt"]
    assert event.event_id == expected_id or (expected_id is None and event.event_id.startswith("sha256:"))


def test_a_bad_signature_leaves_nothing_but_a_count(broker: EmbeddedBroker) -> None:
    forged = webhook(1)
    forged["content"] += b" "
    unsigned = webhook(1)
    del unsigned["headers"][SIGNING.signature_header]
    with open_door(broker.url) as door:
        answers = [door.post(**forged), door.post(**unsigned)]
        counts = door.get("/health").json()["answers"]
    assert [(answer.status_code, answer.content) for answer in answers] == [(401, b"")] * 2
    assert counts == {"signature mismatch": 1, "signature missing": 1}
    assert stored(broker.url) == []


def test_an_address_outside_the_allow_list_is_refused(broker: EmbeddedBroker) -> None:
    token = WebhookSettings(scheme=WebhookScheme.NONE, secrets=("a-token",))
    elsewhere = ConnectionSettings(signing=token, allowed_networks=(ip_network("10.0.0.0/8"),))
    here = ConnectionSettings(signing=token, allowed_networks=(ip_network("127.0.0.0/8"),))
    hook = {"content": b"{}", "headers": {"Content-Type": "application/json", "X-Clarity-Token": "a-token"}}
    with open_door(broker.url, door_settings(connections={"elsewhere": elsewhere, "here": here})) as door:
        answers = [door.post(f"/webhooks/{name}", **hook) for name in ("elsewhere", "here")]
    assert [answer.status_code for answer in answers] == [401, 202]


def test_an_unknown_connection_and_a_foreign_content_type_are_refused(broker: EmbeddedBroker) -> None:
    form = webhook(1)
    form["headers"]["Content-Type"] = "application/x-www-form-urlencoded"
    versioned = webhook(2)
    versioned["headers"]["Content-Type"] = "application/vnd.clarity+json; charset=utf-8"
    with open_door(broker.url) as door:
        statuses = [
            door.post(**{**webhook(1), "url": "/webhooks/nobody"}).status_code,
            door.post(**form).status_code,
            door.get("/webhooks/main").status_code,
            door.post(**versioned).status_code,
        ]
    assert statuses == [404, 415, 405, 202]


def test_a_body_over_the_bound_is_refused_while_it_streams(broker: EmbeddedBroker) -> None:
    at_bound, over = webhook(body=b"x" * 1000), webhook(body=b"x" * 1001)
    with open_door(broker.url, door_settings(max_body_bytes=1000)) as door:
        streamed = door.post(**{**over, "content": iter([b"x" * 1000, b"x"])})
        assert (streamed.status_code, streamed.headers["connection"]) == (413, "close")
        assert door.post(**at_bound).status_code == 202


@pytest.mark.parametrize(("declared", "sent", "status"), [(10**9, b"", 413), (10, b"{}", 408)])
def test_a_body_that_is_declared_too_large_or_never_comes_is_refused(
    broker: EmbeddedBroker, declared: int, sent: bytes, status: int
) -> None:
    with open_door(broker.url, door_settings(read_deadline_s=0.2)) as door:
        head = (
            f"POST /webhooks/main HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {declared}"
        )
        with socket.create_connection((door.base_url.host, door.base_url.port), timeout=5) as peer:
            peer.sendall(f"{head}\r\n\r\n".encode() + sent)
            assert peer.recv(100).startswith(f"HTTP/1.1 {status} ".encode())


def test_a_client_that_asks_too_often_is_told_when_to_come_back(broker: EmbeddedBroker) -> None:
    with open_door(broker.url, door_settings(client_rate=RateBound(per_s=0.1, burst=2))) as door:
        answers = [door.post(**webhook(number)) for number in range(3)]
    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert 1 <= int(answers[2].headers["retry-after"]) <= 10


def test_strangers_cannot_spend_a_connection_s_share(broker: EmbeddedBroker) -> None:
    forged = webhook(1)
    forged["content"] += b" "
    with open_door(broker.url, door_settings(connection_rate=RateBound(per_s=0.1, burst=1))) as door:
        statuses = [door.post(**hook).status_code for hook in (forged, forged, webhook(1), webhook(2))]
    assert statuses == [401, 401, 202, 429]


def test_without_a_broker_the_sender_is_asked_to_try_again(broker: EmbeddedBroker) -> None:
    with open_door(broker.url) as door:
        assert door.get("/ready").status_code == 200
        broker.kill()
        away = door.post(**webhook(1))
        assert (away.status_code, away.headers["retry-after"]) == (503, "5")
        assert (door.get("/ready").status_code, door.get("/health").status_code) == (503, 200)
        broker.start()
        assert (door.post(**webhook(2)).status_code, door.get("/ready").status_code) == (202, 200)
    assert [event.event_id for event in stored(broker.url)] == [event_id(2)]


def test_no_answer_is_given_before_the_broker_has_the_event(broker: EmbeddedBroker) -> None:
    with open_door(broker.url) as door, ThreadPoolExecutor(1) as pool:
        door.get("/ready")
        os.kill(broker.pid, signal.SIGSTOP)
        try:
            answer = pool.submit(door.post, **webhook(1))
            with pytest.raises(NotYet):
                answer.result(0.3)
        finally:
            os.kill(broker.pid, signal.SIGCONT)
        assert answer.result(5).status_code == 202
    assert len(stored(broker.url)) == 1


def test_a_broker_that_hangs_is_answered_within_the_deadline(broker: EmbeddedBroker) -> None:
    with open_door(broker.url, door_settings(store_deadline_s=0.3)) as door:
        door.get("/ready")
        os.kill(broker.pid, signal.SIGSTOP)
        try:
            assert door.post(**webhook(1), timeout=3).status_code == 503
            assert door.get("/ready", timeout=3).status_code == 503
        finally:
            os.kill(broker.pid, signal.SIGCONT)


def test_requests_at_the_same_time_all_get_their_receipt(broker: EmbeddedBroker) -> None:
    with open_door(broker.url) as door, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: door.post(**webhook(number)), range(80)))
    assert {answer.json()["receipt"] for answer in answers} == {event_id(number) for number in range(80)}
    assert {event.event_id for event in stored(broker.url)} == {event_id(number) for number in range(80)}


def test_a_nudge_that_hangs_or_fails_holds_up_nobody(broker: EmbeddedBroker) -> None:
    called, released = threading.Event(), threading.Event()

    def hang_then_fail() -> None:
        called.set()
        released.wait(10)
        raise httpx.ConnectError("the nudge's own broker is away")

    with open_door(broker.url, on_events=hang_then_fail) as door:
        assert door.post(**webhook(1)).status_code == 202
        assert called.wait(5)
        assert door.post(**webhook(2)).status_code == 202
        released.set()


def test_the_receiver_loads_no_ledger_and_no_celery() -> None:
    show = "import json, sys, workers.receiver.server; print(json.dumps(sorted(sys.modules)))"
    loaded = json.loads(subprocess.run([sys.executable, "-c", show], capture_output=True, check=True).stdout)
    assert not [name for name in loaded if name.startswith(("bridge.ledger", "sqlalchemy", "celery", "kombu"))]
