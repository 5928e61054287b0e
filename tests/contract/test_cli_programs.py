"""`tidegate worker`, `receiver` and `flower` as real processes on a real broker."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from celery import Celery

from bridge.events.redis_client import open_client
from bridge.ledger import windows
from bridge.storefront.clarity.webhook import WebhookSettings, sign
from tests.cli_rig import Rig, a_rig, order_bodies
from tests.doors import envelope
from tests.programs import ended, log_of, running
from tests.waits import until
from workers.broker import EmbeddedBroker, free_port
from workers.dead_queues import KombuDeadLetters

SECRET = "whsec_test_0123456789abcdef"
CHANGES = (
    "task/send-task/windows.tick", "task/apply/windows.tick", "task/async-apply/windows.tick", "task/abort/1",
    "task/revoke/1", "task/timeout/windows.tick", "task/rate-limit/windows.tick", "worker/shutdown/any",
    "worker/pool/grow/any", "worker/queue/cancel-consumer/any",
)  # fmt: skip
"""What whoever logs in to Flower could do, were it not read-only (reference celery-redis.md, section 2)."""
LOG_IN = ("admin", "a long password, with a comma")


@pytest.fixture
def rig(broker: EmbeddedBroker, tmp_path: Path) -> Iterator[Rig]:
    port = free_port()
    more = f"""
[rhythm]
intake_s = 0.5
read_s = 0.5

[flower]
port = {port}
password = "{LOG_IN[1]}"
cookie_secret = "kept over restarts"

[receiver]
port = {port}
[receiver.connections.clarity.signing]
secrets = ["{SECRET}"]
"""
    made = a_rig(tmp_path, broker=broker.url, more=more)
    yield made
    made.database.close()


def url_of(rig: Rig) -> str:
    return f"http://127.0.0.1:{rig.config.read_text().split('[flower]')[1].split('port = ')[1].split()[0]}"


def test_a_steward_handles_a_tick_and_stops_when_told(rig: Rig, broker: EmbeddedBroker) -> None:
    def is_scheduled() -> bool:
        with rig.database.read() as connection:
            return windows.to_write(connection, "sage100:ABC", datetime.now(UTC)) is not None

    with (
        running(rig, "worker", "steward") as program,
        Celery(broker=broker.url) as sender,
        open_client(broker.url) as client,
    ):
        sender.send_task("windows.tick", queue="steward")
        until(is_scheduled, "a window's row made by windows.tick")
        until(lambda: client.hlen("unacked") == 0, "the message to be acknowledged")  # else the stop waits for it
        assert program.poll() is None
        ended(program)
    assert '"stop": "cold"' in log_of(rig, "steward").read_text(), "SIGTERM is to be Celery's soft stop on prefork"


def test_a_sage_writer_stops_warm_even_if_its_parent_asked_for_soft_stops(rig: Rig, broker: EmbeddedBroker) -> None:
    with (
        running(rig, "worker", "sage-writer", "--company", "ABC", REMAP_SIGTERM="SIGQUIT") as program,
        open_client(broker.url) as client,
    ):
        until(lambda: client.exists("_kombu.binding.sage.ABC.write") == 1, "the sage-writer to consume its queue")
        ended(program)
    assert '"stop": "warm"' in log_of(rig, "ABC").read_text()


def test_the_receiver_stores_an_event_and_nudges_intake(rig: Rig, broker: EmbeddedBroker) -> None:
    def post() -> int:
        signed = sign(envelope(1), settings=WebhookSettings(secrets=(SECRET,)), now=datetime.now(UTC))
        headers = {"Content-Type": "application/json", **signed}
        try:
            return httpx.post(f"{url_of(rig)}/webhooks/clarity", content=envelope(1), headers=headers).status_code
        except httpx.ConnectError:
            return 0

    with running(rig, "receiver") as program, open_client(broker.url) as client:
        until(lambda: post() == 202, "the receiver to take a webhook")
        assert client.xlen("events:clarity") >= 1
        until(lambda: client.llen("intake") >= 1, "a nudge on the queue intake")
        ended(program)


def test_flower_asks_for_its_log_in_and_shows_the_queues_that_nobody_consumes(rig: Rig, broker: EmbeddedBroker) -> None:
    KombuDeadLetters(broker.url).publish("order", [{"id": 1}, {"id": 2}])
    with running(rig, "flower") as program:
        url = f"{url_of(rig)}/flower"
        until(lambda: _status(f"{url}/") == 401, "Flower to ask for a log-in")
        assert _status(f"{url}/", ("admin", "wrong")) == 401
        assert {_status(f"{url}/{path}") for path in ("api/queues/length", "broker", "metrics")} == {401}
        assert "flower_events" in httpx.get(f"{url}/metrics", auth=LOG_IN).text
        queues = httpx.get(f"{url}/api/queues/length", auth=LOG_IN).json()["active_queues"]
        depths = {queue["name"]: queue["messages"] for queue in queues}
        assert depths["dead.order"] == 2
        assert {"dead.message", "intake", "sage.ABC.write", "steward", "storefront"} <= set(depths)
        assert "dead.order" in httpx.get(f"{url}/broker", auth=LOG_IN).text
        for change in CHANGES:
            refused = httpx.post(f"{url}/api/{change}", auth=LOG_IN, json={"args": []})
            assert refused.status_code == 403, change
        ended(program)
    assert list(rig.config.parent.glob("run/flower.state*"))


def _status(url: str, auth: tuple[str, str] | None = None) -> int:
    try:
        return httpx.get(url, auth=auth).status_code
    except httpx.ConnectError:
        return 0


def test_a_submitted_order_is_followed_to_its_rest(rig: Rig) -> None:
    body = {**order_bodies(1)[0], "status": "Pending"}
    file = rig.config.with_name("orders.json")
    file.write_text(json.dumps([body]))
    with running(rig, "worker", "intake"), running(rig, "worker", "storefront"), running(rig, "beat"):
        found = rig.json("submit", str(file), "--wait", status=1)
    [order] = found["orders"]
    assert (order["order"], order["outcome"]) == (body["orderNumber"], "HELD")
    [way] = rig.json("trace", body["orderNumber"])
    assert [move["target"] for move in way["moves"]] == ["RECEIVED", "HELD"]
    assert way["events"][0]["event_id"] == f"submit:{body['id']}:1"
