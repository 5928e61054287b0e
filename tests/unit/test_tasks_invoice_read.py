"""`invoice.read`: what Sage charged for our orders; a payment is seen though the invoice itself never changes."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bridge.documents import Customer, Invoice
from bridge.flows.invoice import InvoiceRules
from bridge.ledger.moves import create
from bridge.ledger.rows import Record
from bridge.ports.reading import INVOICE, OPEN_INVOICE, ErpRow
from bridge.shown import Shown
from mappings.invoice import InvoiceView
from tasks.invoice_read import read
from tasks.storefront_show import show_all
from tests.builders import NOW, SITE
from tests.placed_orders import NUMBER, line, placed, two_lines
from tests.task_rig import LANE, TaskRig
from tests.unit import mapping_samples

INVOICE_NO = "0000007"


@pytest.fixture
def rig(rig: TaskRig) -> TaskRig:
    use(rig)
    for kind in (INVOICE, OPEN_INVOICE):
        rig.erp.company(LANE).shelves.put(kind)
    return rig


def use(rig: TaskRig, items: dict[str, str] | None = None, **rules: Any) -> None:
    mapping = mapping_samples.LANE.model_copy(update={"items": items or {}, "time_zone": "America/Chicago"})
    view = InvoiceView(LANE, mapping, "USD", InvoiceRules.model_validate(rules))
    rig.change(lanes={LANE: replace(rig.ports.lanes[LANE], views={Shown.INVOICE: view})})


def bill(rig: TaskRig, number: str = INVOICE_NO, header: str = "000000", **columns: str | Decimal) -> None:
    """A posted invoice of ten bolts and a charge: 25.00 + 3.00, freight 5.00, tax 1.50, less 2.00."""
    lines = (
        {"ItemCode": "BOLT", "ItemType": "1", "ItemCodeDesc": "A bolt", "QuantityShipped": Decimal(10),
         "UnitPrice": Decimal("2.50"), "ExtensionAmt": Decimal(25)},
        {"ItemCode": "/FEES", "ItemType": "3", "QuantityShipped": Decimal(0), "UnitPrice": Decimal(0),
         "ExtensionAmt": Decimal(3)},
        {"ItemCode": "/C", "ItemType": "4", "ItemCodeDesc": "Thank you", "QuantityShipped": Decimal(0)},
    )  # fmt: skip
    facts = {
        "InvoiceNo": number, "HeaderSeqNo": header, "InvoiceType": "IN", "InvoiceDate": "20260302",
        "InvoiceDueDate": "20260401", "SalesOrderNo": NUMBER, "ARDivisionNo": "00", "CustomerNo": "ACME",
        "TaxableSalesAmt": Decimal(25), "NonTaxableSalesAmt": Decimal(3), "FreightAmt": Decimal(5),
        "SalesTaxAmt": Decimal("1.50"), "DiscountAmt": Decimal(2), **columns,
    }  # fmt: skip
    row = ErpRow(f"{number}|{header}", facts, {"lines": lines}, changed_at=rig.clock.now())
    rig.erp.company(LANE).shelves.put(INVOICE, row)


def owe(rig: TaskRig, balance: str, number: str = INVOICE_NO, type_: str = "IN", header: str = "000000") -> None:
    key = f"00|ACME|{number}|{type_}"
    columns = {
        "ARDivisionNo": "00", "CustomerNo": "ACME", "InvoiceNo": number, "InvoiceType": type_,
        "InvoiceHistoryHeaderSeqNo": header, "Balance": Decimal(balance), "InvoiceDueDate": "20260401",
    }  # fmt: skip
    rig.erp.company(LANE).shelves.put(OPEN_INVOICE, ErpRow(key, columns, changed_at=rig.clock.now()))


def shown(rig: TaskRig, number: str = INVOICE_NO, header: str = "000000") -> Invoice | None:
    """What the storefront shows once all has been read and sent."""
    rig.pass_time(hours=3)
    assert read(LANE)
    show_all("clarity")
    ref = f"{LANE}/{number}-{header}"
    found = rig.shop.shown(Invoice, [ref]).get(ref)
    assert found is None or isinstance(found, Invoice)
    return found


def an_account(rig: TaskRig, source_id: str = "c1", **customer: Any) -> Record:
    """A customer of the storefront that is ACME in Sage."""
    with rig.database.write() as connection:
        made = create(
            connection, now=NOW, by="test", why="built by a test", connection_name="clarity", site=SITE,
            document="customer", source_id=source_id, lane=LANE, state="CONFIRMED", number="ACME",
            content=Customer(source_id=source_id, site_id=SITE, name="Acme", **customer).model_dump_json(),
        )  # fmt: skip
    assert made is not None
    return made


def test_an_invoice_is_shown_whole(rig: TaskRig) -> None:
    placed(rig, *two_lines())
    bill(rig)
    owe(rig, "32.50")
    invoice = shown(rig)
    assert invoice is not None
    assert (invoice.order_id, invoice.customer_id, invoice.invoice_number) == ("10025", "c1", INVOICE_NO)
    assert (invoice.items, invoice.shipping, invoice.tax, invoice.discounts) == (28, 5, Decimal("1.50"), -2)
    assert (invoice.total, invoice.balance_due, invoice.state) == (Decimal("32.50"), Decimal("32.50"), "open")
    assert [(each.sku, each.quantity, each.unit_price, each.extended) for each in invoice.lines] == [
        ("BOLT", 10, Decimal("2.50"), 25), ("/FEES", 1, 3, 3),
    ]  # fmt: skip
    assert invoice.due_at is not None
    assert (invoice.issued_at.isoformat(), invoice.due_at.isoformat()) == (
        "2026-03-02T06:00:00+00:00", "2026-04-01T05:00:00+00:00",  # midnight in Chicago, winter and summer
    )  # fmt: skip


def test_a_payment_is_seen_in_what_is_owed_alone(rig: TaskRig) -> None:
    placed(rig, *two_lines())
    bill(rig)
    owe(rig, "32.50")
    shown(rig)
    rig.pass_time(hours=3)  # longer than what each pass reads again of the one before
    shown(rig)
    owe(rig, "12.50")
    invoice = shown(rig)
    assert invoice is not None
    assert (invoice.state, invoice.balance_due) == ("partiallyPaid", Decimal("12.50"))
    owe(rig, "0")
    invoice = shown(rig)
    assert invoice is not None
    assert (invoice.state, invoice.balance_due) == ("paid", 0)
    [record] = rig.records("invoice")
    assert record.version == 3


def test_a_credit_memo_is_one(rig: TaskRig) -> None:
    placed(rig, *two_lines())
    bill(rig, "0000008", InvoiceType="CM", TaxableSalesAmt=Decimal(-25), NonTaxableSalesAmt=Decimal(0),
         FreightAmt=Decimal(0), SalesTaxAmt=Decimal(0), DiscountAmt=Decimal(0))  # fmt: skip
    owe(rig, "-25", "0000008", "CM")
    memo = shown(rig, "0000008")
    assert memo is not None
    assert (memo.kind, memo.total, memo.balance_due, memo.state) == ("creditMemo", -25, -25, "open")


@pytest.mark.parametrize("type_", ["AD", "FC", "CA", "XD"])
def test_other_types_are_not_shown(rig: TaskRig, type_: str) -> None:
    placed(rig, *two_lines())
    bill(rig, InvoiceType=type_)
    assert shown(rig) is None


def test_the_same_number_under_another_header_is_another_invoice(rig: TaskRig) -> None:
    placed(rig, *two_lines())
    bill(rig)
    bill(rig, header="000001")
    assert shown(rig) is not None
    assert shown(rig, header="000001") is not None


def test_an_invoice_of_several_orders_belongs_to_the_one_that_is_ours(rig: TaskRig) -> None:
    placed(rig, *two_lines())
    bill(rig, SalesOrderNo="")
    shelves = rig.erp.company(LANE).shelves
    row = shelves.rows[INVOICE][f"{INVOICE_NO}|000000"]
    lines = tuple({**each, "AppliedSalesOrderNo": NUMBER} for each in row.parts["lines"])
    shelves.put(INVOICE, replace(row, parts={"lines": lines}))
    invoice = shown(rig)
    assert invoice is not None
    assert invoice.order_id == "10025"


def test_items_have_the_names_under_which_they_were_ordered(rig: TaskRig) -> None:
    use(rig, items={"web-bolt": "BOLT"})
    placed(rig, line("a", "NUT", 4))
    bill(rig)
    invoice = shown(rig)
    assert invoice is not None
    assert invoice.lines[0].sku == "web-bolt"


def test_what_people_typed_in_is_shown_only_where_the_lane_says_so(rig: TaskRig) -> None:
    an_account(rig)
    bill(rig)
    assert shown(rig) is None
    use(rig, typed_in=True)
    bill(rig)
    invoice = shown(rig)
    assert invoice is not None
    assert (invoice.order_id, invoice.customer_id) == (None, "c1")


def test_an_invoice_of_a_customer_with_two_accounts_is_nobodys(rig: TaskRig) -> None:
    use(rig, typed_in=True)
    an_account(rig)
    an_account(rig, "c2")
    bill(rig)
    assert shown(rig) is None


def test_a_guest_has_no_account_to_show_it_in(rig: TaskRig) -> None:
    use(rig, typed_in=True)
    an_account(rig, "guest:ann@acme.example", is_guest=True)
    bill(rig)
    assert shown(rig) is None


def test_nothing_is_read_before_it_is_due(rig: TaskRig) -> None:
    assert read(LANE)
    assert not read(LANE)
