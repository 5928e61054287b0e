"""What of Sage's tables can be read over COM, and by which objects (reference sage100.md 1.1.5, 2.3 to 2.10)."""

from pathlib import Path

import pytest

from sandbox.sage100.catalogue import CATALOGUE
from sandbox.sage100.layout_tables import KEYS
from sandbox.sage100.layouts import layout
from sandbox.sage100.options import Options
from tests.unit.sandbox_sage_rig import Clerk, Out, make_sage, value

STAMPED = {
    "SO_SalesOrderHeader", "SO_SalesOrderHistoryHeader", "SO_InvoiceHeader", "SO_SalesOrderPayment", "SO_ShipToAddress",
    "AR_InvoiceHistoryHeader", "AR_InvoiceHistoryPayment", "AR_OpenInvoice", "AR_TransactionPaymentHistory",
    "AR_CashReceiptsHistory", "AR_Customer", "AR_CustomerContact", "CI_Item", "IM_ItemWarehouse", "IM_PriceCode",
    "GL_Account",
}  # fmt: skip


def test_stamps_are_on_the_tables_that_have_them_and_on_no_detail_tracking_or_link() -> None:
    assert {table for table in KEYS if layout(table, Options()).is_stamped} == STAMPED


@pytest.mark.parametrize("table", sorted(table for table in KEYS if not table.startswith("SY_")))
def test_every_table_can_be_read(table: str) -> None:
    assert CATALOGUE[f"{table.lower()}_svc"].table == table


@pytest.mark.parametrize(
    ("name", "task"),
    [
        ("SO_SalesOrderDetail_bus", "SO_SalesOrder_ui"),
        ("SO_SalesOrderHistoryInquiryDetail_bus", "SO_SalesOrderHistoryInquiry_ui"),
        ("AR_InvoiceHistoryInquiryDetail_bus", "AR_InvoiceHistoryInquiry_ui"),
        ("SO_Shipping_bus", "SO_Shipping_ui"),
        ("SO_InvoiceTracking_bus", "SO_Shipping_ui"),
        ("SO_InvoiceTracking_bus", "SO_Invoice_ui"),
        ("SO_ShipToAddress_svc", "SO_SalesOrder_ui"),
        ("AR_OpenInvoice_svc", "AR_Customer_ui"),
        ("GL_Account_bus", "GL_Account_ui"),
    ],
)
def test_an_object_is_made_with_its_task(tmp_path: Path, name: str, task: str) -> None:
    assert Clerk(make_sage(tmp_path)).open(name, task).nMoveFirst() in {0, 1}


def test_a_price_row_is_found_though_the_last_part_of_its_key_is_blank(tmp_path: Path) -> None:
    admin = make_sage(tmp_path)
    row = {"PriceCodeRecord": "1", "ItemCode": "BOLT", "CustomerPriceLevel": "A", "PricingMethod": "O"}
    admin.add_rows("ABC", "IM_PriceCode", [{**row, "BreakQuantity1": 99999999, "DiscountMarkup1": "2.125"}])
    bus = Clerk(admin).open("IM_PriceCode_svc", "CI_ItemCode_ui")
    for column, cell in (("PriceCodeRecord$", "1"), ("ItemCode$", "BOLT"), ("CustomerPriceLevel$", "A")):
        assert bus.nSetKeyValue(column, cell) == 1
    assert bus.nFind() == 1
    assert (value(bus, "DiscountMarkup1"), value(bus, "PricingMethod$")) == (2.125, "O")


def test_a_customer_is_not_found_by_half_a_key(tmp_path: Path) -> None:
    bus = Clerk(make_sage(tmp_path)).open("AR_Customer_svc", "AR_Customer_ui")
    bus.nSetKeyValue("ARDivisionNo$", "00")
    assert bus.nFind() == 0


def test_begin_and_end_bound_what_is_read(tmp_path: Path) -> None:
    admin = make_sage(tmp_path)
    admin.add_rows("ABC", "IM_ItemWarehouse", [{"ItemCode": "BOLT", "WarehouseCode": "001", "QuantityOnHand": 7}])
    bus = Clerk(admin).open("IM_ItemWarehouse_svc", "CI_ItemCode_ui")

    def between(begin: str, end: str) -> str:
        keys = Out()
        assert bus.nGetResultSets("ItemCode$", "ItemCode$+WarehouseCode$", Out(), keys, "", begin, end) == 1
        return str(keys.value).replace("\u0160", " ")

    bolt = "BOLT".ljust(30)
    assert between(bolt, f"{bolt}999") == "BOLT000 BOLT001"
    assert between(f"{bolt}001", f"{bolt}001") == "BOLT001"
    assert between("BOOK".ljust(33), "") == "BOOK000 NUT000 OLD000", "blanks at the end of a bound do not count"
    assert between("", "A") == ""
