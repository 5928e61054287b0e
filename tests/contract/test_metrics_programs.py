"""A real receiver, a real prefork worker and a real solo worker show what they did, over HTTP."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from celery import Celery
from prometheus_client.parser import text_string_to_metric_families

from bridge.events.redis_client import open_client
from bridge.ledger import windows
from bridge.storefront.clarity.webhook import WebhookSettings, sign
from bridge.windows.due import Window
from tests.builders import LANE
from tests.cli_rig import Rig, a_rig
from tests.contract.test_cli_programs import ended, running
from tests.doors import envelope
from tests.waits import until
from workers.broker import EmbeddedBroker, free_port

SECRET = "whsec_test_0123456789abcdef"
TOKEN = "a-token-of-some-length"
PORTS = ("receiver", "intake", "sage-writer", "beat")


@pytest.fixture
def ports() -> dict[str, int]:
    return {role: free_port() for role in PORTS}


@pytest.fixture
def door() -> int:
    return free_port()


@pytest.fixture
def rig(broker: EmbeddedBroker, tmp_path: Path, ports: Mapping[str, int], door: int) -> Iterator[Rig]:
    more = f"""
[metrics]
token = "{TOKEN}"
ports = {{ {", ".join(f"{role} = {port}" for role, port in ports.items())} }}

[receiver]
port = {door}
[receiver.connections.clarity.signing]
secrets = ["{SECRET}"]
"""
    made = a_rig(tmp_path, broker=broker.url, more=more)
    yield made
    made.database.close()


def figures(port: int) -> dict[str, dict[tuple[str, ...], float]]:
    """What a program shows now, by name and labels in the order of their names; nothing while it does not answer."""
    try:
        answer = httpx.get(f"http://127.0.0.1:{port}/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    except httpx.HTTPError:
        return {}
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(answer.raise_for_status().text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(value for _, value in sorted(sample.labels.items()))] = sample.value
    return found


def is_shown(port: int, name: str, *labels: str, least: float = 1) -> bool:
    return figures(port).get(name, {}).get(labels, 0) >= least


def post(door: int, number: int, *, secret: str = SECRET) -> int:
    body = envelope(number)
    signed = sign(body, settings=WebhookSettings(secrets=(secret,)), now=datetime.now(UTC))
    try:
        headers = {"Content-Type": "application/json", **signed}
        return httpx.post(f"http://127.0.0.1:{door}/webhooks/clarity", content=body, headers=headers).status_code
    except httpx.ConnectError:
        return 0


def test_the_receiver_counts_its_answers_and_shows_them_elsewhere_than_at_the_door(
    rig: Rig, ports: Mapping[str, int], door: int
) -> None:
    with running(rig, "receiver") as program:
        until(lambda: post(door, 1) == 202, "the receiver to take a webhook")
        assert (post(door, 2), post(door, 3, secret="whsec_of_somebody_else_entirely")) == (202, 401)
        answers = figures(ports["receiver"])["tidegate_door_requests_total"]
        assert answers["accepted",] == 2
        assert sum(answers.values()) == 3
        assert httpx.get(f"http://127.0.0.1:{door}/metrics").status_code == 404
        assert httpx.get(f"http://127.0.0.1:{ports['receiver']}/metrics").status_code == 401
        until(lambda: is_shown(ports["receiver"], "tidegate_messages_sent_total", "events.intake"), "the nudge's count")
        ended(program)


def test_a_prefork_workers_child_does_the_work_and_its_parent_shows_it(
    rig: Rig, ports: Mapping[str, int], broker: EmbeddedBroker, door: int
) -> None:
    with running(rig, "receiver") as receiver:
        until(lambda: post(door, 1) == 202, "the receiver to take a webhook")
        ended(receiver)
    with running(rig, "worker", "intake") as program, Celery(broker=broker.url) as sender:
        sender.send_task("events.intake", queue="intake")
        until(lambda: is_shown(ports["intake"], "tidegate_arrivals_total", "taken"), "the event in the figures")
        shown = figures(ports["intake"])
        assert shown["tidegate_arrival_lag_seconds_count"] == {(): 1}
        [(number, role, _)] = shown["tidegate_build_info"]
        assert (role, number) == ("intake", "1")
        ran = ("tidegate_task_seconds_count", "success", "events.intake")
        until(lambda: is_shown(ports["intake"], *ran), "the task in the figures")
        assert is_shown(ports["intake"], "tidegate_messages_sent_total", "documents.read")
        program.kill()
        program.wait()
    with running(rig, "worker", "intake") as program:
        until(lambda: "tidegate_build_info" in figures(ports["intake"]), "its successor on the same port")
        ended(program)


def test_a_solo_worker_shows_its_windows_and_what_its_agent_did_not_answer(
    rig: Rig, ports: Mapping[str, int], broker: EmbeddedBroker
) -> None:
    now = datetime.now(UTC)
    windows.schedule(rig.database, LANE, [Window(now, now, now + timedelta(minutes=15), 0)], now=now)
    port = ports["sage-writer"]
    with running(rig, "worker", "sage-writer", "--company", "ABC") as program, Celery(broker=broker.url) as sender:
        sender.send_task("batch.write", [LANE], queue="sage.ABC.write")
        until(lambda: is_shown(port, "tidegate_window_seconds_count", "unavailable", LANE), "the window's end")
        shown = figures(port)
        calls = shown["tidegate_erp_call_seconds_count"]
        assert calls["POST /session", "NotConnected", "sage100"] == 3, "as often as read_attempts says"
        assert shown["tidegate_seat_wait_seconds_count"] == {("writer", "sage100"): 1}
        assert shown["tidegate_seat_use_seconds_count"] == {("writer", "sage100"): 1}
        ended(program)


def test_beat_counts_its_ticks(rig: Rig, ports: Mapping[str, int], broker: EmbeddedBroker) -> None:
    with running(rig, "beat") as program, open_client(broker.url) as client:
        until(lambda: is_shown(ports["beat"], "tidegate_messages_sent_total", "windows.tick"), "beat's first ticks")
        assert client.llen("steward") >= 1
        ended(program)
