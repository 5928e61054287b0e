"""A payment that is captured after its order was written: from the site's word to the deposit in the ERP, once."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bridge.documents import Payment
from bridge.flows.words import in_words
from bridge.ledger.rows import Record
from bridge.outcomes import Outcome
from bridge.ports.erp import DEPOSIT, ORDER
from bridge.states import State
from tasks.batch_write import write
from tasks.documents_read import read
from tasks.storefront_poll import poll
from tests.builders import the
from tests.task_rig import LANE, TaskRig

AUTHORISED = Payment(kind="card", gateway="Stripe", state="authorized", amount=Decimal(20), transaction_id="pi_1")


def captured(amount: str, refunded: str = "0") -> Payment:
    """The payment once so much of it is captured, and so much given back."""
    state = "captured" if Decimal(amount) == AUTHORISED.amount else "partiallyCaptured"
    amounts = {"captured_amount": Decimal(amount), "refunded_amount": Decimal(refunded)}
    return AUTHORISED.model_copy(update={"state": state, **amounts})


def told(rig: TaskRig) -> None:
    """What the site has to say is read."""
    poll("clarity")
    read("clarity")


def next_window(rig: TaskRig) -> str | None:
    """How the next window ended."""
    rig.pass_time(minutes=15)
    rig.open_window()
    return write(LANE)


def take(rig: TaskRig, payment: Payment, version: int = 2, **order: Any) -> None:
    """The shopkeeper captures or gives back, and that is read."""
    rig.pass_time(seconds=1)
    rig.shop.put_order(rig.order("1", version=version, payments=(payment,), **order))
    told(rig)


@pytest.fixture
def sold(rig: TaskRig) -> Record:
    """An order of 20.00, authorised, that is in the ERP."""
    rig.shop.put_order(rig.order("1", payments=(AUTHORISED,)))
    told(rig)
    assert next_window(rig) == "empty"
    [order] = rig.records()
    assert (order.state, "DepositAmt" in in_erp(rig, order)) == (State.CONFIRMED, False)
    return order


def in_erp(rig: TaskRig, order: Record) -> dict[str, Any]:
    """The order's header as the ERP has it."""
    stored = rig.erp.stored(LANE, order.number or "")
    assert stored
    return dict(stored.header)


def on_invoice(rig: TaskRig, order: Record) -> None:
    """The warehouse has put the order on an invoice."""
    records = rig.erp.company(LANE).records
    stored = records[ORDER, order.number or ""]
    records[ORDER, stored.number] = replace(stored, header={**stored.header, "CurrentInvoiceNo": "0000050"})


def sent(rig: TaskRig) -> int:
    """How often a deposit was sent."""
    ids = [record.id for record in rig.records(DEPOSIT)]
    return sum(line.record_id in ids and line.target == "WRITING" for line in rig.rows("move"))


def test_a_captured_payment_is_the_deposit_of_its_order_in_the_next_window(rig: TaskRig, sold: Record) -> None:
    take(rig, captured("20"), payment_status="paid")
    assert rig.states(DEPOSIT) == {"1@2": "READY"}
    assert next_window(rig) == "empty"
    header = in_erp(rig, sold)
    assert (header["PaymentType"], header["PaymentTypeCategory"], header["DepositAmt"]) == ("STRIP", "D", 20)
    assert header["OtherPaymentTypeRefNo"] == "pi_1"
    assert (rig.states(DEPOSIT), rig.records("order.change"), rig.alarms()) == ({"1@2": "CONFIRMED"}, [], {})
    assert in_words(rig.records(DEPOSIT)[0]) == "a deposit of 20.00 USD in all"
    assert the(rig.database, sold).state is State.CONFIRMED


def test_one_that_is_captured_at_checkout_comes_with_its_order(rig: TaskRig) -> None:
    rig.shop.put_order(rig.order("1", payments=(captured("20"),)))
    told(rig)
    next_window(rig)
    [order] = rig.records()
    assert in_erp(rig, order)["DepositAmt"] == 20
    take(rig, captured("20"), status="Confirmed")
    assert rig.records(DEPOSIT) == []


