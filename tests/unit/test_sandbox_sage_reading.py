"""Browsing, many rows at once, stamps (point 12), and where an order can be found as it moves on (reference 2.11)."""

import time
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import time_machine

from sandbox.sage100.com import ComError
from sandbox.sage100.expressions import filter_of
from sandbox.sage100.layouts import Row
from tests.unit.sandbox_sage_rig import Clerk, Out, add_line, begin_order, make_sage, value, write_order

SEP = "\u0160"
"""Byte 138 in code page 1252."""


def result_sets(
    bus: Any, describe: str, key: str, condition: str = "", *, begin: str = "", end: str = ""
) -> tuple[str, str]:
    descriptions, keys = Out(), Out()
    arguments = (Out(describe), Out(key), descriptions, keys, Out(condition), Out(begin), Out(end))
    assert bus.nGetResultSets(*arguments) == 1
    return descriptions.value, keys.value


def test_browse_in_key_order_within_a_prefix(tmp_path: Path) -> None:
    admin = make_sage(tmp_path)
    admin.add_rows("ABC", "IM_ItemWarehouse", [{"ItemCode": "BOLT", "WarehouseCode": "001", "QuantityOnHand": 7}])
    bus = Clerk(admin).open("IM_ItemWarehouse_svc", "CI_ItemCode_ui")
    bus.nSetBrowseFilter("BOLT".ljust(30))
    found, more = [], bus.nMoveFirst()
    while more:
        found.append((value(bus, "WarehouseCode$"), value(bus, "QuantityOnHand")))
        more = bus.nMoveNext()
    assert found == [("000", 100.0), ("001", 7.0)]
    assert bus.nEOF == 1
    bus.nSetKeyValue("ItemCode$", "BOLT")
    bus.nSetKeyValue("WarehouseCode$", "001")
    assert bus.nFind() == 1
    assert value(bus, "QuantityOnHand") == 7.0


def test_many_rows_at_once(tmp_path: Path) -> None:
    admin = make_sage(tmp_path)
    bus = Clerk(admin).open("AR_Customer_svc", "AR_Customer_ui")
    everyone = result_sets(bus, 'CustomerNo$+": "+CustomerName$', "ARDivisionNo$+CustomerNo$")
    assert everyone == (f"ACME: Acme Co.{SEP}ZETA: Zeta Ltd.", f"00ACME{SEP}00ZETA")
    assert result_sets(bus, "CustomerNo$", "CustomerNo$", 'EmailAddress$="buyer@acme.example"')[1] == "ACME"
    either = 'CustomerName$="Zeta Ltd." OR EmailAddress$="buyer@acme.example"'
    assert result_sets(bus, "CustomerNo$", "CustomerNo$", either)[1] == f"ACME{SEP}ZETA"
    assert result_sets(bus, "CustomerNo$", "CustomerNo$", begin="00B")[1] == "ZETA"
    assert result_sets(bus, "CustomerNo$", "CustomerNo$", end="00ACME")[1] == "ACME"
    assert result_sets(bus, "CustomerNo$", "CustomerNo$", 'CustomerNo$="NOBODY"') == ("", "")
    admin.set_option("trailing_separator", True)
    assert result_sets(bus, "CustomerNo$", "CustomerNo$", end="00ACME")[1] == f"ACME{SEP}"


@pytest.mark.parametrize(
    ("condition", "passes"),
    [
        ("", True),
        ('A$="x"', True),
        ('A$="X"', False),
        ('A$<>"y" AND B$=""', True),
        ('B$="1" OR (A$="y" OR A$="x")', True),
        ('POS(A$="xyz")', True),
        ('POS("q"=A$)', False),
        ('Q$="say ""hi"""', True),
        ('A$+"-"+A$="x-x"', True),
        ('POS(A$="wxyz")=2', True),
        ('DAY$>="20261121" AND DAY$+TIME$>"202611219.5"', True),
        ('DAY$<"20261121"', False),
        ("SUM<>0", True),
        ("SUM>12.5 OR SUM<=0", False),
        ("NONE", False),
        ('STR(SUM)="12.50"', True),
        ('SUM$=""', True),
        ("A=0", True),
    ],
)
def test_filters(condition: str, passes: bool) -> None:
    row: Row = {"A": "x", "Q": 'say "hi"', "DAY": "20261121", "TIME": "9.75000", "SUM": Decimal("12.50")}
    assert filter_of(condition, SEP)(row) is passes


@pytest.mark.parametrize(
    "condition", ['A$="x', "A$=", 'A$="x" A$="y"', "A$ ~ 1", '(A$="x"', "=", 'POS(A$,"x")', 'UCS(A$)="X"']
)
def test_a_filter_that_cannot_be_read_is_an_error(condition: str) -> None:
    with pytest.raises(ComError, match="Error #88"):
        filter_of(condition, SEP)


@pytest.mark.parametrize("condition", ['SUM="12.50"', "A$>5", 'POS("x"=A$)="1"'])
def test_a_text_is_not_compared_with_a_number(condition: str) -> None:
    with pytest.raises(ComError, match="Error #26"):
        filter_of(condition, SEP)


def test_metadata_and_whole_records(tmp_path: Path) -> None:
    bus = Clerk(make_sage(tmp_path)).open("CI_ItemCode_bus")
    assert (bus.sGetKeyColumns(), bus.sGetDataSources()) == ("ItemCode$", "MAIN")
    data, names = Out(), Out()
    assert bus.nGetRecord(data, names) == 0, "nothing loaded"
    assert bus.nSetKey("BOLT") == 1, "a reading object finds"
    assert bus.nGetRecord(data, names) == 1
    record = dict(zip(names.value.split(SEP), data.value.split(SEP), strict=True))
    assert (record["ItemCodeDesc$"], Decimal(record["StandardUnitPrice"])) == ("A bolt", Decimal("2.5"))
    assert bus.nGetValue("NoSuch$", data) == 0
    assert bus.nFind("NOTHING") == 0
    assert bus.sLastErrorMsg.endswith("is not on file.")


