"""An order that is withdrawn at the site after it was written: from the site's word to what stands in the ERP."""

from dataclasses import replace
from typing import Any

import pytest

from bridge.erp.memory_tables import StoredRecord
from bridge.ledger import schema
from bridge.ledger.rows import Record
from bridge.outcomes import Outcome
from bridge.ports.erp import CANCEL, ORDER
from bridge.rules import LaneRules
from bridge.states import State
from mappings.settling import Settling
from tasks.batch_write import write
from tasks.documents_read import read
from tasks.storefront_poll import poll
from tests.builders import the
from tests.task_rig import LANE, TaskRig


def told(rig: TaskRig) -> None:
    """What the site has to say is read."""
    poll("clarity")
    read("clarity")


def next_window(rig: TaskRig) -> str | None:
    """How the next window ended."""
    rig.pass_time(minutes=15)
    rig.open_window()
    return write(LANE)


def change_rules(rig: TaskRig, **rules: Any) -> None:
    """Gives the lane other rules."""
    lane = rig.ports.lanes[LANE]
    settling = Settling(lane.settling.mapping, LaneRules(credit="ignore", **rules))  # type: ignore[attr-defined]
    rig.change(lanes={LANE: replace(lane, settling=settling)})


@pytest.fixture
def sold(rig: TaskRig) -> Record:
    """An order that is in the ERP."""
    rig.shop.put_order(rig.order("1"))
    told(rig)
    assert next_window(rig) == "empty"
    [order] = rig.records()
    assert order.state is State.CONFIRMED
    return order


def cancel(rig: TaskRig, version: int = 2) -> None:
    """The buyer withdraws it, and that is read."""
    rig.pass_time(seconds=1)
    rig.shop.put_order(rig.order("1", version=version, status="Cancelled"))
    told(rig)


def withdrawal(rig: TaskRig) -> Record:
    """The one record of the withdrawal."""
    [record] = rig.records(CANCEL)
    return record


def in_erp(rig: TaskRig, order: Record) -> StoredRecord:
    """The order as the ERP has it."""
    stored = rig.erp.stored(LANE, order.number or "")
    assert stored
    return stored


def sent(rig: TaskRig) -> int:
    """How often the withdrawal was sent."""
    return sum(line.record_id == withdrawal(rig).id and line.target == "WRITING" for line in rig.rows("move"))


def test_it_is_held_in_the_next_window_with_the_number_still_readable(rig: TaskRig, sold: Record) -> None:
    cancel(rig)
    assert (withdrawal(rig).state, withdrawal(rig).number) == (State.READY, sold.number)
    assert next_window(rig) == "empty"
    header = in_erp(rig, sold).header
    assert (header["OrderStatus"], header["Comment"]) == ("H", "Cancelled: Web order 1")
    assert (withdrawal(rig).state, withdrawal(rig).writes_begun) == (State.CONFIRMED, 1)
    assert the(rig.database, sold).state is State.CONFIRMED
    assert rig.states("acknowledgement") == {"1": "READY"}, "the site knows already"
    assert rig.alarms() == {}


@pytest.mark.parametrize("code", ["", "WEB"])
def test_by_rule_it_is_cancelled_with_the_reason_code(rig: TaskRig, sold: Record, code: str) -> None:
    change_rules(rig, after_write_cancel="cancel", cancel_reason_code=code)
    cancel(rig)
    next_window(rig)
    stored = in_erp(rig, sold)
    assert (stored.place, stored.header["OrderStatus"]) == ("history", "X")
    assert stored.header.get("CancelReasonCode", "") == code
    assert withdrawal(rig).state is State.CONFIRMED


def test_by_rule_it_is_left_to_a_person(rig: TaskRig, sold: Record) -> None:
    change_rules(rig, after_write_cancel="review")
    cancel(rig)
    assert rig.records(CANCEL) == []
    assert rig.states("order.change") == {"1@2": "REVIEW"}