def test_read_ever_so_often_it_is_written_once(rig: TaskRig, sold: Record) -> None:
    for version in (2, 3, 4):
        take(rig, captured("20"), version)
        told(rig)
        next_window(rig)
    assert (rig.states(DEPOSIT), sent(rig)) == ({"1@2": "CONFIRMED"}, 1)


@pytest.mark.parametrize("is_stored", [True, False])
def test_a_lost_answer_is_probed_and_nothing_is_done_twice(rig: TaskRig, sold: Record, is_stored: bool) -> None:
    take(rig, captured("20"))
    lose = rig.erp.faults.fail_after_commit if is_stored else rig.erp.faults.fail_before_commit
    lose(sold.stamp)
    assert next_window(rig) == Outcome.UNCERTAIN
    assert rig.states(DEPOSIT) == {"1@2": "UNCERTAIN"}
    assert next_window(rig) == "empty"
    assert (rig.states(DEPOSIT), sent(rig)) == ({"1@2": "CONFIRMED"}, 1 if is_stored else 2)
    assert in_erp(rig, sold)["DepositAmt"] == 20


def test_a_second_capture_while_the_first_is_in_doubt_comes_after_it(rig: TaskRig, sold: Record) -> None:
    take(rig, captured("12"))
    rig.erp.faults.fail_after_commit(sold.stamp)
    next_window(rig)
    take(rig, captured("20"), 3)
    assert rig.states(DEPOSIT) == {"1@2": "UNCERTAIN"}
    next_window(rig)
    read("clarity")
    next_window(rig)
    assert rig.states(DEPOSIT) == {"1@2": "CONFIRMED", "1@3": "CONFIRMED"}
    assert in_erp(rig, sold)["DepositAmt"] == 20


def test_captures_and_refunds_one_after_the_other_leave_what_is_taken(rig: TaskRig, sold: Record) -> None:
    steps = [(captured("5"), 5), (captured("20"), 20), (captured("20", "8"), 12), (captured("20", "20"), 0)]
    for version, (payment, amount) in enumerate(steps, start=2):
        take(rig, payment, version)
        next_window(rig)
        assert in_erp(rig, sold)["DepositAmt"] == amount
    assert set(rig.states(DEPOSIT).values()) == {"CONFIRMED"}


def test_what_comes_too_late_goes_to_a_person_with_all_that_a_cash_receipt_needs(rig: TaskRig, sold: Record) -> None:
    on_invoice(rig, sold)
    take(rig, captured("20"))
    next_window(rig)
    [record] = rig.records(DEPOSIT)
    assert (record.state, record.reason_field, record.reason_value) == (State.REVIEW, "DepositAmt", "20")
    text = record.reason_text or ""
    assert [word for word in ("20", "STRIP", "pi_1", "0000050") if word not in text] == []
    assert rig.alarms() == {"review:rejected/DepositAmt": "normal"}


def test_a_deposit_that_a_person_has_changed_is_not_overwritten(rig: TaskRig, sold: Record) -> None:
    take(rig, captured("5"))
    next_window(rig)
    records = rig.erp.company(LANE).records
    stored = records[ORDER, sold.number or ""]
    records[ORDER, stored.number] = replace(stored, header={**stored.header, "DepositAmt": Decimal("7.50")})
    take(rig, captured("20"), 3)
    next_window(rig)
    record = rig.records(DEPOSIT)[-1]
    assert (record.state, record.reason_value, in_erp(rig, sold)["DepositAmt"]) == (
        State.REVIEW,
        "7.50",
        Decimal("7.50"),
    )


def test_a_real_change_beside_it_is_told_of_its_own(rig: TaskRig, sold: Record) -> None:
    take(rig, captured("20"), purchase_order_number="PO 9")
    assert (rig.states(DEPOSIT), rig.states("order.change")) == ({"1@2": "READY"}, {"1@2": "REVIEW"})