def test_browsing_orders_brings_their_lines_and_gives_up_an_edit(tmp_path: Path) -> None:
    admin = make_sage(tmp_path)
    bus = Clerk(admin).orders()
    write_order(bus, "0000001")
    write_order(bus, "0000002")
    begin_order(bus, "0000003")
    assert bus.nMoveFirst() == 1
    assert bus.nSetValue("Comment$", "x") == 0
    assert bus.nMoveNext() == 1
    assert value(bus, "SalesOrderNo$") == "0000002"
    assert bus.oLines.nMoveFirst() == 1
    assert bus.nMoveNext() == 0
    assert Clerk(admin).orders().nSetKey("0000003") == 2, "its lock has ended"


def test_stamps_are_decimal_hours_of_the_installation(tmp_path: Path) -> None:
    bus = Clerk(make_sage(tmp_path, time_zone="America/Chicago")).orders()
    begin_order(bus, "0000001")
    add_line(bus, "BOLT", 1.0)
    with time_machine.travel(datetime(2026, 11, 21, 21, 30, tzinfo=UTC), tick=False):
        bus.nWrite()
    assert (value(bus, "DateCreated$"), value(bus, "TimeCreated$")) == ("20261121", "15.50000")
    bus.nSetKey("0000001")
    with time_machine.travel(datetime(2026, 11, 22, 5, 59, 6, tzinfo=UTC), tick=False):
        bus.nWrite()
    assert (value(bus, "DateUpdated$"), value(bus, "TimeUpdated$")) == ("20261121", "23.98500")
    assert (value(bus, "TimeCreated$"), value(bus, "UserUpdatedKey$")) == ("15.50000", "0000000WEB")


def test_an_order_is_found_wherever_it_has_got_to(tmp_path: Path) -> None:
    admin = make_sage(tmp_path)
    clerk = Clerk(admin)
    bus = clerk.orders()
    number, stamp = "0000001", "main:0000001"
    write_order(bus, number)
    history = clerk.open("SO_SalesOrderHistoryInquiry_bus")
    assert (history.nFind(number), value(history, "OrderStatus$")) == (1, "A")

    invoice_no = admin.make_invoice("ABC", number)
    bus.nFind(number)
    assert value(bus, "CurrentInvoiceNo$") == invoice_no
    invoices = clerk.open("SO_Invoice_bus")
    assert result_sets(invoices, "UDF_WEB_ORDER_ID$", "InvoiceNo$", f'SalesOrderNo$="{number}"') == (stamp, invoice_no)
    assert (invoices.nSetKey(invoice_no), value(invoices, "SalesOrderNo$")) == (1, number)

    admin.post_invoice("ABC", invoice_no)
    assert (bus.nFind(number), invoices.nFind(invoice_no)) == (0, 0)
    assert history.nFind(number) == 1
    assert (value(history, "OrderStatus$"), value(history, "LastInvoiceNo$")) == ("C", invoice_no)
    assert value(history, "UDF_WEB_ORDER_ID$") == stamp
    posted = clerk.open("AR_InvoiceHistoryInquiry_bus")
    assert result_sets(posted, "UDF_WEB_ORDER_ID$", "InvoiceNo$+HeaderSeqNo$", f'SalesOrderNo$="{number}"') == (
        stamp,
        f"{invoice_no}000000",
    )
    assert posted.nFind(f"{invoice_no}000000") == 1

    stock = next(row for row in admin.rows("ABC", "IM_ItemWarehouse") if row["ItemCode"] == "BOLT")
    assert (stock["QuantityOnHand"], stock["QuantityOnSalesOrder"]) == (98, 0)
    customer = admin.customers("ABC")[0]
    assert (customer["OpenOrderAmt"], customer["CurrentBalance"]) == (0, Decimal("6.60"))
    with pytest.raises(KeyError):
        admin.post_invoice("ABC", invoice_no)


def test_without_history_a_completed_order_is_gone(tmp_path: Path) -> None:
    admin = make_sage(tmp_path, keep_order_history=False)
    bus = Clerk(admin).orders()
    write_order(bus, "0000001")
    write_order(bus, "0000002")
    admin.move_to_history("ABC", "0000001")
    admin.post_invoice("ABC", admin.make_invoice("ABC", "0000002"))
    assert [(order["place"], order["header"]["SalesOrderNo"]) for order in admin.orders("ABC")] == [
        ("invoice history", "0000002")
    ]


def test_udfs_stay_behind_by_option(tmp_path: Path) -> None:
    admin = make_sage(tmp_path, carry_udfs=False)
    clerk = Clerk(admin)
    write_order(clerk.orders(), "0000001")
    admin.move_to_history("ABC", "0000001")
    history = clerk.open("SO_SalesOrderHistoryInquiry_bus")
    assert history.nFind("0000001") == 1
    assert history.nGetValue("UDF_WEB_ORDER_ID$", Out()) == 0


def test_an_auditor_reads_hundreds_of_orders_in_moments(tmp_path: Path) -> None:
    admin = make_sage(tmp_path)
    bus = Clerk(admin).orders()
    start = time.monotonic()
    for number in range(1, 201):
        write_order(bus, f"{number:07}")
    written = time.monotonic()
    assert len(admin.orders("ABC")) == 200
    assert written - start < 200 * 0.05
    assert time.monotonic() - written < 1
