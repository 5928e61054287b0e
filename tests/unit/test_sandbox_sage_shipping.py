"""Shipping in parts: what moves where, until an order is complete (reference sage100.md 2.3, 2.9, 2.11; 6, point 9)."""

from decimal import Decimal
from pathlib import Path

import pytest

from sandbox.sage100.packages import Package
from sandbox.sage100.totals import order_total
from tests.unit.sandbox_sage_office_rig import (
    BOLT,
    NUT,
    ORDER,
    check_the_books,
    check_the_stock,
    customer,
    only,
    open_shop,
    order_lines,
    stock,
)
from tests.unit.sandbox_sage_rig import Clerk, add_line, value


def test_a_part_is_shipped_and_the_rest_of_its_line_is_back_ordered(tmp_path: Path) -> None:
    admin, office = open_shop(tmp_path)
    invoice_no = office.ship(ORDER, {BOLT: Decimal(3)})
    assert order_lines(admin) == {BOLT: (10, 3, 7), NUT: (4, 0, 0)}, "a line that was not named stays open"
    header, (detail,) = only(admin, "SO_InvoiceHeader"), admin.rows("ABC", "SO_InvoiceDetail")
    assert (header["InvoiceNo"], header["SalesOrderNo"], header["ShipStatus"]) == (invoice_no, ORDER, "S")
    assert (detail["OrderLineKey"], detail["QuantityShipped"], detail["QuantityBackordered"]) == (BOLT, 3, 7)
    assert detail["ExtensionAmt"] == Decimal("7.50")
    assert only(admin, "SO_SalesOrderHeader")["CurrentInvoiceNo"] == invoice_no
    assert stock(admin) == (100, 3, 7), "what is shipped leaves sales orders and the shelf at posting"
    check_the_stock(admin)


def test_after_posting_the_order_is_a_back_order_and_goes_on_to_its_end(tmp_path: Path) -> None:
    admin, office = open_shop(tmp_path)
    first = office.ship(ORDER, {BOLT: Decimal(3)})
    office.post(first)
    order = only(admin, "SO_SalesOrderHeader")
    assert (order["OrderType"], order["OrderStatus"], order["CurrentInvoiceNo"]) == ("B", "O", "")
    assert order["LastInvoiceOrderNo"] == first
    assert only(admin, "SO_SalesOrderHistoryHeader")["OrderStatus"] == "A"
    assert stock(admin) == (97, 0, 7)
    second = office.ship(ORDER, {BOLT: Decimal(7)})
    office.post(second)
    assert order_lines(admin) == {BOLT: (10, 10, 0), NUT: (4, 0, 0)}
    third = office.ship(ORDER)
    office.post(third)
    assert admin.rows("ABC", "SO_SalesOrderHeader") == admin.rows("ABC", "SO_SalesOrderDetail") == []
    history = only(admin, "SO_SalesOrderHistoryHeader")
    assert (history["OrderStatus"], history["LastInvoiceNo"]) == ("C", third)
    assert (stock(admin), stock(admin, "NUT")) == ((90, 0, 0), (96, 0, 0))
    assert customer(admin)["OpenOrderAmt"] == 0
    headers = admin.rows("ABC", "AR_InvoiceHistoryHeader")
    assert history["InvoicedAmt"] == sum(order_total(header) for header in headers)
    assert [h["FreightAmt"] for h in headers] == [5, 0, 0]
    assert sum(h["DiscountAmt"] for h in headers) == 3
    check_the_books(admin)


def test_each_invoice_line_is_linked_to_its_line_in_order_history(tmp_path: Path) -> None:
    admin, office = open_shop(tmp_path)
    invoices = [office.ship(ORDER, {NUT: Decimal(1)})]
    office.post(invoices[0])
    invoices.append(office.ship(ORDER))
    office.post(invoices[1])
    lines = {row["SequenceNo"]: row for row in admin.rows("ABC", "SO_SalesOrderHistoryDetail")}
    shipped: dict[object, Decimal] = {}
    for link in admin.rows("ABC", "SO_ARInvoiceHistoryLink"):
        key = tuple(str(link[part]) for part in ("InvoiceNo", "InvoiceHistoryHeaderSeqNo", "InvoiceHistoryDetailSeqNo"))
        bus = Clerk(admin).open("AR_InvoiceHistoryInquiryDetail_bus", "AR_InvoiceHistoryInquiry_ui")
        assert bus.nFind(f"{key[0]}{key[1]}{key[2]}") == 1
        assert value(bus, "ItemCode$") == lines[link["SequenceNo"]]["ItemCode"]
        shipped[link["SequenceNo"]] = shipped.get(link["SequenceNo"], Decimal(0)) + Decimal(link["QuantityShipped"])
    assert shipped == {sequence: row["QuantityShipped"] for sequence, row in lines.items()}
    assert {link["InvoiceNo"] for link in admin.rows("ABC", "SO_ARInvoiceHistoryLink")} == set(invoices)


