"""`events.intake`: what the door took is in the ledger before it leaves the stream, each event once, none held up."""

import json
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from bridge.errors import Unreachable
from bridge.ledger.store import Database
from bridge.ports.events import Event
from tasks import events_intake
from tasks.documents_read import read
from tasks.events_intake import intake
from tests.builders import NOW
from tests.task_rig import TaskRig


def announce(rig: TaskRig, source_id: str = "10025", *, version: int = 1, **changes: Any) -> None:
    """The site's webhook speaks of an order."""
    resource = {"type": changes.pop("type", "order"), "id": source_id, "version": version}
    body = json.dumps({"siteId": changes.pop("site", "main"), "resource": resource})
    facts = {"connection": "clarity", "event_id": f"evt_{source_id}_{version}", "topic": "order.created", **changes}
    rig.door.append([Event(**{"body": body.encode(), **facts}, received_at=NOW)])


def test_events_become_records_and_leave_the_stream(rig: TaskRig) -> None:
    announce(rig, "1")
    announce(rig, "2")
    assert intake() == 2
    assert rig.states() == {"1": "RECEIVED", "2": "RECEIVED"}
    assert rig.door.entries == {}
    assert rig.nudges() == [("documents.read", ["clarity"])]


def test_a_message_that_comes_twice_does_nothing_more(rig: TaskRig) -> None:
    announce(rig)
    announce(rig)
    assert (intake(), intake()) == (1, 0)
    announce(rig)
    assert intake() == 0
    assert [len(rig.rows(table)) for table in ("event", "record", "move")] == [1, 1, 1]


def test_an_empty_stream_wakes_nobody(rig: TaskRig) -> None:
    assert intake() == 0
    assert rig.nudges() == []


def test_events_stay_in_the_stream_while_the_ledger_is_away(rig: TaskRig) -> None:
    announce(rig)
    whole, gone = rig.database, Database("sqlite:////nowhere/ledger.db")
    rig.change(database=gone)
    with pytest.raises(OperationalError, match="unable to open"):
        intake()
    assert len(rig.door.entries) == 1
    rig.change(database=whole)
    assert intake() == 1
    gone.close()


def test_events_that_were_committed_and_not_removed_come_again_without_harm(
    rig: TaskRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    announce(rig)

    def lose_broker(_ids: list[str]) -> None:
        raise Unreachable("the broker went away")

    with monkeypatch.context() as patch:
        patch.setattr(rig.ports.events, "remove", lose_broker)
        with pytest.raises(Unreachable):
            intake()
    assert (len(rig.door.entries), rig.states()) == (1, {"10025": "RECEIVED"})
    assert intake() == 0
    assert (rig.door.entries, len(rig.rows("event"))) == ({}, 1)


def test_a_lost_nudge_is_no_error(rig: TaskRig) -> None:
    rig.lose_broker()
    announce(rig)
    assert intake() == 1
    assert rig.door.entries == {}


POISON: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown connection": ({"connection": "shop-9"}, "connection 'shop-9' is not configured (known: clarity)"),
    "a site without a lane": ({"site": "mars"}, "siteId 'mars' has no lane"),
    "no JSON": ({"body": b"not json"}, "body is not JSON"),
    "half a surrogate for an id": ({"source_id": "\ud800", "event_id": "evt_odd"}, "resource.id: "),
    "a NUL in its id": ({"source_id": "1\0", "event_id": "evt_odd"}, "correct it at its source"),
    "a version beyond the column": ({"version": 2**31}, "is not between"),
}


@pytest.mark.parametrize("kind", [*POISON, "foreign bytes"])
def test_a_poison_event_rests_as_a_dead_letter_and_holds_up_no_other(rig: TaskRig, kind: str) -> None:
    changes, reason = POISON.get(kind, ({}, "the version of the entry's form is not known"))
    announce(rig, "1")
    if kind in POISON:
        announce(rig, **changes)
    else:
        rig.door.add_raw({b"\xff": b"\xfe"})
    announce(rig, "2")
    assert intake() == 2
    assert (rig.states(), rig.door.entries) == ({"1": "RECEIVED", "2": "RECEIVED"}, {})
    [letter] = rig.rows("dead_letter")
    assert (letter.entity, letter.closed_at) == ("message", None)
    assert reason in letter.reason


def test_an_event_of_no_document_is_kept_raw(rig: TaskRig) -> None:
    announce(rig, type="product")
    announce(rig, event_id="evt_ping", topic="ping", body=b"{}")
    assert intake() == 2
    assert (rig.records(), len(rig.rows("event")), rig.rows("dead_letter")) == ([], 2, [])


def pay(rig: TaskRig, **changes: Any) -> None:
    """The site's webhook speaks of a payment; `data` is None where the site sends none."""
    resource = {"type": "payment", "id": "pay_1", "version": 7}
    data = changes.pop("data", {"id": "pay_1", "orderId": "1"})
    body = json.dumps({"siteId": "main", "resource": resource, "data": data})
    facts = {"connection": "clarity", "event_id": "evt_pay", "topic": "payment.captured", **changes}
    rig.door.append([Event(**facts, body=body.encode(), received_at=NOW)])


def test_an_event_of_a_payment_has_its_order_read_again(rig: TaskRig) -> None:
    rig.shop.put_order(rig.order("1"))
    announce(rig, "1")
    intake()
    read("clarity")
    [order] = rig.records()
    assert (order.needs_read, order.version) == (False, 1)
    pay(rig)
    assert intake() == 1
    [again] = rig.records()
    assert (again.needs_read, again.wanted_version, again.version) == (True, 1, 1)
    assert [row.record_id for row in rig.rows("event")] == [order.id] * 2
    read("clarity")
    assert not rig.records()[0].needs_read


@pytest.mark.parametrize("data", [None, {"id": "pay_1"}, {"orderId": 7}, {"orderId": "x" * 65}, {"orderId": "1"}])
def test_an_event_of_a_payment_makes_no_order(rig: TaskRig, data: dict[str, Any] | None) -> None:
    pay(rig, data=data)
    assert intake() == 1
    assert (rig.records(), len(rig.rows("event")), rig.rows("dead_letter")) == ([], 1, [])


def test_a_long_backlog_is_left_to_the_next_message(rig: TaskRig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events_intake, "BATCH", 2)
    monkeypatch.setattr(events_intake, "ROUNDS", 2)
    for number in range(5):
        announce(rig, str(number))
    assert intake() == 4
    assert len(rig.door.entries) == 1
    assert intake() == 1
