"""Points 5, 7 and 8 of reference sage100.md section 6: locks, lines, whole writes, numbers; and what an order moves."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sandbox.sage100.admin import SageAdmin
from tests.unit.sandbox_sage_rig import (
    Clerk,
    Out,
    add_line,
    begin_order,
    clerk_process,
    make_sage,
    value,
    write_order,
)


def stock_on_orders(admin: SageAdmin, item: str) -> Decimal:
    row = next(row for row in admin.rows("ABC", "IM_ItemWarehouse") if row["ItemCode"] == item)
    return Decimal(row.get("QuantityOnSalesOrder", 0))


def customer(admin: SageAdmin, number: str = "ACME") -> dict[str, Any]:
    return next(row for row in admin.customers("ABC") if row["CustomerNo"] == number)


def test_an_order_exists_only_after_the_header_is_written(tmp_path: Path) -> None:
    admin = make_sage(tmp_path)
    bus = begin_order(Clerk(admin).orders(), "0000001", po="PO-1")
    add_line(bus, "BOLT", 3.0, 2.0)
    assert value(bus.oLines, "LineKey$") == "000001"
    add_line(bus, "BOOK", 1.0, 10.0)
    assert admin.orders("ABC") == []
    assert bus.nWrite() == 1
    (order,) = admin.orders("ABC")
    assert order["place"] == "open"
    assert order["header"]["UDF_WEB_ORDER_ID"] == "main:0000001"
    assert [(line["LineKey"], line["ItemCode"], line["QuantityOrdered"]) for line in order["lines"]] == [
        ("000001", "BOLT", Decimal("3.000000")),
        ("000002", "BOOK", Decimal("1.000000")),
    ]


def test_key_answers_two_then_one_and_the_read_back(tmp_path: Path) -> None:
    bus = Clerk(make_sage(tmp_path)).orders()
    write_order(bus, "0000001")
    assert bus.nSetKey("0000002") == 2
    bus.nClear()
    assert bus.nFind("0000002") == 0, "a cleared edit leaves nothing"
    assert bus.nSetKeyValue("SalesOrderNo$", "0000001") == 1
    assert bus.nSetKey() == 1
    assert value(bus, "CustomerNo$") == "ACME"
    assert bus.nSetKey("X" * 8) == 0, "a bad key"
    bus.nClear()
    assert bus.nSetKey() == 0, "no key at all"


def test_numbers_move_on_at_the_call_and_a_failed_write_spends_its_own(tmp_path: Path) -> None:
    admin = make_sage(tmp_path)
    admin.set_next_number("ABC", "SalesOrderNo", 1234)
    bus, number = Clerk(admin).orders(), Out()
    assert bus.nGetNextSalesOrderNo(number) == 1
    assert number.value == "0001234"
    begin_order(bus, number.value)
    assert bus.nWrite() == 0, "no lines"
    bus.nGetNextSalesOrderNo(number)
    assert number.value == "0001235"


def test_a_header_without_a_written_line_by_option(tmp_path: Path) -> None:
    admin = make_sage(tmp_path)
    bus = begin_order(Clerk(admin).orders(), "0000001")
    bus.oLines.nAddLine()
    bus.oLines.nSetValue("ItemCode$", "BOLT")
    assert bus.nWrite() == 0, "the line was never written"
    assert bus.sLastErrorMsg == admin.options().texts.no_lines
    assert admin.orders("ABC") == []
    admin.set_option("allow_order_without_lines", True)
    assert bus.nWrite() == 1
    assert admin.orders("ABC")[0]["lines"] == []


@pytest.mark.parametrize(("option", "items"), [("lost", ["NUT"]), ("written", ["BOLT", "NUT"])])
def test_an_unwritten_line_by_option(tmp_path: Path, option: str, items: list[str]) -> None:
    admin = make_sage(tmp_path, unwritten_line=option)
    bus = begin_order(Clerk(admin).orders(), "0000001")
    bus.oLines.nAddLine()
    bus.oLines.nSetValue("ItemCode$", "BOLT")
    add_line(bus, "NUT", 1.0)
    bus.nWrite()
    assert [line["ItemCode"] for line in admin.orders("ABC")[0]["lines"]] == items


def test_a_line_needs_an_item(tmp_path: Path) -> None:
    bus = begin_order(Clerk(make_sage(tmp_path)).orders(), "0000001")
    assert bus.oLines.nWrite() == 0
    bus.oLines.nAddLine()
    assert bus.oLines.nWrite() == 0
    assert bus.oLines.sLastErrorMsg == "ItemCode is required."


def test_required_columns(tmp_path: Path) -> None:
    bus = Clerk(make_sage(tmp_path)).orders()
    bus.nSetKey("0000001")
    add_line(bus, "BOLT", 1.0)
    assert bus.nWrite() == 0
    assert bus.sLastErrorMsg == "CustomerNo is required."


def test_sage_works_the_amounts_out(tmp_path: Path) -> None:
    bus = begin_order(Clerk(make_sage(tmp_path)).orders(), "0000001")
    add_line(bus, "NUT", 1.0)
    assert value(bus.oLines, "ExtensionAmt") == 1.26, "1.255, halves up"
    add_line(bus, "BOLT", 10.0, 10.0)
    bus.oLines.nSetValue("LineDiscountPercent", 10.0)
    bus.oLines.nWrite()
    add_line(bus, "BOOK", 1.0, 8.74)
    assert bus.nSetValue("DiscountAmt", 10.0) == 1
    assert bus.nSetValue("FreightAmt", 5.0) == 1
    assert bus.nWrite() == 1
    assert bus.nFind("0000001") == 1
    assert (value(bus, "TaxableAmt"), value(bus, "NonTaxableAmt")) == (91.26, 8.74)
    assert value(bus, "SalesTaxAmt") == 4.52, "5.5 % of 91.26 less its share of the discount, 9.126"


def test_comments_and_charges(tmp_path: Path) -> None:
    admin = make_sage(tmp_path)
    bus = begin_order(Clerk(admin).orders(), "0000001")
    lines = bus.oLines
    add_line(bus, "BOLT", 1.0)
    assert lines.nSetValue("ExtensionAmt", 9.0) == 0, "read only but on charges"
    add_line(bus, "/FREIGHT", 1.0, 7.5)
    lines.nAddLine()
    lines.nSetValue("ItemCode$", "/FEE")
    assert lines.nSetValue("ExtensionAmt", 2.25) == 1
    lines.nWrite()
    lines.nAddLine()
    lines.nSetValue("ItemCode$", "/C")
    lines.nSetValue("CommentText$", "Leave at the door")
    lines.nWrite()
    assert bus.nWrite() == 1
    written = admin.orders("ABC")[0]["lines"]
    assert [(line["ItemType"], line["ExtensionAmt"]) for line in written] == [
        ("1", Decimal("2.50")),
        ("5", Decimal("7.50")),
        ("3", Decimal("2.25")),
        ("4", Decimal(0)),
    ]


def test_writing_changing_and_deleting_move_stock_and_the_customer(tmp_path: Path) -> None:
    admin = make_sage(tmp_path)
    bus = Clerk(admin).orders()
    begin_order(bus, "0000001", customer="ZETA")
    add_line(bus, "BOLT", 4.0, 10.0)
    bus.nWrite()
    assert (stock_on_orders(admin, "BOLT"), customer(admin, "ZETA")["OpenOrderAmt"]) == (4, 40)
    bus.nSetKey("0000001")
    assert bus.oLines.nMoveFirst() == 1
    bus.oLines.nSetValue("QuantityOrdered", 1.0)
    bus.oLines.nWrite()
    assert bus.nWrite() == 1
    assert (stock_on_orders(admin, "BOLT"), customer(admin, "ZETA")["OpenOrderAmt"]) == (1, 10)
    assert bus.nDelete("0000001") == 1
    assert (stock_on_orders(admin, "BOLT"), customer(admin, "ZETA")["OpenOrderAmt"]) == (0, 0)
    (order,) = admin.orders("ABC")
    assert (order["place"], order["header"]["OrderStatus"]) == ("history", "X")
    assert bus.nDelete("0000001") == 0


def test_a_quote_commits_nothing(tmp_path: Path) -> None:
    admin = make_sage(tmp_path)
    bus = begin_order(Clerk(admin).orders(), "0000001")
    bus.nSetValue("OrderType$", "Q")
    add_line(bus, "BOLT", 4.0)
    bus.nWrite()
    assert stock_on_orders(admin, "BOLT") == 0


def test_lines_are_walked_changed_and_removed(tmp_path: Path) -> None:
    admin = make_sage(tmp_path)
    bus = Clerk(admin).orders()
    write_order(bus, "0000001")
    bus.nSetKey("0000001")
    lines, seen = bus.oLines, []
    lines.nMoveFirst()
    while not lines.nEOF:
        seen.append(value(lines, "ItemCode$"))
        lines.nMoveNext()
    assert seen == ["BOLT", "NUT"]
    assert lines.nEditLine("000009") == 0
    assert lines.nEditLine("000001") == 1
    assert lines.nDelete() == 1
    add_line(bus, "BOOK", 1.0)
    bus.nWrite()
    assert [(line["LineKey"], line["ItemCode"]) for line in admin.orders("ABC")[0]["lines"]] == [
        ("000002", "NUT"),
        ("000003", "BOOK"),
    ]


@pytest.mark.parametrize(("option", "text"), [("over_limit", "over_limit"), ("credit_hold", "credit_hold")])
@pytest.mark.parametrize(("reaction", "answer"), [("accept", 1), ("warn", -1), ("refuse", 0)])
def test_credit_by_option(tmp_path: Path, option: str, text: str, reaction: str, answer: int) -> None:
    admin = make_sage(tmp_path)
    admin.set_option(option, reaction)
    admin.add_customers("ABC", [{"CustomerNo": "RISKY", "CreditHold": "Y", "CreditLimit": 10, "TaxSchedule": ""}])
    bus = begin_order(Clerk(admin).orders(), "0000001", customer="RISKY")
    add_line(bus, "BOLT", 5.0)
    assert bus.nWrite() == answer
    assert bus.sLastErrorMsg == ("" if answer == 1 else getattr(admin.options().texts, text))
    assert len(admin.orders("ABC")) == abs(answer)


def test_within_the_limit_the_open_orders_count_and_a_change_does_not_count_twice(tmp_path: Path) -> None:
    admin = make_sage(tmp_path, over_limit="refuse")
    admin.add_customers("ABC", [{"CustomerNo": "RISKY", "CreditLimit": 10}])
    bus = begin_order(Clerk(admin).orders(), "0000001", customer="RISKY")
    add_line(bus, "BOLT", 4.0)
    assert bus.nWrite() == 1, "exactly the limit"
    bus.nSetKey("0000001")
    assert bus.nWrite() == 1
    begin_order(bus, "0000002", customer="RISKY")
    add_line(bus, "NUT", 1.0)
    assert bus.nWrite() == 0


def test_sage_may_put_the_order_on_hold(tmp_path: Path) -> None:
    admin = make_sage(tmp_path, credit_hold="hold")
    admin.add_customers("ABC", [{"CustomerNo": "RISKY", "CreditHold": "Y"}])
    bus = begin_order(Clerk(admin).orders(), "0000001", customer="RISKY")
    add_line(bus, "BOLT", 1.0)
    assert bus.nWrite() == -1
    assert admin.orders("ABC")[0]["header"]["OrderStatus"] == "H"


@pytest.mark.parametrize("switch", ["maintenance", "period_end"])
def test_a_closed_installation_refuses_writes_and_keeps_everything(tmp_path: Path, switch: str) -> None:
    admin = make_sage(tmp_path)
    bus, number = begin_order(Clerk(admin).orders(), "0000001"), Out()
    add_line(bus, "BOLT", 1.0)
    admin.set_option(switch, True)
    assert (bus.nWrite(), bus.nGetNextSalesOrderNo(number)) == (0, 0)
    assert bus.sLastErrorMsg == getattr(admin.options().texts, switch)
    assert (admin.orders("ABC"), stock_on_orders(admin, "BOLT")) == ([], 0)
    admin.set_option(switch, False)
    assert bus.nWrite() == 1


def test_a_lock_ends_at_write_clear_and_drop(tmp_path: Path) -> None:
    admin = make_sage(tmp_path)
    mine, theirs = Clerk(admin).orders(), Clerk(admin).orders()
    begin_order(mine, "0000001")
    assert theirs.nSetKey("0000001") == 0
    assert theirs.sLastErrorMsg == admin.options().texts.locked
    add_line(mine, "BOLT", 1.0)
    mine.nWrite()
    assert theirs.nSetKey("0000001") == 1
    assert mine.nSetKey("0000001") == 0
    assert mine.nFind("0000001") == 1, "reading takes no lock"
    theirs.nClear()
    assert mine.nSetKey("0000001") == 1
    mine.DropObject()
    assert theirs.nSetKey("0000001") == 1


def test_processes_compete_for_a_record_and_a_dead_ones_lock_is_void(tmp_path: Path) -> None:
    admin = make_sage(tmp_path)
    with clerk_process(admin, "lock", "0000001") as a, clerk_process(admin, "lock", "0000001") as b:
        assert a.stdout
        assert b.stdout
        answers = {a.stdout.readline().strip(): a, b.stdout.readline().strip(): b}
        assert set(answers) == {"2", "0"}
        bus = Clerk(admin).orders()
        assert bus.nSetKey("0000001") == 0
        answers["2"].kill()
        answers["2"].wait()
        assert bus.nSetKey("0000001") == 2


def test_a_customer_is_made_and_changed(tmp_path: Path) -> None:
    admin = make_sage(tmp_path)
    bus, number = Clerk(admin).open("AR_Customer_bus"), Out()
    assert bus.nGetNextCustomerNo(number) == 1
    assert number.value == "0000001"
    bus.nSetKeyValue("ARDivisionNo$", "00")
    bus.nSetKeyValue("CustomerNo$", number.value)
    assert bus.nSetKey() == 2
    assert bus.nWrite() == 0
    assert bus.sLastErrorMsg == "CustomerName is required."
    for column, cell in (("CustomerName$", "New Co."), ("UDF_WEB_CUSTOMER_ID$", "main:c-1"), ("TermsCode$", "01")):
        assert bus.nSetValue(column, cell) == 1
    assert bus.nSetValue("CurrentBalance", 5.0) == 0, "read only"
    assert bus.nWrite() == 1
    assert bus.nSetKey("000000001") == 1
    bus.nSetValue("City$", "Oslo")
    bus.nWrite()
    written = customer(admin, "0000001")
    assert (written["City"], written["UDF_WEB_CUSTOMER_ID"], written["CustomerStatus"]) == ("Oslo", "main:c-1", "A")
    admin.set_option("automatic_customer_no", False)
    assert bus.nGetNextCustomerNo(number) == 0