def test_packages_carry_their_numbers_and_goods_and_stay_in_history(tmp_path: Path) -> None:
    admin, office = open_shop(tmp_path)
    packages = (Package("1Z1", "UPS BLUE", {"BOLT": Decimal(2)}, Decimal("4.5")), Package("1Z2"))
    invoice_no = office.ship(ORDER, None, packages)
    rows = admin.rows("ABC", "SO_InvoiceTracking")
    assert [(row["PackageNo"], row["TrackingID"], row["StarshipShipVia"]) for row in rows] == [
        ("0001", "1Z1", "UPS BLUE"),
        ("0002", "1Z2", "UPS BLUE"),
    ]
    contents = admin.rows("ABC", "SO_PackageTrackingByItem")
    assert [(row["PackageNo"], row["ItemCode"], row["Quantity"]) for row in contents] == [
        ("0001", "BOLT", 2),
        ("0002", "BOLT", 8),
        ("0002", "NUT", 4),
    ]
    header = only(admin, "SO_InvoiceHeader")
    assert (header["NumberofPackages"], header["ShipVia"]) == (2, "UPS BLUE")
    bus = Clerk(admin).open("SO_InvoiceTracking_bus", "SO_Invoice_ui")
    assert bus.nFind(f"{invoice_no}0002") == 1
    office.post(invoice_no)
    assert admin.rows("ABC", "SO_InvoiceTracking") == []
    kept = admin.rows("ABC", "AR_InvoiceHistoryTracking")
    assert [(row["HeaderSeqNo"], row["TrackingID"]) for row in kept] == [("000000", "1Z1"), ("000000", "1Z2")]


def test_packages_do_not_hold_more_than_is_shipped(tmp_path: Path) -> None:
    admin, office = open_shop(tmp_path)
    with pytest.raises(ValueError, match="more of BOLT"):
        office.ship(ORDER, {BOLT: Decimal(1)}, [Package("1Z1", items={"BOLT": Decimal(2)})])
    assert admin.rows("ABC", "SO_InvoiceHeader") == [], "one transaction: nothing of it is left"
    assert stock(admin) == (100, 10, 0)


@pytest.mark.parametrize("quantity", ["-1", "10.5"])
def test_no_more_is_shipped_than_is_left(tmp_path: Path, quantity: str) -> None:
    admin, office = open_shop(tmp_path)
    with pytest.raises(ValueError, match="line 000001 has 10"):
        office.ship(ORDER, {BOLT: Decimal(quantity)})
    with pytest.raises(KeyError):
        office.ship(ORDER, {"000009": Decimal(1)})
    assert order_lines(admin)[BOLT] == (10, 0, 0)


def test_a_deleted_invoice_gives_everything_back_and_stays_as_xd_until_posting(tmp_path: Path) -> None:
    admin, office = open_shop(tmp_path)
    before = order_lines(admin), stock(admin), customer(admin)["OpenOrderAmt"]
    invoice_no = office.ship(ORDER, {BOLT: Decimal(3)}, [Package("1Z1")])
    office.delete_invoice(invoice_no)
    assert (order_lines(admin), stock(admin), customer(admin)["OpenOrderAmt"]) == before
    assert only(admin, "SO_SalesOrderHeader")["CurrentInvoiceNo"] == ""
    assert only(admin, "SO_InvoiceHeader")["InvoiceType"] == "XD"
    assert admin.rows("ABC", "SO_InvoiceTracking") == admin.rows("ABC", "SO_PackageTrackingByItem") == []
    with pytest.raises(ValueError, match="deleted already"):
        office.delete_invoice(invoice_no)
    office.post()
    assert admin.rows("ABC", "SO_InvoiceHeader") == admin.rows("ABC", "AR_InvoiceHistoryHeader") == []
    assert office.ship(ORDER) > invoice_no, "the order can be shipped again, under another number"