def test_an_order_that_the_site_has_no_more_is_withdrawn_too(rig: TaskRig, sold: Record) -> None:
    rig.shop.remove_order("1")
    with rig.database.write() as connection:
        connection.execute(schema.record.update().where(schema.record.c.id == sold.id).values(needs_read=True))
    read("clarity")
    next_window(rig)
    assert in_erp(rig, sold).header["OrderStatus"] == "H"


def test_told_ever_so_often_it_is_written_once(rig: TaskRig, sold: Record) -> None:
    for version in (2, 3):
        cancel(rig, version)
        next_window(rig)
    assert (withdrawal(rig).state, sent(rig)) == (State.CONFIRMED, 1)


@pytest.mark.parametrize("rule", ["hold", "cancel"])
@pytest.mark.parametrize("is_stored", [True, False])
def test_a_lost_answer_is_probed_and_nothing_is_done_twice(
    rig: TaskRig, sold: Record, rule: str, is_stored: bool
) -> None:
    change_rules(rig, after_write_cancel=rule)
    cancel(rig)
    lose = rig.erp.faults.fail_after_commit if is_stored else rig.erp.faults.fail_before_commit
    lose(sold.stamp)
    assert next_window(rig) == Outcome.UNCERTAIN
    assert withdrawal(rig).state is State.UNCERTAIN
    assert next_window(rig) == "empty"
    assert (withdrawal(rig).state, sent(rig)) == (State.CONFIRMED, 1 if is_stored else 2)
    assert in_erp(rig, sold).header["OrderStatus"] == ("H" if rule == "hold" else "X")
    assert len(rig.erp.company(LANE).kept()) == 2, "the order and its customer"


def test_a_cancellation_that_comes_while_the_order_is_in_doubt_waits_for_its_outcome(rig: TaskRig) -> None:
    rig.shop.put_order(rig.order("1"))
    told(rig)
    next_window(rig)
    rig.shop.put_order(rig.order("2"))
    told(rig)
    [_, order] = rig.records()
    rig.erp.faults.fail_after_commit(order.stamp)
    next_window(rig)
    assert the(rig.database, order).state is State.UNCERTAIN
    rig.shop.put_order(rig.order("2", version=2, status="Cancelled"))
    told(rig)
    assert rig.records(CANCEL) == []
    next_window(rig)
    read("clarity")
    assert (the(rig.database, order).state, withdrawal(rig).state) == (State.CONFIRMED, State.READY)
    next_window(rig)
    assert in_erp(rig, the(rig.database, order)).header["OrderStatus"] == "H"


def test_what_comes_too_late_goes_to_a_person_with_the_invoice(rig: TaskRig, sold: Record) -> None:
    records = rig.erp.company(LANE).records
    stored = in_erp(rig, sold)
    records[ORDER, stored.number] = replace(stored, header={**stored.header, "CurrentInvoiceNo": "0000050"})
    cancel(rig)
    next_window(rig)
    now = withdrawal(rig)
    assert (now.state, now.reason_field, now.reason_value) == (State.REVIEW, "CurrentInvoiceNo", "0000050")
    assert rig.alarms() == {"review:rejected/CurrentInvoiceNo": "high"}


def test_an_order_found_under_a_former_ledgers_stamp_is_withdrawn_under_it(rig: TaskRig, sold: Record) -> None:
    records, stored = rig.erp.company(LANE).records, in_erp(rig, sold)
    records[ORDER, stored.number] = replace(stored, stamp="main:4711")
    with rig.database.write() as connection:
        found = {"record_id": sold.id, "doubt": 0, "verdict": "ours", "found_stamp": "main:4711", "at": sold.updated_at}
        connection.execute(schema.probe.insert().values(**found))
    cancel(rig)
    next_window(rig)
    assert (withdrawal(rig).state, in_erp(rig, sold).header["OrderStatus"]) == (State.CONFIRMED, "H")
