"""What is owed of an invoice, and which payments are news to the storefront."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.flows.invoice import (
    ChargedLine,
    InvoiceHead,
    OpenItem,
    balance_of,
    item_key,
    state_of,
)
from bridge.flows.receipt import Applied, ReceiptRules, is_shown

AMOUNTS = st.decimals(-10_000, 10_000, places=2)
ZERO = Decimal(0)


def head(header: str = "000000") -> InvoiceHead:
    money = Decimal(30), Decimal(5), Decimal("1.50"), Decimal(3)
    return InvoiceHead("0000007", header, "IN", "0000123", "00", "ACME", "20260302", "20260401", *money, "SO", "000001")


def item(balance: str, header: str = "000000") -> OpenItem:
    return OpenItem("0000007", header, "IN", "00", "ACME", "20260401", Decimal(balance))


def line(quantity: str, extended: str, item_type: str = "1") -> ChargedLine:
    return ChargedLine("", "BOLT", item_type, "A bolt", Decimal(quantity), Decimal("2.50"), Decimal(extended))


def payment(type_: str = "P", payment_type: str = "CHECK", amount: str = "5") -> Applied:
    days = "20260303", "000001", type_, "20260303"
    return Applied("00", "ACME", "0000007", "IN", *days, payment_type, "", Decimal(amount))


def test_the_total_is_the_sum_of_its_parts() -> None:
    assert head().total == Decimal("33.50")


@pytest.mark.parametrize(
    ("total", "balance", "state"),
    [
        ("30", "30", "open"),
        ("30", "12", "partiallyPaid"),
        ("30", "0", "paid"),
        ("0", "0", "paid"),
        ("30", "31", "open"),
        ("-30", "-30", "open"),
        ("-30", "-12", "partiallyPaid"),
        ("-30", "0", "paid"),
    ],
)
def test_how_far_it_is_paid(total: str, balance: str, state: str) -> None:
    assert state_of(Decimal(total), Decimal(balance)) == state


@given(AMOUNTS, AMOUNTS)
def test_it_is_paid_when_nothing_is_owed_and_only_then(total: Decimal, balance: Decimal) -> None:
    assert (state_of(total, balance) == "paid") == (balance == 0)
    assert state_of(total, balance) == state_of(-total, -balance)


def test_what_has_no_open_item_is_paid() -> None:
    assert balance_of(head(), {}) == 0
    assert balance_of(head(), {item_key(head()): item("12")}) == 12


def test_an_open_item_is_that_of_its_own_header() -> None:
    """An invoice's number may come again under another header (reference 2.11)."""
    items = {item_key(head()): item("12", header="000001")}
    assert balance_of(head("000001"), items) == 12
    assert balance_of(head("000000"), items) == 0


def test_a_charge_without_a_quantity_is_one_of_its_amount() -> None:
    assert line("0", "7.00", "3").counted == (1, 7)
    assert line("2", "5.00").counted == (2, Decimal("2.50"))
    assert [each.is_charge for each in (line("0", "0"), line("0", "0", "4"), line("0", "7", "3"))] == [
        False,
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("applied", "own_type", "shown"),
    [
        (payment(), None, True),
        (payment(), "CARD", True),
        (payment(payment_type="CARD"), "CARD", False),
        (payment(payment_type="CARD"), None, True),
        (payment(payment_type=""), None, True),
        (payment(type_="I"), None, False),
        (payment(amount="0"), None, False),
    ],
)
def test_which_payments_are_news(applied: Applied, own_type: str | None, shown: bool) -> None:
    assert is_shown(applied, ReceiptRules(), own_type) is shown


def test_two_payments_of_one_invoice_have_names_of_their_own() -> None:
    assert payment().name == "0000007-IN-20260303-000001"
