"""A commit says in the log what it did: a line for all that went one way, and nothing of what was rolled back."""

from contextlib import suppress
from typing import Any

import pytest
from structlog.testing import capture_logs

from bridge.ledger.dead import DeadMessage
from bridge.ledger.intake import take
from bridge.ledger.log import note
from bridge.ledger.moves import Step, move
from bridge.ledger.rows import Reason, Record
from bridge.ledger.store import Database
from bridge.ledger.trace import find
from bridge.ledger.windows import halt, resume
from bridge.states import State
from tests.builders import NOW, an_arrival

LANE = "sage100:ABC"


@pytest.fixture
def orders(database: Database) -> list[Record]:
    take(database, [an_arrival("10025"), an_arrival("10026")], [], by="test", now=NOW)
    return [find(database, source_id)[0] for source_id in ("10025", "10026")]


def moved(lines: list[Any]) -> list[Any]:
    return [line for line in lines if line["event"] == "records_moved"]


def test_intake_says_which_event_spoke_of_which_order(database: Database) -> None:
    with capture_logs() as lines:
        take(database, [an_arrival("10025")], [DeadMessage("stream:1-1", "no JSON of Anna", b"?")], by="test", now=NOW)
    taken, unreadable, new = lines
    assert (taken["event"], taken["ids"], taken["count"], taken["repeats"]) == ("events_taken", ["10025"], 1, 0)
    assert len(taken["events"]) == 1
    assert unreadable == {"event": "message_unreadable", "origin": "stream:1-1", "log_level": "warning"}
    assert (new["target"], new["ids"], "origin" in new) == ("RECEIVED", ["10025"], False)


def test_records_that_go_one_way_share_a_line(database: Database, orders: list[Record]) -> None:
    with capture_logs() as lines, database.write() as connection:
        for order in orders:
            move(connection, order, Step(State.READY, "read", "anna", changes={"order_number": "W1"}), NOW)
    [line] = lines
    assert (line["event"], line["origin"], line["target"]) == ("records_moved", "RECEIVED", "READY")
    assert (line["count"], line["ids"], line["orders"]) == (2, ["10025", "10026"], ["W1", "W1"])
    assert (line["records"], line["by"]) == ([order.id for order in orders], "anna")


def test_a_record_that_waits_for_a_person_has_a_line_with_code_and_field_but_no_value(
    database: Database, orders: list[Record]
) -> None:
    reason = Reason("rejected", "no item GEHEIM", field="lines[0].sku", value="GEHEIM")
    with capture_logs() as lines, database.write() as connection:
        move(connection, orders[0], Step(State.REVIEW, reason.text, "test", changes=reason.columns()), NOW)
    group, one = lines
    assert (group["target"], group["log_level"]) == ("REVIEW", "warning")
    assert (one["event"], one["id"], one["reason"], one["field"]) == (
        "record_needs_person", "10025", "rejected", "lines[0].sku",
    )  # fmt: skip
    assert "GEHEIM" not in str(lines)


def test_a_record_that_moves_twice_in_a_commit_is_told_once(database: Database, orders: list[Record]) -> None:
    with capture_logs() as lines, database.write() as connection:
        ready = move(connection, orders[0], Step(State.READY, "read", "test"), NOW)
        step = Step(State.HELD, "waits", "test", changes={"condition": "customer:17"})
        move(connection, ready, step, NOW)
    [line] = lines
    assert (line["origin"], line["target"], line["condition"]) == ("RECEIVED", "HELD", "customer")


def test_what_was_rolled_back_is_not_told(database: Database, orders: list[Record]) -> None:
    with capture_logs() as lines, suppress(KeyError), database.write() as connection:
        move(connection, orders[0], Step(State.READY, "read", "test"), NOW)
        raise KeyError
    assert lines == []


def test_what_was_rolled_back_to_a_savepoint_is_not_told_and_the_rest_is(
    database: Database, orders: list[Record]
) -> None:
    with capture_logs() as lines, database.write() as connection:
        note(connection, "before")
        with suppress(KeyError), connection.begin_nested():
            move(connection, orders[0], Step(State.READY, "read", "test"), NOW)
            raise KeyError
        with connection.begin_nested():
            move(connection, orders[1], Step(State.READY, "read", "test"), NOW)
    assert [line["event"] for line in lines] == ["before", "records_moved"]
    assert lines[1]["ids"] == ["10026"]


def test_a_lane_that_is_halted_twice_opens_one_alarm(database: Database) -> None:
    with capture_logs() as lines:
        for _ in range(2):
            with database.write() as connection:
                halt(connection, LANE, reason="log-on refused", now=NOW)
        with database.write() as connection:
            resume(connection, LANE, now=NOW)
    assert [line["event"] for line in lines] == [
        "lane_halted", "alarm_opened", "lane_halted", "alarm_closed", "lane_resumed",
    ]  # fmt: skip
    assert moved(lines) == []