def test_a_held_order_is_not_shipped_until_it_is_released(tmp_path: Path) -> None:
    admin, office = open_shop(tmp_path)
    office.hold(ORDER)
    assert only(admin, "SO_SalesOrderHeader")["OrderStatus"] == "H"
    with pytest.raises(ValueError, match="on hold"):
        office.ship(ORDER)
    office.release(ORDER)
    assert only(admin, "SO_SalesOrderHeader")["OrderStatus"] == "O"
    office.ship(ORDER)
    with pytest.raises(ValueError, match="on invoice"):
        office.ship(ORDER)


@pytest.mark.parametrize(("shipped", "cancelled"), [(None, ["Y", "Y"]), ({BOLT: Decimal(10)}, ["N", "Y"])])
def test_a_cancelled_order_is_in_history_with_its_reason(
    tmp_path: Path, shipped: dict[str, Decimal] | None, cancelled: list[str]
) -> None:
    admin, office = open_shop(tmp_path)
    if shipped:
        office.post(office.ship(ORDER, shipped))
    office.cancel(ORDER, "STOCK")
    history = only(admin, "SO_SalesOrderHistoryHeader")
    assert (history["OrderStatus"], history["CancelReasonCode"]) == ("X", "STOCK")
    lines = admin.rows("ABC", "SO_SalesOrderHistoryDetail")
    assert [line["CancelledLine"] for line in lines] == cancelled
    assert [line["QuantityOrderedOriginal"] for line in lines] == [10, 4]
    assert stock(admin)[1:] == stock(admin, "NUT")[1:] == (0, 0)
    assert customer(admin)["OpenOrderAmt"] == 0
    with pytest.raises(KeyError):
        office.cancel(ORDER, "STOCK")


def test_an_order_on_an_invoice_is_neither_cancelled_nor_deleted(tmp_path: Path) -> None:
    admin, office = open_shop(tmp_path)
    office.ship(ORDER)
    with pytest.raises(ValueError, match="is on invoice"):
        office.cancel(ORDER, "STOCK")
    bus = Clerk(admin).orders()
    assert bus.nDelete(ORDER) == 0
    assert "is on invoice" in bus.sLastErrorMsg


def test_a_change_of_a_part_shipped_order_keeps_what_was_shipped(tmp_path: Path) -> None:
    admin, office = open_shop(tmp_path)
    office.post(office.ship(ORDER, {BOLT: Decimal(3)}))
    bus = Clerk(admin).orders()
    bus.nSetKey(ORDER)
    lines = bus.oLines
    lines.nEditLine(BOLT)
    lines.nSetValue("QuantityOrdered", 2.0)
    lines.nWrite()
    assert bus.nWrite() == 0, "three have been shipped"
    lines.nEditLine(BOLT)
    lines.nSetValue("QuantityOrdered", 8.0)
    lines.nWrite()
    add_line(bus, "BOOK", 1.0, 9.0)
    assert bus.nWrite() == 1, bus.sLastErrorMsg
    assert order_lines(admin) == {BOLT: (8, 3, 5), NUT: (4, 0, 0), "000003": (1, 0, 0)}
    assert stock(admin) == (97, 0, 5)
    history = {row["LineKey"]: row for row in admin.rows("ABC", "SO_SalesOrderHistoryDetail")}
    assert (history[BOLT]["QuantityOrderedOriginal"], history[BOLT]["QuantityOrderedRevised"]) == (10, 8)
    assert [history[key]["OriginalLine"] for key in (BOLT, "000003")] == ["Y", "N"]
    check_the_stock(admin)


def test_charges_and_comments_go_whole_with_the_first_invoice(tmp_path: Path) -> None:
    admin, office = open_shop(tmp_path)
    bus = Clerk(admin).orders()
    bus.nSetKey(ORDER)
    add_line(bus, "/FREIGHT", 1.0, 7.5)
    lines = bus.oLines
    lines.nAddLine()
    lines.nSetValue("ItemCode$", "/FEE")
    lines.nSetValue("ExtensionAmt", 2.25)
    lines.nWrite()
    bus.nWrite()
    bus.DropObject()
    office.post(office.ship(ORDER, {BOLT: Decimal(3)}))
    office.post(office.ship(ORDER))
    billed = [(row["InvoiceNo"], row["ItemCode"]) for row in admin.rows("ABC", "AR_InvoiceHistoryDetail")]
    assert billed == [
        ("0000001", "BOLT"),
        ("0000001", "/FREIGHT"),
        ("0000001", "/FEE"),
        ("0000002", "BOLT"),
        ("0000002", "NUT"),
    ]
    check_the_books(admin)
