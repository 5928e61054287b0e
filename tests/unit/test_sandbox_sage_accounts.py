"""Posting and money: journals that balance, open items, receipts, deposits, credits (reference 2.10, 2.11)."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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
from tests.unit.sandbox_sage_rig import Clerk, Out

TOTAL = Decimal("33.51")
"""25.00 + 5.02 for goods less 3.00, 5.5 % tax on 27.02, freight 5.00."""


def test_a_posted_invoice_has_its_amounts_its_journal_and_its_own_ledger_lines(tmp_path: Path) -> None:
    admin, office = open_shop(tmp_path)
    invoice_no = office.ship(ORDER)
    register = office.post(invoice_no)
    header = only(admin, "AR_InvoiceHistoryHeader")
    assert (header["InvoiceNo"], header["HeaderSeqNo"], header["SalesOrderNo"]) == (invoice_no, "000000", ORDER)
    amounts = ("TaxableSalesAmt", "NonTaxableSalesAmt", "SalesTaxAmt", "FreightAmt", "DiscountAmt", "CostOfSalesAmt")
    assert [header[name] for name in amounts] == [Decimal(n) for n in ("30.02", "0", "1.49", "5", "3", "15")]
    lines = [
        line
        for line in admin.rows("ABC", "GL_DetailPosting")
        if (line["SourceJournal"], line["JournalRegisterNo"]) == (header["SourceJournal"], header["JournalNoGLBatchNo"])
    ]
    assert register == header["JournalNoGLBatchNo"]
    assert {line["DocumentNo"] for line in lines} == {invoice_no}
    names = {row["AccountKey"]: row["AccountDesc"] for row in admin.rows("ABC", "GL_Account")}
    entries = {
        names[line["AccountKey"]]: Decimal(line["DebitAmount"]) - Decimal(line["CreditAmount"]) for line in lines
    }
    assert entries == {
        "Accounts receivable": TOTAL,
        "Sales discounts": 3,
        "Sales": Decimal("-30.02"),
        "Freight charged": -5,
        "Sales tax payable": Decimal("-1.49"),
        "Cost of goods sold": 15,
        "Inventory": -15,
    }


def test_the_chain_of_ids_is_walked_over_com(tmp_path: Path) -> None:
    admin, office = open_shop(tmp_path)
    clerk, invoice_no = Clerk(admin), office.ship(ORDER)
    register = office.post(invoice_no)
    office.receive_cash(invoice_no, Decimal("3.51"), check_no="77")

    def read(table: str, describe: str, condition: str, begin: str = "") -> str:
        out = Out()
        bus = clerk.open(f"{table}_svc", "SO_SalesOrder_ui")
        assert bus.nGetResultSets(describe, describe, out, Out(), condition, begin, begin and f"{begin}~") == 1
        return str(out.value)

    assert read("SO_ARInvoiceHistoryLink", "InvoiceNo$", f'SequenceNo$="{BOLT.zfill(14)}"', ORDER) == invoice_no
    key = "InvoiceNo$+HeaderSeqNo$"
    assert read("AR_InvoiceHistoryHeader", key, f'SalesOrderNo$="{ORDER}"') == f"{invoice_no}000000"
    assert read("AR_InvoiceHistoryHeader", "JournalNoGLBatchNo$", "", invoice_no) == register
    own = f'SourceJournal$="SO" AND JournalRegisterNo$="{register}" AND DocumentNo$="{invoice_no}"'
    assert read("GL_DetailPosting", "STR(DebitAmount)", f"{own} AND DebitAmount>20") == str(TOTAL)
    customer_key = f"00{'ACME':<20}{invoice_no}"
    assert read("AR_OpenInvoice", "STR(Balance)", "Balance<>0", customer_key) == "30.00"
    assert read("AR_TransactionPaymentHistory", "CheckNo$+SEP+STR(TransactionAmt)", "", customer_key).endswith("3.51")
    assert read("AR_CashReceiptsHistory", "CheckNo$", f'InvoiceNo$="{invoice_no}"') == "77"


def test_in_summary_the_register_is_all_that_can_be_found(tmp_path: Path) -> None:
    admin, office = open_shop(tmp_path, gl_posting="summary")
    first = office.ship(ORDER, {BOLT: Decimal(4)})
    register = office.post(first)
    lines = admin.rows("ABC", "GL_DetailPosting")
    assert {(line["JournalRegisterNo"], line["DocumentNo"]) for line in lines} == {(register, "")}
    check_the_books(admin)


def test_several_invoices_share_a_register(tmp_path: Path) -> None:
    admin, office = open_shop(tmp_path)
    office.post(office.ship(ORDER, {BOLT: Decimal(4)}))
    office.credit("0000001", {"000001": Decimal(1)})
    office.ship(ORDER)
    register = office.post()
    headers = admin.rows("ABC", "AR_InvoiceHistoryHeader")
    assert [header["JournalNoGLBatchNo"] == register for header in headers] == [False, True, True]
    check_the_books(admin)


def test_an_open_item_is_due_by_its_terms_and_falls_with_what_is_received(tmp_path: Path) -> None:
    with time_machine.travel(datetime(2026, 11, 21, 21, 30, tzinfo=UTC), tick=False):
        admin, office = open_shop(tmp_path)
        invoice_no = office.ship(ORDER)
        office.post(invoice_no)
        item = only(admin, "AR_OpenInvoice")
        assert (item["Balance"], item["InvoiceDueDate"], item["CustomerPONo"]) == (TOTAL, "20261221", "PO-7")
        deposit_no = office.receive_cash(invoice_no, Decimal("10.00"), discount=Decimal("0.51"), check_no="77")
    assert only(admin, "AR_OpenInvoice")["Balance"] == 23
    receipt = only(admin, "AR_CashReceiptsHistory")
    assert (receipt["DepositNo"], receipt["InvoiceNo"], receipt["CheckNo"]) == (deposit_no, invoice_no, "77")
    assert (receipt["CashAmountApplied"], receipt["DiscountAmountApplied"]) == (10, Decimal("0.51"))
    payment = only(admin, "AR_TransactionPaymentHistory")
    assert (payment["TransactionAmt"], payment["PaymentDate"]) == (Decimal("10.51"), "20261121")
    assert (customer(admin)["CurrentBalance"], customer(admin)["LastPaymentAmt"]) == (23, 10)
    office.receive_cash(invoice_no, Decimal(23))
    assert only(admin, "AR_OpenInvoice")["Balance"] == 0
    check_the_books(admin)


@pytest.mark.parametrize("amount", ["0", "-1", "33.52"])
def test_no_more_is_applied_than_the_balance(tmp_path: Path, amount: str) -> None:
    admin, office = open_shop(tmp_path)
    invoice_no = office.ship(ORDER)
    with pytest.raises(KeyError):
        office.receive_cash(invoice_no, Decimal(1))
    office.post(invoice_no)
    with pytest.raises(ValueError, match=r"balance of 33\.51"):
        office.receive_cash(invoice_no, Decimal(amount))
    assert admin.rows("ABC", "AR_CashReceiptsHistory") == []


def test_a_deposit_lowers_what_is_owed_invoice_by_invoice(tmp_path: Path) -> None:
    admin, office = open_shop(tmp_path, deposit=20.0)
    assert only(admin, "SO_SalesOrderPayment")["TransactionAmt"] == 20
    first = office.ship(ORDER, {BOLT: Decimal(4)})
    office.post(first)
    owed = order_total(only(admin, "AR_InvoiceHistoryHeader"))
    assert owed < 20
    assert (only(admin, "AR_OpenInvoice")["Balance"], only(admin, "SO_SalesOrderHeader")["DepositAmt"]) == (
        0,
        20 - owed,
    )
    office.post(office.ship(ORDER))
    payments = admin.rows("ABC", "AR_InvoiceHistoryPayment")
    assert [row["TransactionAmt"] for row in payments] == [owed, 20 - owed]
    assert admin.rows("ABC", "SO_SalesOrderPayment") == []
    check_the_books(admin)


def test_a_whole_credit_undoes_the_invoice(tmp_path: Path) -> None:
    admin, office = open_shop(tmp_path)
    invoice_no = office.ship(ORDER)
    office.post(invoice_no)
    memo_no = office.credit(invoice_no)
    assert (stock(admin)[0], customer(admin)["CurrentBalance"]) == (90, TOTAL), "not posted yet"
    office.post(memo_no)
    assert (stock(admin)[0], customer(admin)["CurrentBalance"]) == (100, 0)
    memo = admin.rows("ABC", "AR_InvoiceHistoryHeader")[1]
    assert (memo["InvoiceType"], memo["ApplyToInvoiceNo"], order_total(memo)) == ("CM", invoice_no, -TOTAL)
    check_the_books(admin)


def test_a_part_is_credited_and_no_more_than_was_shipped(tmp_path: Path) -> None:
    admin, office = open_shop(tmp_path)
    invoice_no = office.ship(ORDER)
    office.post(invoice_no)
    with pytest.raises(ValueError, match="has 10"):
        office.credit(invoice_no, {"000001": Decimal(11)})
    office.post(office.credit(invoice_no, {"000001": Decimal(2)}))
    memo = admin.rows("ABC", "AR_InvoiceHistoryHeader")[1]
    assert (memo["TaxableSalesAmt"], memo["FreightAmt"], memo["CostOfSalesAmt"]) == (-5, 0, -3)
    assert stock(admin)[0] == 92
    check_the_books(admin)


QUANTITY = st.integers(0, 6).map(Decimal)
STEP = st.one_of(
    st.tuples(st.just("ship"), st.dictionaries(st.sampled_from([BOLT, NUT]), QUANTITY, min_size=1)),
    st.sampled_from([("post", {}), ("delete", {}), ("pay", {}), ("credit", {})]),
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, min_size=1, max_size=8), deposit=st.sampled_from([0.0, 12.5]))
def test_whatever_the_office_does_goods_and_money_add_up(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, dict[str, Decimal]]], deposit: float
) -> None:
    admin, office = open_shop(tmp_path_factory.mktemp("sage"), deposit=deposit)
    for step, quantities in steps:
        unposted = [
            str(row["InvoiceNo"]) for row in admin.rows("ABC", "SO_InvoiceHeader") if row["InvoiceType"] != "XD"
        ]
        owed = [row for row in admin.rows("ABC", "AR_OpenInvoice") if row["Balance"] > 0]
        if step == "ship" and order_lines(admin) and not only(admin, "SO_SalesOrderHeader").get("CurrentInvoiceNo"):
            left = {key: ordered - shipped for key, (ordered, shipped, _) in order_lines(admin).items()}
            office.ship(ORDER, {key: min(quantity, left[key]) for key, quantity in quantities.items()})
        elif step == "post":
            office.post()
        elif step == "delete" and unposted:
            office.delete_invoice(unposted[0])
        elif step == "pay" and owed:
            office.receive_cash(str(owed[0]["InvoiceNo"]), min(Decimal(owed[0]["Balance"]), Decimal("7.31")))
        elif step == "credit" and owed:
            office.credit(str(owed[0]["InvoiceNo"]))
        check_the_books(admin)
        check_the_stock(admin)
