"""What a person sees of dead letters and reviews, and does with them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.ledger.rows import Reason
from bridge.states import State
from tests.builders import the
from tests.cli_rig import NO_ITEM, Rig, a_rig, at_rest, unreadable


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    made = a_rig(tmp_path)
    yield made
    made.database.close()


def test_reviews_and_dead_letters_are_grouped_by_what_one_fix_would_mend(rig: Rig) -> None:
    at_rest(rig.database, "1", State.REVIEW)
    at_rest(rig.database, "2", State.REVIEW)
    at_rest(rig.database, "3", State.DEAD)
    at_rest(rig.database, "4", State.DEAD, Reason("fault of ours", "Traceback\n  of many lines"))
    unreadable(rig.database, "stream:1-0")
    groups = rig.json("dead", "list")["groups"]
    found = {(it["entity"], it["state"], it["fingerprint"]): (it["count"], it["amount"]) for it in groups}
    assert found[("order", "REVIEW", NO_ITEM.fingerprint)] == (2, "40")
    assert found[("order", "DEAD", NO_ITEM.fingerprint)] == (1, "20")
    assert found[("order", "DEAD", "fault of ours")] == (1, "20")
    assert [count for (entity, *_), (count, _) in found.items() if entity == "message"] == [1]
    said = rig.said("dead", "list", "--entity", "order")
    assert f"order REVIEW {NO_ITEM.fingerprint} 2 40.00 USD" in said
    assert "message" not in said
    assert "of many lines" not in said


def test_a_group_is_listed_one_by_one(rig: Rig) -> None:
    records = [at_rest(rig.database, name, State.REVIEW) for name in ("1", "2")]
    at_rest(rig.database, "3", State.REVIEW, Reason("other", "something else"))
    found = rig.json("dead", "list", "--fingerprint", NO_ITEM.fingerprint)
    assert [member["id"] for member in found["members"]] == [str(record.id) for record in records]


def test_one_is_shown_whole(rig: Rig) -> None:
    record = at_rest(rig.database, "10025", State.DEAD)
    found = rig.json("dead", "show", str(record.id))
    assert (found["field"], found["value"]) == ("lines[0].sku", "X1")
    assert found["letters"][0]["detail"] == "Traceback (the whole of it)"
    assert "Traceback (the whole of it)" in rig.said("dead", "show", str(record.id))
    unreadable(rig.database, "stream:1-0", b"foreign \xff bytes")
    assert "foreign \ufffd bytes" in rig.said("dead", "show", "m2")


def test_a_group_is_replayed_reviews_with_dead_letters(rig: Rig) -> None:
    review, dead = at_rest(rig.database, "1", State.REVIEW), at_rest(rig.database, "2", State.DEAD)
    other = at_rest(rig.database, "3", State.DEAD, Reason("other", "something else"))
    said = rig.said("dead", "replay", "--fingerprint", NO_ITEM.fingerprint, "--why", "item made", "--by", "Ann")
    assert "2 records and 0 messages are on their way again" in said
    for record in (review, dead):
        assert (the(rig.database, record).state, the(rig.database, record).needs_read) == (State.HELD, True)
    assert the(rig.database, other).state is State.DEAD
    [way] = rig.json("trace", str(dead.id))
    assert (way["dead_letters"][0]["closed_by"], way["dead_letters"][0]["closed_why"]) == ("Ann", "item made")
    assert "0 records and 0 messages" in rig.said(
        "dead", "replay", "--fingerprint", NO_ITEM.fingerprint, "--why", "again"
    )


def test_a_replay_of_one_that_does_not_wait_changes_none(rig: Rig) -> None:
    first, second = at_rest(rig.database, "1", State.REVIEW), at_rest(rig.database, "2", State.REVIEW)
    rig.said("dead", "replay", str(first.id), "--why", "mended")
    said = rig.said("dead", "replay", str(second.id), str(first.id), "--why", "mended", status=1)
    assert f"record {first.id} is HELD; only REVIEW and DEAD records can be replayed" in said
    assert the(rig.database, second).state is State.REVIEW


def test_one_is_discarded_with_person_and_reason(rig: Rig) -> None:
    record = at_rest(rig.database, "1", State.DEAD)
    assert "needs a reason" in rig.said("dead", "discard", str(record.id), "--why", " ", status=1)
    rig.said("dead", "discard", str(record.id), "--why", "a test order", "--by", "Ann")
    [way] = rig.json("trace", str(record.id))
    assert (way["record"]["state"], way["moves"][-1]["by"], way["moves"][-1]["why"]) == (
        "DISCARDED", "Ann", "a test order",
    )  # fmt: skip
    assert rig.json("dead", "list")["groups"] == []


def test_a_message_is_discarded_once(rig: Rig) -> None:
    unreadable(rig.database, "stream:1-0")
    rig.said("dead", "discard", "m1", "--why", "noise", "--by", "Ann")
    assert "m1 was closed by Ann (noise)" in rig.said("dead", "discard", "m1", "--why", "again", status=1)
    assert rig.json("dead", "list")["groups"] == []
    assert rig.json("dead", "show", "m1")["closed_why"] == "noise"


@pytest.mark.parametrize("command", [["show"], ["replay", "--why", "x"], ["discard", "--why", "x"]])
@pytest.mark.parametrize(
    ("letter", "told"),
    [("4711", "no record 4711"), ("m4711", "no message 4711"), ("x", "'x' is no id; give a record's number")],
)
def test_an_unknown_id_is_told(rig: Rig, command: list[str], letter: str, told: str) -> None:
    assert told in rig.said("dead", *command, letter, status=1)


def test_a_message_cannot_be_replayed_while_the_broker_is_away(rig: Rig) -> None:
    unreadable(rig.database, "event:clarity:evt_1:1-0")
    assert "start it, or correct broker.url" in rig.said("dead", "replay", "m1", "--why", "mended", status=1)
    assert rig.json("dead", "show", "m1")["closed_at"] is None
