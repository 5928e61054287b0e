"""The broker dies, forgets everything, or loses messages; and workers die with work in hand."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import select

from bridge.events.redis_stream import GROUP
from bridge.events.wire import parse_entry
from bridge.ledger import schema
from bridge.ledger.outcomes import ACKNOWLEDGEMENT
from bridge.ledger.rows import Record
from bridge.ports.events import Entry, Event
from bridge.states import State
from tests.fleets import FleetLab, answers, broker_is_up
from workers.queues import queues_of

ORDERS = 20


@pytest.fixture
def lab(embedded: FleetLab) -> FleetLab:
    return embedded


@contextmanager
def events_and_a_batch_in_hand(lab: FleetLab) -> Iterator[list[str]]:
    """A writer is in the middle of a batch, and the door has taken orders that intake has not read; their ids.

    All of it goes on at the end, and must come to rest.
    """
    trap = lab.trap("after_header_write", "pause", lab.place_behind_gate(ORDERS))
    lab.ledger.resume(lab.shops[0])
    lab.await_hit(trap)
    with lab.services.frozen("intake.1"):
        ids = lab.place(ORDERS)
        lab.until(lambda: accepted(lab, ids) == ids, "every webhook is taken")
        yield ids
    lab.sage.release_fault(trap.fault_id)
    lab.settle()


def test_a_broker_killed_with_events_and_a_batch_in_hand_loses_nothing(lab: FleetLab) -> None:
    with events_and_a_batch_in_hand(lab) as ids:
        lab.services.kill("broker")
        lab.until(lambda: broker_is_up(lab), "the broker is up again")
        assert in_stream(lab) >= set(ids), "what was answered 202 is on the broker's disk"


def test_a_broker_wiped_clean_costs_no_order_for_the_poll_finds_them_all(lab: FleetLab) -> None:
    with events_and_a_batch_in_hand(lab) as ids:
        assert in_stream(lab) >= set(ids)
        lab.broker.flushall()
    assert sources(lab, ids) == {"poll"}, "no webhook of these orders outlived the wipe"


def test_messages_lost_from_every_queue_cost_time_and_no_order(lab: FleetLab) -> None:
    dropped = 0
    for _ in range(3):
        lab.place(10)
        for _ in range(5):
            dropped += drop_messages(lab)
            lab.until(lambda: waiting(lab) > 0 or lab.is_at_rest(), "more messages")
    assert dropped > 0
    lab.settle()


def test_an_intake_worker_killed_with_entries_in_hand_loses_none(lab: FleetLab) -> None:
    with lab.stage.database.write():  # nobody else can write meanwhile, so intake stops between reading and commit
        ids = lab.place(ORDERS)
        lab.until(lambda: accepted(lab, ids) == ids, "every webhook is taken")
        lab.until(lambda: bool(pending(lab)), "intake has read entries")
        lab.services.kill_tree("intake.1")
        left = pending(lab)
    lab.settle()
    let_a_minute_pass(lab, left)
    lab.until(lambda: not in_stream(lab), "another worker takes over what the dead one had read")
    assert all("webhook" in sources(lab, [each]) for each in ids)


def test_a_storefront_worker_killed_while_it_tells_leaves_tellings_to_be_repeated(lab: FleetLab) -> None:
    """The site knows already, but its answer never comes: nobody knows which tellings have arrived."""
    ids = lab.place_behind_gate(ORDERS)
    lab.switch_on("lost_answer", path="/acknowledgements")
    lab.ledger.resume(lab.shops[0])
    lab.until(lambda: lab.struck("lost_answer") > 0, "the site has taken a telling, and says nothing")
    lab.services.kill_tree("storefront.1")
    interrupted = [each.source_id for each in tellings(lab, ids) if each.state is State.WRITING]
    assert interrupted
    lab.switch_off("lost_answer")
    lab.expire_tellings()

    lab.settle()
    assert {each.doubts for each in tellings(lab, interrupted)} == {1}


def test_a_receiver_killed_in_a_burst_has_lost_nothing_that_it_took(lab: FleetLab) -> None:
    ids = lab.place(ORDERS)
    lab.until(lambda: bool(accepted(lab, ids)), "the first webhooks are taken")
    lab.services.kill("receiver")
    taken = accepted(lab, ids)
    later = lab.place(ORDERS)
    lab.settle()
    lab.until(lambda: all("webhook" in sources(lab, [each]) for each in taken), "what it took comes to the ledger")
    lab.until(lambda: accepted(lab, ids + later) == ids + later, "the site has sent the others again")


def test_every_other_process_killed_in_mid_run_costs_no_order(lab: FleetLab) -> None:
    trap = lab.trap("between_lines", "pause", lab.place_behind_gate(ORDERS))
    lab.ledger.resume(lab.shops[0])
    lab.await_hit(trap)
    for name in ("steward.1", "beat"):
        lab.services.kill_tree(name)
    lab.place(ORDERS)
    lab.sage.release_fault(trap.fault_id)
    lab.settle()


def in_stream(lab: FleetLab) -> set[str]:
    """The orders of which there is an event in the stream at the door."""
    entries: Any = lab.broker.xrange(lab.stage.settings.broker.stream)
    events = [parse_entry(Entry(raw_id.decode(), fields)) for raw_id, fields in entries]
    return {json.loads(event.body)["resource"]["id"] for event in events if isinstance(event, Event)}


def pending(lab: FleetLab) -> dict[str, str]:
    """Entries that a worker has read and not removed, each with that worker's name."""
    rows: Any = lab.broker.xpending_range(lab.stage.settings.broker.stream, GROUP, min="-", max="+", count=1000)
    return {row["message_id"].decode(): row["consumer"].decode() for row in rows}


def let_a_minute_pass(lab: FleetLab, entries: dict[str, str]) -> None:
    """So long must nothing have happened to an entry before another worker takes it over; a test cannot wait for it."""
    stream = lab.stage.settings.broker.stream
    for entry_id in entries.keys() & pending(lab).keys():
        lab.broker.xclaim(stream, GROUP, entries[entry_id], 0, [entry_id], idle=60_000, justid=True)


def queues(lab: FleetLab) -> Sequence[str]:
    """The Redis lists of every queue of this fleet."""
    return queues_of(lab.stage.settings)


def waiting(lab: FleetLab) -> int:
    """Messages in all queues, and those that a worker has not acknowledged."""
    return sum(lab.broker.llen(queue) for queue in queues(lab)) + lab.broker.hlen("unacked")


def drop_messages(lab: FleetLab) -> int:
    """Deletes every Celery message there is; how many."""
    count = waiting(lab)
    lab.broker.delete(*queues(lab), "unacked", "unacked_index")
    return count


def accepted(lab: FleetLab, ids: list[str]) -> list[str]:
    """Those of these orders whose webhook was answered 202, by the site's own book."""
    told = answers(lab, ids)
    return [order_id for order_id in ids if told[order_id] == ["202"]]


def sources(lab: FleetLab, ids: Sequence[str]) -> set[str]:
    """By what ways the ledger heard of these orders."""
    columns = schema.event.c
    with lab.stage.database.read() as connection:
        rows = connection.execute(select(columns.source).where(columns.resource_id.in_(ids))).all()
    return {row.source for row in rows}


def tellings(lab: FleetLab, ids: Sequence[str]) -> list[Record]:
    """The records of what the site is told of these orders."""
    return lab.ledger.records(ids, ACKNOWLEDGEMENT)
