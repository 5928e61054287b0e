"""How a real broker stands, in figures, and the command that shows them."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from bridge.events.redis_client import open_client
from bridge.events.redis_stream import RedisEventWriter
from bridge.ports.events import Event
from bridge.seats.budget import SeatBudget
from bridge.seats.redis import RedisSeats
from tests.builders import LANE
from tests.cli_rig import Rig, a_rig
from tests.contract.test_cli_programs import running
from tests.waits import until
from workers.broker import EmbeddedBroker, free_port
from workers.dead_queues import KombuDeadLetters
from workers.metrics.standing import Standing
from workers.settings import load_settings


@pytest.fixture
def rig(broker: EmbeddedBroker, tmp_path: Path) -> Iterator[Rig]:
    made = a_rig(tmp_path, broker=broker.url, more=f"\n[metrics]\nports = {{ metrics = {free_port()} }}\n")
    yield made
    made.database.close()


def test_queues_stream_and_seats_are_as_the_broker_has_them(rig: Rig, broker: EmbeddedBroker) -> None:
    KombuDeadLetters(broker.url).publish("order", [{"id": 1}, {"id": 2}])
    with open_client(broker.url) as client:
        client.rpush("intake", b"a", b"b", b"c")
        now = datetime.now(UTC)
        RedisEventWriter(client, "events:clarity").append([Event("clarity", "evt", "t", b"{}", received_at=now)])
        seats = RedisSeats(client, "sage100", SeatBudget(total=2))
        seats.take(LANE, owner="w", purpose="writer", fence=1, lease_s=60)
        seats.mark_unproven("session-1", "killed")
        time.sleep(0.2)
    looked = Standing(load_settings(rig.config))
    found = {each.name: {tuple(s.labels.values()): s.value for s in each.samples} for each in looked.collect()}
    looked.close()
    queues = found["tidegate_queue_messages"]
    assert (queues["intake",], queues["dead.order",], queues["steward",]) == (3, 2, 0)
    assert found["tidegate_stream_events"] == {(): 1}
    assert 0.1 < found["tidegate_stream_oldest_age_seconds"][()] < 60
    assert found["tidegate_seats"] == {("sage100",): 2}
    assert found["tidegate_seats_held"] == {("sage100", "writer"): 1}
    assert found["tidegate_seats_unproven"] == {("sage100",): 1}
    assert found["tidegate_source_up"] == {("ledger",): 1, ("broker",): 1}


def test_the_command_shows_them_until_it_is_told_to_stop(rig: Rig) -> None:
    [port] = load_settings(rig.config).metrics.ports.values()  # type: ignore[union-attr]

    def text() -> str:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/metrics").text
        except httpx.HTTPError:
            return ""

    with running(rig, "metrics") as program:
        until(lambda: 'tidegate_source_up{source="broker"} 1.0' in text(), "the figures of the broker")
        assert 'tidegate_queue_messages{queue="intake"} 0.0' in text()
        assert 'role="metrics"' in text()
        program.terminate()
        assert program.wait(15) == 0


def test_without_a_section_there_is_nothing_to_show(tmp_path: Path) -> None:
    said = a_rig(tmp_path).said("metrics", status=2)
    assert "the settings have no [metrics]; add one" in said
