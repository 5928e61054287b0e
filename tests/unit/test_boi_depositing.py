"""Deposits against the simulated COM server: what Sage breaks off, what it keeps, and what comes too late."""

from decimal import Decimal
from typing import Any

import pytest

from bridge.erp.sage100.boi import BoiSession
from bridge.outcomes import Outcome
from bridge.ports.erp import DEPOSIT, ErpWrite, Verdict
from sandbox.sage100.faults import Action, Point
from tests.contract.erp_cancel_contract import key_of, told
from tests.contract.erp_deposit_contract import NOTHING, PART, WHOLE, paid
from tests.contract.sage_lab import COMPANY, SageLab
from tests.unit.test_boi_withdrawing import boi, lab, open_session, sold

__all__ = ["boi", "lab"]


def header_of(lab: SageLab, number: str) -> dict[str, Any]:
    """The order's header where it is now."""
    [found] = [each for each in lab.admin.orders(COMPANY) if each["header"]["SalesOrderNo"] == number]
    return dict(found["header"])


@pytest.mark.parametrize("is_saved", [True, False])
def test_a_server_that_dies_at_the_last_call_leaves_a_doubt_that_a_probe_decides(
    boi: BoiSession, lab: SageLab, is_saved: bool
) -> None:
    wish = paid(sold(boi), PART)
    point: Point = "after_header_write" if is_saved else "before_header_write"
    lab.admin.add_fault(point, "server_gone", company=COMPANY, key=wish.number)
    line = boi.write(wish)
    assert (line.outcome, boi.is_spent) == (Outcome.UNCERTAIN, True)
    fresh = open_session(lab)
    finding = fresh.probe(DEPOSIT, key_of(wish))
    assert finding.verdict is (Verdict.OURS if is_saved else Verdict.ABSENT)
    again = fresh.write(wish)
    fresh.close()
    assert again.outcome is Outcome.CONFIRMED
    assert header_of(lab, wish.number)["DepositAmt"] == PART


ACTIONS: list[tuple[Action, Outcome]] = [
    ("busy", Outcome.RECORD_BUSY), ("stale", Outcome.BROKE_OFF), ("class_missing", Outcome.UNAUTHORISED),
]  # fmt: skip


@pytest.mark.parametrize(("action", "outcome"), ACTIONS)
def test_what_fails_before_the_last_call_has_changed_nothing(
    boi: BoiSession, lab: SageLab, action: Action, outcome: Outcome
) -> None:
    wish = paid(sold(boi), PART)
    lab.admin.add_fault("before_set_key", action, company=COMPANY, key=wish.number)
    assert boi.write(wish).outcome is outcome
    assert not header_of(lab, wish.number).get("DepositAmt")


def test_a_payment_type_that_sage_does_not_know_is_refused_by_its_column_and_leaves_no_lock(
    boi: BoiSession, lab: SageLab
) -> None:
    order = sold(boi)
    wish = ErpWrite(91, DEPOSIT, order.number, order.stamp, {"PaymentType": "SHELL", "DepositAmt": PART})
    assert told(boi.write(wish)) == (Outcome.REJECTED, "PaymentType", "SHELL")
    other = open_session(lab)
    assert other.write(paid(order, PART)).outcome is Outcome.CONFIRMED
    other.close()


def test_the_deposit_pays_the_invoice_of_its_order(boi: BoiSession, lab: SageLab) -> None:
    order = sold(boi)
    boi.write(paid(order, WHOLE))
    assert [row["TransactionAmt"] for row in lab.admin.rows(COMPANY, "SO_SalesOrderPayment")] == [WHOLE]
    lab.admin.post_invoice(COMPANY, lab.admin.make_invoice(COMPANY, order.number))
    [owed] = lab.admin.rows(COMPANY, "AR_OpenInvoice")
    assert owed["Balance"] == 0


def part_shipped(lab: SageLab, number: str) -> str:
    """One of the two widgets has gone out with a posted invoice; its number."""
    invoice = lab.admin.office(COMPANY).ship(number, {"000001": Decimal(1)})
    lab.admin.post_invoice(COMPANY, invoice)
    return invoice


def test_an_order_that_was_invoiced_before_is_a_persons(boi: BoiSession, lab: SageLab) -> None:
    wish = paid(sold(boi), PART)
    invoice = part_shipped(lab, wish.number)
    line = boi.write(wish)
    assert told(line) == (Outcome.REJECTED, "DepositAmt", "12.00")
    assert [word for word in ("12.00, CARD, pi_1", invoice, "cash receipt") if word not in (line.text or "")] == []


def test_what_an_invoice_has_left_of_a_deposit_is_not_taken_for_the_whole(boi: BoiSession, lab: SageLab) -> None:
    order = sold(boi)
    boi.write(paid(order, PART))
    part_shipped(lab, order.number)
    left = Decimal(str(header_of(lab, order.number)["DepositAmt"]))
    assert NOTHING < left < PART
    wish = paid(order, left, PART)
    assert told(boi.write(wish))[:2] == (Outcome.REJECTED, "DepositAmt")
    assert boi.probe(DEPOSIT, key_of(wish)).verdict is Verdict.ABSENT


def test_of_a_completed_order_its_invoice_is_named(boi: BoiSession, lab: SageLab) -> None:
    wish = paid(sold(boi), PART)
    invoice = lab.admin.make_invoice(COMPANY, wish.number)
    lab.admin.post_invoice(COMPANY, invoice)
    assert invoice in (boi.write(wish).text or "")


def test_where_no_history_is_kept_a_posted_order_is_nowhere(boi: BoiSession, lab: SageLab) -> None:
    lab.admin.set_option("keep_order_history", False)
    wish = paid(sold(boi), PART)
    lab.admin.post_invoice(COMPANY, lab.admin.make_invoice(COMPANY, wish.number))
    finding = boi.probe(DEPOSIT, key_of(wish))
    assert (finding.verdict, finding.place) == (Verdict.ABSENT, "invoice history")
    assert told(boi.write(wish)) == (Outcome.REJECTED, "SalesOrderNo", wish.number)
