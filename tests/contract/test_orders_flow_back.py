"""What becomes of an order in Sage, read by the real agent out of the simulated Sage, as the storefront sees it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bridge.documents import Invoice, Payment, Receipt, Shipment
from bridge.documents.base import Document
from bridge.erp.sage100.agent_client import SageAgentErp
from bridge.flows.invoice import InvoiceRules
from bridge.flows.receipt import ReceiptRules
from bridge.flows.settings import ReaderSettings
from bridge.flows.shipment import ShipmentRules
from bridge.flows.status import StatusRules
from bridge.flows.words import in_words
from bridge.ledger.store import Database
from bridge.ledger.trace import trace
from bridge.ports.erp import FieldValue
from bridge.shown import Shown
from mappings.invoice import InvoiceView
from mappings.receipt import ReceiptView
from mappings.settings import LaneMapping
from mappings.shipment import ShipmentView
from mappings.status import StatusView
from sandbox.sage100.office import Office
from sandbox.sage100.packages import Package
from tasks import invoice_read, receipt_read, shipment_read, status_read
from tasks.storefront_show import show_all
from tests.contract.erp_contract import order as order_to_write
from tests.contract.sage_lab import SageLab
from tests.placed_orders import line, placed
from tests.task_rig import LANE, NOW, TaskRig, a_task_rig

WIDGETS, GADGETS = "000001", "000002"


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[SageLab]:
    """One for each test: an agent remembers fences, which a new ledger counts from 1 again."""
    with SageLab(tmp_path) as lab:
        yield lab


@pytest.fixture
def erp(lab: SageLab) -> Iterator[SageAgentErp]:
    erp = lab.client(session_limit=3)
    yield erp
    erp.close()


@pytest.fixture
def rig(sqlite_database: Database, erp: SageAgentErp, lab: SageLab) -> Iterator[TaskRig]:
    mapping = LaneMapping(time_zone=lab.admin.options().time_zone)
    shipments = ShipmentView(LANE, mapping, ShipmentRules())
    invoices = InvoiceView(LANE, mapping, "USD", InvoiceRules())
    views = {
        Shown.SHIPMENT: shipments,
        Shown.STATUS: StatusView(StatusRules(shipped_rests_s=0), shipments),
        Shown.INVOICE: invoices,
        Shown.RECEIPT: ReceiptView(ReceiptRules(), invoices),
    }
    with a_task_rig(sqlite_database) as rig:
        rig.change(lanes={LANE: replace(rig.ports.lanes[LANE], erp=erp, views=views, has_reader_seat=True)})
        yield rig


@pytest.fixture
def number(rig: TaskRig, erp: SageAgentErp) -> str:
    """An order that is in Sage under this number."""
    return written(rig, erp)


def written(rig: TaskRig, erp: SageAgentErp, *payments: Payment, **header: FieldValue) -> str:
    """Writes an order of ten widgets and four gadgets, paid so; its number."""
    lines = tuple(
        {"ItemCode": item, "QuantityOrdered": Decimal(ordered), "UnitPrice": Decimal("2.50")}
        for item, ordered in (("WIDGET", 10), ("GADGET", 4))
    )
    with erp.open(LANE, fence=1, purpose="writer") as session:
        [number] = session.reserve("order", 1)
        [told] = session.write(1, [order_to_write(1, number, lines=lines, **header)])
    assert told.outcome == "confirmed", told
    placed(
        rig, line("a", "WIDGET", 10), line("b", "GADGET", 4), number=number, status="Confirmed", payments=payments,
        payment_type=str(header.get("PaymentType", "")),
    )  # fmt: skip
    return number


@pytest.fixture
def office(lab: SageLab) -> Office:
    return lab.admin.office(LANE.partition(":")[2])


def status(rig: TaskRig) -> str:
    """What the storefront says of the order once all has been read and sent, shipments first."""
    assert shipment_read.read(LANE)
    assert status_read.read(LANE)
    show_all("clarity")
    order = rig.shop.order("10025")
    assert order is not None
    assert [
        record.reason_text for record in rig.records("shipment") + rig.records("status") if record.reason_text
    ] == []
    return order.status


def shown(rig: TaskRig, document: type[Document], ref: str) -> Document:
    return rig.shop.shown(document, [ref])[ref]


def test_an_order_is_held_released_shipped_twice_and_complete(rig: TaskRig, number: str, office: Office) -> None:
    assert status(rig) == "Processing"
    office.hold(number)
    assert status(rig) == "OnHold"
    office.release(number)
    assert status(rig) == "Processing"
    first = office.ship(number, {WIDGETS: Decimal(6)}, [Package("1Z1", "UPS"), Package("1Z2", "UPS")])
    assert status(rig) == "PartiallyShipped"
    ref = f"{LANE}/{first}-{number}"
    unposted = shown(rig, Shipment, ref)
    assert isinstance(unposted, Shipment)
    assert [(each.order_line_id, each.quantity) for each in unposted.lines] == [("a", 6)]
    assert (unposted.tracking_numbers, unposted.carrier_name) == (("1Z1", "1Z2"), "UPS")
    office.post(first)
    assert status(rig) == "PartiallyShipped"
    assert shown(rig, Shipment, ref) == unposted
    office.post(office.ship(number))
    assert status(rig) == "Shipped"
    assert [record.version for record in rig.records("shipment")] == [1, 1]
    assert rig.shop.mails_sent.count("10025") == 3 + 2  # three statuses, then one for each shipment


def test_an_order_that_is_cancelled_in_sage_is_cancelled(rig: TaskRig, number: str, office: Office) -> None:
    assert status(rig) == "Processing"
    office.cancel(number, "")
    assert status(rig) == "Cancelled"


def test_an_invoice_that_has_not_left_the_house_is_no_shipment(rig: TaskRig, number: str, office: Office) -> None:
    invoice = office.invoice(number)
    assert status(rig) == "Processing"
    office.post(invoice)
    assert status(rig) == "Shipped"


def money(rig: TaskRig) -> None:
    """All that was charged and paid is read and sent, and nothing of it waits for a person."""
    assert invoice_read.read(LANE)
    assert receipt_read.read(LANE)
    show_all("clarity")
    assert [
        record.reason_text for record in rig.records("invoice") + rig.records("receipt") if record.reason_text
    ] == []


def the_invoice(rig: TaskRig, number: str) -> Invoice:
    invoice = shown(rig, Invoice, f"{LANE}/{number}-000000")
    assert isinstance(invoice, Invoice)
    return invoice


def test_an_invoice_is_shown_paid_in_two_parts_and_credited(rig: TaskRig, number: str, office: Office) -> None:
    billed = office.ship(number)
    office.post(billed)
    money(rig)
    invoice = the_invoice(rig, billed)
    assert (invoice.order_id, invoice.customer_id, invoice.kind, invoice.state) == ("10025", "c1", "invoice", "open")
    assert [(line.sku, line.quantity, line.extended) for line in invoice.lines] == [
        ("WIDGET", 10, 25),
        ("GADGET", 4, 10),
    ]
    assert (invoice.items, invoice.balance_due) == (35, invoice.total)
    office.receive_cash(billed, Decimal("5.00"), payment_type="CHECK", check_no="77")
    money(rig)
    assert (the_invoice(rig, billed).state, the_invoice(rig, billed).balance_due) == (
        "partiallyPaid",
        invoice.total - 5,
    )
    office.receive_cash(billed, invoice.total - 5, payment_type="CHECK", check_no="78")
    money(rig)
    assert (the_invoice(rig, billed).state, the_invoice(rig, billed).balance_due) == ("paid", 0)
    receipts = [each for each in rig.shop.shelf.documents[Receipt].values() if isinstance(each, Receipt)]
    assert [(each.order_id, each.amount, each.kind) for each in receipts] == [
        ("10025", 5, "check"), ("10025", invoice.total - 5, "check"),
    ]  # fmt: skip
    memo = office.credit(billed)
    office.post(memo)
    money(rig)
    assert (the_invoice(rig, memo).kind, the_invoice(rig, memo).total) == ("creditMemo", -invoice.total)


@pytest.mark.parametrize(("amount", "state"), [("20.00", "partiallyPaid"), ("35.00", "paid")])
def test_a_deposit_pays_its_invoice_and_is_not_shown_as_another_payment(
    rig: TaskRig, erp: SageAgentErp, office: Office, amount: str, state: str
) -> None:
    by_card = Payment(kind="card", state="captured", amount=Decimal(35), captured_amount=Decimal(amount))
    deposit = {"PaymentType": "CARD", "PaymentTypeCategory": "D", "DepositAmt": Decimal(amount)}
    billed = office.ship(written(rig, erp, by_card, **deposit))
    office.post(billed)
    money(rig)
    invoice = the_invoice(rig, billed)
    assert (invoice.state, invoice.total, invoice.balance_due) == (state, 35, 35 - Decimal(amount))
    assert rig.shop.shelf.documents[Receipt] == {}


def load(lab: SageLab, table: str, **changed: str | Decimal) -> None:
    """A bulk load changes every row of a table, and stamps none."""
    company = LANE.partition(":")[2]
    lab.admin.add_rows(company, table, [{**row, **changed} for row in lab.admin.rows(company, table)])


def test_what_a_bulk_load_changed_of_an_order_is_found_at_night(
    rig: TaskRig, lab: SageLab, number: str, office: Office
) -> None:
    reading = ReaderSettings(overlap_s=0)  # all that is stamped here is of the last seconds
    rig.change(lanes={LANE: replace(rig.ports.lanes[LANE], reading=reading)})
    billed = office.ship(number, packages=[Package("1Z1")])
    office.post(billed)
    office.receive_cash(billed, Decimal("5.00"), check_no="77")
    status(rig)
    money(rig)
    load(lab, "AR_OpenInvoice", Balance=Decimal("1.00"))
    load(lab, "AR_InvoiceHistoryTracking", TrackingID="1Z2")
    status(rig)
    money(rig)
    assert the_invoice(rig, billed).balance_due > 1
    assert rig.alarms() == {}
    rig.clock.set(NOW.replace(hour=1) + timedelta(days=1))
    status(rig)
    money(rig)
    shipment = shown(rig, Shipment, f"{LANE}/{billed}-{number}")
    assert isinstance(shipment, Shipment)
    assert (the_invoice(rig, billed).balance_due, shipment.tracking_numbers) == (1, ("1Z2",))
    assert set(rig.alarms()) == {f"drift:{LANE}:{flow}" for flow in ("shipment", "invoice")}
    [place] = [row for row in rig.rows("reading_pass") if row.flow == "receipt/receipt/all"]
    assert (place.pages, place.changed) == (1, 0), "the payment is as it was"


def test_the_trace_of_an_order_knows_its_invoice_its_payment_and_its_posting(
    rig: TaskRig, number: str, office: Office
) -> None:
    billed = office.ship(number, packages=[Package("1Z1")])
    register = office.post(billed)
    money(rig)
    office.receive_cash(billed, the_invoice(rig, billed).total, check_no="77")
    status(rig)
    money(rig)
    [order] = rig.records("order")
    found = trace(rig.database, order.id)
    known = {each.kind: each.value for each in found.identities}
    assert known["invoice"] == known["shipment"] == billed
    assert (known["tracking"], known["check"], known["posting"]) == ("1Z1", "77", f"SO-{register}")
    assert known["receipt"].startswith(f"{billed}-IN-")
    told = {child.document: in_words(child) for child in found.children}
    total = the_invoice(rig, billed).total
    assert told["status"] == "Shipped"
    assert str(told["shipment"]).endswith("lines: 2, 1Z1")
    assert told["invoice"] == f"invoice {billed}: paid, {total} USD"
    assert told["receipt"] == f"{total} USD by check for invoice {billed}"
