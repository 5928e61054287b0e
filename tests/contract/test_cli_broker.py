"""Commands that work with the broker, a Sage agent and a site: real ones."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.events.redis_client import open_client
from bridge.events.redis_stream import RedisEventReader
from bridge.events.wire import parse_entry
from bridge.ports.events import Event
from bridge.seats.budget import SeatBudget
from bridge.seats.redis import RedisSeats
from bridge.states import State
from tests.cli_rig import Rig, a_rig, at_rest, order_bodies, unreadable
from tests.contract.sage_lab import KEY, LANE, SageLab
from tests.contract.storefront_sites import SiteProcess
from workers.broker import EmbeddedBroker

STREAM = "events:clarity"


@pytest.fixture
def rig(broker: EmbeddedBroker, tmp_path: Path) -> Iterator[Rig]:
    made = a_rig(tmp_path, broker=broker.url)
    yield made
    made.database.close()


def events_in(broker: EmbeddedBroker) -> list[Event]:
    """What the stream holds; reading it leaves it as it is."""
    with open_client(broker.url) as client:
        entries = RedisEventReader(client, STREAM, consumer="test").read(100)
    events = [parse_entry(entry) for entry in entries]
    assert all(isinstance(event, Event) for event in events), events
    return [event for event in events if isinstance(event, Event)]


def submit(rig: Rig, bodies: list[dict[str, Any]], *more: str) -> str:
    file = rig.config.with_name("orders.jsonl")
    file.write_text("\n".join(map(json.dumps, bodies)))
    return rig.said("submit", str(file), *more)


def test_submitted_orders_are_events_in_the_stream_and_the_same_again(rig: Rig, broker: EmbeddedBroker) -> None:
    assert "3 3 0" in submit(rig, order_bodies(3))
    submit(rig, order_bodies(3))
    events = events_in(broker)
    assert {event.source for event in events} == {"submit"}
    assert {event.connection for event in events} == {"desk"}
    assert len(events) == 6
    assert len({(event.event_id, event.body) for event in events}) == 3
    assert rig.json("status")["broker"]["depth"] == 6


def test_a_mended_message_goes_back_into_the_stream(rig: Rig, broker: EmbeddedBroker) -> None:
    body = json.dumps({"type": "order.created", "siteId": "eu", "resource": {"type": "order", "id": "7", "version": 2}})
    unreadable(rig.database, "event:clarity:evt:with:colons:1763719123456-0", body.encode(), "siteId 'eu' has no lane")
    unreadable(rig.database, "poll:clarity:8:3", b'{"id": "8", "siteId": "eu"}', "siteId 'eu' has no lane")
    assert "0 records and 2 messages" in rig.said("dead", "replay", "--entity", "message", "--why", "lane added")
    first, second = events_in(broker)
    assert (first.event_id, first.topic, first.body.decode()) == ("evt:with:colons", "order.created", body)
    envelope = json.loads(second.body)
    assert envelope["resource"] == {"type": "order", "id": "8", "version": 3, "updatedAt": None}
    assert (envelope["siteId"], envelope["data"]["id"]) == ("eu", "8")
    assert rig.json("dead", "show", "m1")["closed_why"] == "replay: lane added"
    assert rig.json("dead", "list")["groups"] == []


@pytest.mark.parametrize(
    ("origin", "told"),
    [
        ("stream:1763719123456-0", "nobody can tell whose event it was"),
        ("event:shop:evt_1:1763719123456-0", "[connections] has only clarity, desk"),
        ("event:clarity:" + "e" * 128 + ":1763719123456-0", "nobody can tell whose event it was"),
    ],
)
def test_a_message_that_cannot_be_made_again_is_refused_and_nothing_is_sent(
    rig: Rig, broker: EmbeddedBroker, origin: str, told: str
) -> None:
    unreadable(rig.database, "event:clarity:evt_1:1763719123456-0")
    unreadable(rig.database, origin)
    assert told in rig.said("dead", "replay", "m1", "m2", "--why", "mended", status=1)
    assert events_in(broker) == []
    assert rig.json("dead", "show", "m1")["closed_at"] is None


def test_the_dead_letter_queues_are_rebuilt_from_the_ledger(rig: Rig, broker: EmbeddedBroker) -> None:
    at_rest(rig.database, "1", State.DEAD)
    at_rest(rig.database, "2", State.REVIEW)
    unreadable(rig.database, "stream:1-0")
    for _ in range(2):
        assert "2 dead letters are in their queues" in rig.said("dead", "rebuild")
    queues = rig.json("status")["broker"]["dead_queues"]
    assert {entity: depth for entity, depth in queues.items() if depth} == {"order": 1, "message": 1}


def test_the_doctor_notes_somebody_elses_key_and_a_stream_that_nobody_reads(rig: Rig, broker: EmbeddedBroker) -> None:
    with open_client(broker.url) as client:
        client.set("intake", "mine")
    rig.config.write_text(rig.config.read_text().replace("[broker]", '[broker]\nstream = "events:other"'))
    found = rig.json("doctor", status=1)
    fatal = {each["place"]: each["text"] for each in found if each["level"] == "FATAL"}
    assert "key 'intake' is a string, not a list" in fatal["broker"]
    assert "remove broker.stream" in fatal["broker.stream"]


def test_the_doctor_finds_wrong_settings_and_mappings(rig: Rig) -> None:
    rig.config.write_text(rig.config.read_text() + '[lanes."sage100:ABC"]\noverlays = ["missing.yaml"]\n')
    found = rig.json("doctor", status=1)
    assert any(each["place"].endswith(".mapping") and each["level"] == "FATAL" for each in found)
    rig.config.write_text("nonsense = 1")
    assert {each["place"] for each in rig.json("doctor", status=1)} == {"settings"}


def test_seats_are_listed_and_released_with_the_agents_session(broker: EmbeddedBroker, tmp_path: Path) -> None:
    with SageLab(tmp_path) as lab, open_client(broker.url) as client:
        rig = a_rig(tmp_path, broker=broker.url, agent=lab.url, key=KEY)
        seats = RedisSeats(client, "sage100", SeatBudget(total=2))
        seats.take(LANE, owner="writer@here:1", purpose="writer", fence=7, lease_s=60)
        lab.erp.open(LANE, fence=7, purpose="writer")
        seats.mark_unproven("lost", "killed at a log-on")
        found = rig.json("seats", "list")["sage100"]
        assert [lease["owner"] for lease in found["leases"]] == ["writer@here:1"]
        assert (len(found["sessions"]), found["leaks"], list(found["unproven"])) == (1, [], ["lost"])
        assert "sage100: 2 of 2 seats in use" in rig.said("seats", "list")
        said = rig.said("seats", "release", "1")
        assert "seat 1 is free; writer@here:1 held it" in said
        assert "the agent has ended its session" in said
        assert "Master Console" in said
        assert "lost no longer counts" in rig.said("seats", "release", "lost")
        assert (seats.held(), seats.unproven(), lab.sessions()) == ([], {}, [])
        assert "is no leased seat and no session" in rig.said("seats", "release", "1", status=1)
        assert "name one of sage100" in rig.said("seats", "release", "1", "--system", "x3", status=2)
        lab.erp.open(LANE, fence=8, purpose="writer")
        assert "leaked session" in rig.said("seats", "list")
        lab.erp.close()
        rig.database.close()


def test_seats_are_listed_with_the_agent_away(rig: Rig) -> None:
    assert "The Sage agent is away, so its sessions are not known" in rig.said("seats", "list")


def test_the_doctor_is_content_with_a_fleet_that_may_start(broker: EmbeddedBroker, tmp_path: Path) -> None:
    with SageLab(tmp_path) as lab, SiteProcess(tmp_path, "clarity-v1") as site:
        rig = a_rig(tmp_path, broker=broker.url, agent=lab.url, key=KEY)
        text = rig.config.read_text().replace("seats = { total = 2 }", "seats = { total = 1 }")
        for line in {line for line in text.splitlines() if line.startswith("site = ")}:
            text = text.replace(
                line, f'site = {{ base_url = "{site.url}", client_id = "sandbox", client_secret = "sandbox-secret" }}'
            )
        rig.config.write_text(text)
        said = rig.said("doctor")
        assert "Nothing here keeps the fleet from running" in said
        assert f"{site.url} answers a list call" in said
        assert "it keeps what it has acknowledged" in said
        rig.config.write_text(text.replace(KEY, "another key"))
        assert "correct url and api_key" in rig.said("doctor", status=1)
        lab.erp.close()
        rig.database.close()
