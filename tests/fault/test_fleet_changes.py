"""Orders are edited and cancelled at the site at each step of their way into Sage."""

import os
import signal

import pytest

from bridge.ledger.settle import CHANGE
from bridge.ports.erp import CANCEL
from bridge.states import State
from sandbox.sage100.faults import Point
from tests.fleets import FleetLab

NEW_PO = "PO-CHANGED"


@pytest.fixture
def lab(served: FleetLab) -> FleetLab:
    return served


def test_before_the_window_a_change_is_applied_and_a_cancelled_order_never_reaches_sage(lab: FleetLab) -> None:
    edited, cancelled, *_ = lab.place_behind_gate(6)
    change_both(lab, edited, cancelled)
    lab.until(lambda: lab.ledger.all_in(State.CANCELLED, [cancelled]), "the cancellation is in the ledger")
    lab.until(
        lambda: lab.ledger.record(edited).version == 2 and lab.ledger.all_in(State.READY, [edited]), "the change is in"
    )
    lab.ledger.resume(lab.shops[0])

    lab.settle(**{cancelled: "cancelled"})
    assert lab.ledger.writes_begun(lab.ledger.record(cancelled)) == 0
    assert_written(lab, edited, version=2)
    assert change_records(lab, edited, cancelled) == []


def test_a_claimed_order_turns_back_for_its_change_before_it_is_written(lab: FleetLab) -> None:
    edited, cancelled, *others = lab.place_behind_gate(6)
    fault = lab.sage.add_fault("get_next_number", "pause", company=lab.shops[0].company)
    lab.ledger.resume(lab.shops[0])
    lab.until(lambda: lab.has_hit(fault), "numbers are being reserved")
    assert lab.ledger.all_in(State.CLAIMED, [edited, cancelled, *others])
    change_both(lab, edited, cancelled)
    await_wanted(lab, edited, cancelled)
    lab.sage.release_fault(fault)

    lab.settle(**{cancelled: "cancelled"})
    assert lab.ledger.writes_begun(lab.ledger.record(cancelled)) == 0
    assert_written(lab, edited, version=2)
    assert change_records(lab, edited, cancelled) == []


@pytest.mark.parametrize(
    ("point", "is_cancelled"),
    [("before_set_key", True), ("between_lines", False), ("after_header_write", True), ("before_result", False)],
)
def test_a_change_in_mid_write_becomes_a_record_of_its_own(lab: FleetLab, point: Point, is_cancelled: bool) -> None:
    """One order is at the point in Sage when it is changed, the other is still to come in the same request."""
    ids = lab.place_behind_gate(6)
    trap = lab.trap(point, "pause", ids)
    lab.ledger.resume(lab.shops[0])
    lab.await_hit(trap)
    in_hand, to_come = trap.record.source_id, lab.ledger.records(ids)[-1].source_id
    assert lab.ledger.all_in(State.WRITING, [in_hand, to_come])
    edited, cancelled = (to_come, in_hand) if is_cancelled else (in_hand, to_come)
    change_both(lab, edited, cancelled)
    await_wanted(lab, edited, cancelled)
    lab.sage.release_fault(trap.fault_id)

    lab.settle()
    assert_changed_after_write(lab, edited, cancelled)


@pytest.mark.parametrize("point", ["between_lines", "after_header_write"])
def test_an_order_cancelled_while_nobody_knows_whether_it_was_written(lab: FleetLab, point: Point) -> None:
    """Its session has died, and the lane is halted before anybody can look it up."""
    ids = lab.place_behind_gate(6)
    trap = lab.trap(point, "pause", ids)
    lab.ledger.resume(lab.shops[0])
    session, order_id = lab.await_hit(trap), trap.record.source_id
    lab.ledger.halt(lab.shops[0])
    os.kill(session, signal.SIGKILL)
    lab.until(lambda: lab.ledger.all_in(State.UNCERTAIN, [order_id]), "its outcome is in doubt")
    lab.cancel(order_id)
    await_wanted(lab, order_id)
    assert lab.ledger.all_in(State.UNCERTAIN, [order_id]), "only a probe decides a doubt"
    lab.ledger.resume(lab.shops[0])

    if point == "after_header_write":
        lab.settle()
        assert_held(lab, order_id)
        assert change_records(lab, order_id) == []
    else:
        lab.settle(**{order_id: "cancelled"})
        assert lab.in_sage(trap.number) is None
        assert change_records(lab, order_id) == []


def test_a_change_after_the_write_becomes_a_record_of_its_own(lab: FleetLab) -> None:
    edited, cancelled = lab.place(2)
    lab.settle()
    change_both(lab, edited, cancelled)
    lab.until(lambda: bool(change_records(lab, edited)), "the change is known")
    lab.until(lambda: bool(lab.ledger.records([f"{cancelled}@2"], document=CANCEL)), "the cancellation is known")

    lab.settle()
    assert_changed_after_write(lab, edited, cancelled)


def assert_changed_after_write(lab: FleetLab, edited: str, cancelled: str) -> None:
    """Both are in Sage once; the one asks a person to look at its change, the other is held."""
    assert_written(lab, edited, version=1)
    assert_held(lab, cancelled)
    assert change_records(lab, edited, cancelled) == [f"changed after write {edited}"]


def assert_held(lab: FleetLab, order_id: str) -> None:
    """The order was written once, and then held once, by a record of its own."""
    assert_written(lab, order_id, version=1)
    [held] = lab.ledger.records([f"{order_id}@2"], document=CANCEL)
    assert (held.state, lab.ledger.writes_begun(held)) == (State.CONFIRMED, 1)
    header = lab.in_sage(held.number or "")
    assert header is not None
    assert (header["OrderStatus"], header["Comment"][:10]) == ("H", "Cancelled:")


def change_both(lab: FleetLab, edited: str, cancelled: str) -> None:
    """The back office corrects one order, and the buyer of the other withdraws it."""
    lab.edit(edited, purchaseOrderNumber=NEW_PO)
    lab.cancel(cancelled)


def await_wanted(lab: FleetLab, *ids: str) -> None:
    """Until the ledger knows that the site wants version 2 of these orders."""
    lab.until(
        lambda: {each.wanted_version for each in lab.ledger.records(ids)} == {2}, "the changes have come to the ledger"
    )


def assert_written(lab: FleetLab, order_id: str, *, version: int) -> None:
    """The order was written once, and Sage has what it was in that version."""
    record = lab.ledger.record(order_id)
    assert (record.state, record.written_version, lab.ledger.writes_begun(record)) == (State.CONFIRMED, version, 1)
    header = lab.in_sage(record.number or "")
    assert header is not None
    assert (header.get("CustomerPONo") == NEW_PO) == (version == 2)


def change_records(lab: FleetLab, *ids: str) -> list[str]:
    """What people are asked to look at for these orders: the reason and the order, in the order of `ids`."""
    found = {each.source_id: each for each in lab.ledger.records(document=CHANGE)}
    assert all(each.state is State.REVIEW for each in found.values())
    return [f"{found[f'{order_id}@2'].reason_code} {order_id}" for order_id in ids if f"{order_id}@2" in found]
