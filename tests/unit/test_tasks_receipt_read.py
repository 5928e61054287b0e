"""`receipt.read`: payments that Sage took, each once, and never the money that the storefront took itself."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bridge.documents import Payment, Receipt
from bridge.flows.invoice import InvoiceRules
from bridge.flows.receipt import ReceiptRules
from bridge.ledger.deposits import Deposit, want
from bridge.ledger.trace import trace
from bridge.ports.erp import FieldValue
from bridge.ports.reading import INVOICE, RECEIPT, ErpRow
from bridge.shown import Shown
from bridge.states import State
from bridge.writing.mapped import Mapped
from mappings.invoice import InvoiceView
from mappings.receipt import ReceiptView
from tasks.receipt_read import read
from tasks.storefront_show import show_all
from tests.ledger_walks import walk
from tests.placed_orders import NUMBER, placed, two_lines
from tests.task_rig import LANE, TaskRig
from tests.unit import mapping_samples

INVOICE_NO = "0000007"
BY_CARD = Payment(kind="card", gateway="Stripe", state="captured", amount=Decimal(35), captured_amount=Decimal(35))
AUTHORISED = BY_CARD.model_copy(update={"state": "authorized", "captured_amount": Decimal(0)})
BY_CHECK = Payment(kind="check", amount=Decimal(35))


@pytest.fixture
def rig(rig: TaskRig) -> TaskRig:
    use(rig)
    rig.erp.company(LANE).shelves.put(RECEIPT)
    header = {
        "InvoiceNo": INVOICE_NO, "HeaderSeqNo": "000000", "InvoiceType": "IN", "SalesOrderNo": NUMBER,
        "ARDivisionNo": "00", "CustomerNo": "ACME", "InvoiceDate": "20260302",
    }  # fmt: skip
    rig.erp.company(LANE).shelves.put(INVOICE, ErpRow(f"{INVOICE_NO}|000000", header))
    return rig


def use(rig: TaskRig, **rules: Any) -> None:
    invoices = InvoiceView(LANE, mapping_samples.LANE, "USD", InvoiceRules())
    views = {Shown.RECEIPT: ReceiptView(ReceiptRules.model_validate(rules), invoices)}
    rig.change(lanes={LANE: replace(rig.ports.lanes[LANE], views=views)})


def pay(rig: TaskRig, amount: str, sequence: int = 1, **columns: str) -> None:
    facts = {
        "ARDivisionNo": "00", "CustomerNo": "ACME", "InvoiceNo": INVOICE_NO, "InvoiceType": "IN",
        "TransactionDate": "20260303", "SequenceNo": f"{sequence:06}", "TransactionType": "P", "PaymentType": "CHECK",
        "CheckNo": "77", "TransactionAmt": Decimal(amount), **columns,
    }  # fmt: skip
    key = "|".join(str(facts[name]) for name in (
        "ARDivisionNo", "CustomerNo", "InvoiceNo", "InvoiceType", "TransactionDate", "SequenceNo",
    ))  # fmt: skip
    rig.erp.company(LANE).shelves.put(RECEIPT, ErpRow(key, facts, changed_at=rig.clock.now()))


def shown(rig: TaskRig) -> list[Receipt]:
    """What the storefront shows once all has been read and sent."""
    rig.pass_time(minutes=61)
    assert read(LANE)
    show_all("clarity")
    return [each for each in rig.shop.shelf.documents[Receipt].values() if isinstance(each, Receipt)]


def test_each_payment_is_shown_once(rig: TaskRig) -> None:
    placed(rig, *two_lines(), payments=(BY_CHECK,), payment_type="CHECK")
    pay(rig, "5")
    [receipt] = shown(rig)
    assert (receipt.order_id, receipt.amount, receipt.currency, receipt.kind) == ("10025", 5, "USD", "check")
    assert (receipt.external_ref, receipt.invoice_number) == (f"{LANE}/0000007-IN-20260303-000001", INVOICE_NO)
    assert receipt.received_at.isoformat() == "2026-03-03T00:00:00+00:00"
    pay(rig, "30", 2)
    assert [each.amount for each in shown(rig)] == [5, 30]
    assert [record.version for record in rig.records("receipt")] == [1, 1]


def test_what_the_storefront_took_itself_is_not_shown_as_another_payment(rig: TaskRig) -> None:
    placed(rig, *two_lines(), payments=(BY_CARD,), payment_type="STRIP")
    pay(rig, "35", PaymentType="STRIP", CheckNo="")
    pay(rig, "5", 2)
    assert [each.amount for each in shown(rig)] == [5]


@pytest.mark.parametrize("columns", [{"PaymentType": "STRIP", "DepositAmt": Decimal(35)}, {"DepositAmt": Decimal(0)}])
def test_what_the_storefront_took_after_the_write_is_not_shown_either(
    rig: TaskRig, columns: dict[str, FieldValue]
) -> None:
    order = placed(rig, *two_lines(), payments=(AUTHORISED,), payment_type="STRIP")
    wanted = Deposit(str(columns["DepositAmt"]), as_written="another", mapped=Mapped(columns).to_json())
    with rig.database.write() as connection:
        want(connection, order, 2, wanted, by="test", now=rig.clock.now())
    walk(rig.database, rig.records("order.deposit")[0], State.REVIEW)
    pay(rig, "35", PaymentType="STRIP", CheckNo="")
    pay(rig, "5", 2)
    assert [each.amount for each in shown(rig)] == [5]


def test_an_order_to_be_paid_in_sage_by_the_same_type_is_paid_there(rig: TaskRig) -> None:
    placed(rig, *two_lines(), payments=(AUTHORISED,), payment_type="STRIP")
    pay(rig, "35", PaymentType="STRIP")
    assert [(each.amount, each.kind) for each in shown(rig)] == [(35, "other")]


def test_payments_for_what_people_typed_in_are_not_shown(rig: TaskRig) -> None:
    placed(rig, *two_lines(), number="0000999")
    pay(rig, "5")
    assert shown(rig) == []


def test_other_transactions_are_no_payments(rig: TaskRig) -> None:
    placed(rig, *two_lines())
    pay(rig, "35", TransactionType="I")
    assert shown(rig) == []


def test_a_lane_names_its_own_types(rig: TaskRig) -> None:
    use(rig, types=["P", "X"], kinds={"AMEX": "card"})
    placed(rig, *two_lines())
    pay(rig, "5", PaymentType="AMEX", TransactionType="X")
    assert [each.kind for each in shown(rig)] == ["card"]


def test_an_order_is_found_by_what_was_paid(rig: TaskRig) -> None:
    order = placed(rig, *two_lines())
    pay(rig, "5")
    shown(rig)
    whole = trace(rig.database, order.id)
    assert {(each.kind, each.value) for each in whole.identities} == {
        ("receipt", "0000007-IN-20260303-000001"), ("check", "77"),
    }  # fmt: skip
    assert [child.document for child in whole.children] == ["receipt"]


def test_nothing_is_read_before_it_is_due(rig: TaskRig) -> None:
    assert read(LANE)
    assert not read(LANE)
