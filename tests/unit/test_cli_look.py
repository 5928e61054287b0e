"""What people are shown of the ledger: status, trace, receipt, windows and lanes."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from bridge.ledger.intake import take
from bridge.states import State
from tests.builders import LANE, NOW, a_customer, an_arrival, an_order
from tests.cli_rig import Rig, a_rig, at_rest, change
from tests.ledger_walks import write_all


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    made = a_rig(tmp_path)
    yield made
    made.database.close()


def test_status_adds_money_up_within_a_currency_and_names_what_is_away(rig: Rig) -> None:
    for number in range(3):
        at_rest(rig.database, f"usd{number}", State.REVIEW)
    at_rest(rig.database, "cad", State.REVIEW, currency="CAD")
    found = rig.json("status")
    sums = {row["currency"]: (row["records"], row["amount"]) for row in found["records"]}
    assert sums == {"USD": (3, "60"), "CAD": (1, "20")}
    assert "does not answer" in found["broker"]["away"]
    assert "refused" in found["agents"]["sage100"]["away"]
    said = rig.said("status")
    assert "REVIEW 3 60.00 USD" in said
    assert "The broker is away, so stream, queues and seats are not known" in said
    assert "Sage agent of sage100: away" in said


def test_status_shows_lanes_windows_alarms_and_dead_letters(rig: Rig) -> None:
    at_rest(rig.database, "10025", State.DEAD)
    rig.said("window", "open", LANE, "--minutes", "30")
    rig.said("lane", "halt", LANE, "--why", "month end", "--by", "Ann")
    found = rig.json("status")
    lane = found["lanes"][0]
    assert (lane["lane"], lane["is_halted"], lane["halt_reason"]) == (LANE, True, "Ann: month end")
    assert lane["window"]["state"] == "due"
    assert datetime.fromisoformat(lane["next_window"]) > datetime.now(UTC)
    assert [row["key"] for row in found["alarms"]] == [f"halted:{LANE}"]
    assert found["dead_letters"] == {"order": 1}
    said = rig.said("status")
    assert "HALTED: Ann: month end" in said
    assert "at once halted:sage100:ABC" in said


def test_trace_tells_the_whole_way_of_a_confirmed_order_by_any_of_its_ids(rig: Rig) -> None:
    customer = a_customer(rig.database, "c1")
    order = an_order(rig.database, "ord_1", customer=customer, order_number="100234")
    take(rig.database, [an_arrival("ord_1", event_id="evt_77")], [], by="test", now=NOW)
    write_all(rig.database)
    change(rig.database, order, flags="totals differ by 0.01", erp_total=Decimal("20.01"))
    number = f"{100 + order.id:07}"
    for wanted in ("100234", "ord_1", number, str(order.id), "evt_77"):
        [way] = rig.json("trace", wanted)
        assert way["record"]["id"] == order.id, wanted
    assert way["record"]["state"] == "CONFIRMED"
    assert way["totals"] == {"currency": "USD", "storefront": "20", "erp": "20.01", "difference": "0.01"}
    assert way["customer"]["number"] == f"{100 + customer.id:07}"
    assert [event["event_id"] for event in way["events"]] == ["evt_77"]
    assert [move["target"] for move in way["moves"]] == ["RECEIVED", "READY", "CLAIMED", "WRITING", "CONFIRMED"]
    assert [follower["record"]["document"] for follower in way["followers"]] == ["acknowledgement"]
    assert way["batches"][0]["opens_at"] == NOW.isoformat()
    assert (way["identities"][0]["value"], way["gl_posting"]) == (number, "not read back yet")
    said = rig.said("trace", "100234")
    assert f"order 100234: CONFIRMED as {number}" in said
    assert "totals storefront 20.00 USD, Sage 20.01 USD, difference 0.01 USD" in said
    assert "flags totals differ by 0.01" in said


def test_trace_shows_every_order_that_the_id_may_mean(rig: Rig) -> None:
    first = an_order(rig.database, "a", order_number="7")
    second = an_order(rig.database, "7", order_number="8")
    assert {way["record"]["id"] for way in rig.json("trace", "7")} >= {first.id, second.id}


def test_trace_of_an_order_in_review_names_field_and_value(rig: Rig) -> None:
    at_rest(rig.database, "10025", State.REVIEW)
    assert "reason item X1 is not in Sage; create it there [lines[0].sku = 'X1']" in rig.said("trace", "10025")


def test_trace_of_an_unknown_id_is_trouble_and_says_what_to_ask(rig: Rig) -> None:
    said = rig.said("trace", "nobody", status=1)
    assert "nothing answers to 'nobody'" in said
    assert "tidegate receipt" in said
    assert rig.json("trace", "nobody", status=1) == []


def test_what_comes_from_outside_cannot_steer_the_terminal(rig: Rig) -> None:
    order = an_order(rig.database, "10025")
    change(rig.database, order, order_number="\x1b[31mred [bold]loud[/]")
    said = rig.said("trace", "10025")
    assert "\x1b" not in said
    assert "[bold]loud[/]" in said


def test_receipt_knows_what_was_taken_over(rig: Rig) -> None:
    take(rig.database, [an_arrival("10025", event_id="evt_1")], [], by="test", now=NOW)
    [row] = rig.json("receipt", "clarity", "evt_1")
    assert (row["resource_id"], row["record_id"], row["source"]) == ("10025", 1, "webhook")
    assert "not in the ledger" in rig.said("receipt", "clarity", "evt_2", status=1)
    assert rig.json("receipt", "other", "evt_1", status=1) == []


def test_a_window_is_opened_once_listed_and_closed(rig: Rig) -> None:
    assert "a window is open until" in rig.said("window", "open", LANE, "--minutes", "30")
    assert "already" in rig.said("window", "open", LANE, "--minutes", "10")
    found = rig.json("window", "list", LANE)
    assert [row["state"] for row in found["windows"]] == ["due"]
    assert datetime.fromisoformat(found["next"][LANE]) > datetime.now(UTC)
    assert "it would have stayed open" in rig.said("window", "close", LANE, "--by", "a name far longer than 32 letters")
    assert "no window is open or due" in rig.said("window", "close", LANE)
    [row] = rig.json("window", "list")["windows"]
    assert (row["state"], row["ended_by"]) == ("closed", "closed by a name far longer than")


def test_a_window_must_be_longer_than_the_lanes_guard(rig: Rig) -> None:
    rig.config.write_text(rig.config.read_text().replace("every_s = 900", "every_s = 900\nguard_s = 120"))
    assert "no more than the lane's guard_s" in rig.said("window", "open", LANE, "--minutes", "2", status=2)


def test_a_halted_lane_gets_no_window_until_it_is_resumed(rig: Rig) -> None:
    rig.said("lane", "halt", LANE, "--why", "month end")
    assert "resume sage100:ABC` first" in rig.said("window", "open", LANE, status=1)
    assert "runs again" in rig.said("lane", "resume", LANE, "--why", "books are closed", "--by", "Ann")
    assert "was not halted" in rig.said("lane", "resume", LANE, "--why", "twice")
    rig.said("window", "open", LANE)
    assert rig.json("status")["alarms"] == []


def test_a_storefront_can_be_halted_too_and_needs_a_reason(rig: Rig) -> None:
    rig.said("lane", "halt", "storefront:clarity", "--why", "site moves")
    lanes = {row["name"]: row for row in rig.json("lane", "list")}
    assert lanes["storefront:clarity"]["halted"] is True
    assert "halted" not in lanes["storefront:desk"]
    assert "need a reason" in rig.said("lane", "halt", LANE, "--why", " ", status=1)
