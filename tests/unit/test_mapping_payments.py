"""What a storefront has captured becomes the deposit of its order, by payment type; what it has not, does not."""

from decimal import Decimal
from typing import Any

import pytest

from bridge.documents import Payment
from bridge.errors import Refused
from mappings import LaneMapping
from tests.unit.mapping_samples import LANE, mapped, order

COLUMNS = ("PaymentType", "PaymentTypeCategory", "DepositAmt", "OtherPaymentTypeRefNo")
SEVERAL = LaneMapping.model_validate(LANE.model_dump() | {"payment_types": {"Stripe": "STRIP", "PayPal": "PAYPL"}})


def card(amount: str, captured: str = "0", refunded: str = "0", **facts: Any) -> Payment:
    """A payment by card, captured as far as told."""
    state = "captured" if Decimal(captured) else "authorized"
    facts = {"kind": "card", "gateway": "Stripe", "state": state, "transaction_id": "pi_1", **facts}
    return Payment(amount=amount, captured_amount=captured, refunded_amount=refunded, **facts)


def deposit(*payments: Payment, lane: LaneMapping = LANE) -> tuple[object, ...]:
    """The columns that say how an order of 20.00 was paid, in the order in which Sage gets them."""
    header = mapped(order(payments=payments), lane).header
    assert [name for name in header if name in COLUMNS] == [name for name in COLUMNS if name in header]
    return tuple(header.get(name) for name in COLUMNS)


NOTHING = (None, None, None)


@pytest.mark.parametrize(
    ("payment", "amount"),
    [
        (card("20", "20"), 20),
        (card("20", "12.50", state="partiallyCaptured"), Decimal("12.50")),
        (card("20", "20", "5"), 15),
        (card("20", "20", "5", state="refunded"), 15),
        (card("20", state="captured"), 20),
        (card("20", "12", state=None), 12),
    ],
)
def test_what_was_captured_less_what_was_given_back_is_the_deposit(payment: Payment, amount: Decimal) -> None:
    assert deposit(payment) == ("STRIP", "D", amount, "pi_1")


@pytest.mark.parametrize(
    "payment",
    [
        card("20"),
        card("20", state=None),
        card("20", state="partiallyCaptured"),
        card("20", state="voided"),
        card("20", "20", state="voided"),
        card("20", "20", state="failed"),
        card("20", "20", "20", state="refunded"),
        card("20", "0", "20", state="refunded"),
    ],
)
def test_nothing_taken_leaves_the_columns_alone(payment: Payment) -> None:
    assert deposit(payment)[1:] == NOTHING


def test_money_of_a_type_that_the_lane_leaves_empty_is_none_of_sages_business() -> None:
    gift = card("20", "20", kind="onAccount", gateway=None)
    assert deposit(gift) == (None, *NOTHING)
    assert deposit(gift, card("8", "8")) == ("STRIP", "D", 8, "pi_1")


def test_what_was_captured_names_the_type_before_what_is_larger() -> None:
    check = Payment(kind="check", amount=15)
    assert deposit(check, card("5", "5")) == ("STRIP", "D", 5, "pi_1")
    assert deposit(check, card("5")) == ("CHECK", *NOTHING)


def test_several_types_are_one_deposit_under_the_largest_and_the_split_is_noted() -> None:
    paypal = card("12", "12", gateway="PayPal", kind="paypal", transaction_id="pp_1")
    given = order(payments=(card("3", "3"), paypal, card("5", "5", transaction_id="pi_2")))
    result = mapped(given, SEVERAL)
    assert tuple(result.header[name] for name in COLUMNS) == ("PAYPL", "D", 20, "pp_1")
    assert result.notes == ("payments: 12 PAYPL and 8 STRIP are one deposit under PAYPL",)


@pytest.mark.parametrize(
    ("transaction_id", "reference"),
    [("pi_" + "3" * 24, "3" * 24), ("x" * 24, "x" * 24), ("", None), (None, None)],
)
def test_a_long_reference_keeps_its_end(transaction_id: str | None, reference: str | None) -> None:
    assert deposit(card("20", "20", transaction_id=transaction_id))[3] == reference


def refused(*payments: Payment) -> Refused:
    with pytest.raises(Refused) as refusal:
        mapped(order(payments=payments))
    return refusal.value


def test_more_than_the_orders_total_is_a_persons() -> None:
    refusal = refused(card("20", "20"), card("5", "0.01"))
    assert (refusal.field, refusal.value, refusal.code) == ("payments", "20.01", "rejected")
    assert "more was captured than the order's total of 20.00" in str(refusal)


def test_more_given_back_than_captured_is_a_persons() -> None:
    refusal = refused(card("20", "20"), card("5", "2", "3"))
    assert (refusal.field, refusal.value) == ("payments[1].refunded_amount", "3")


def test_captured_money_of_an_unknown_type_is_refused_be_it_the_smallest() -> None:
    refusal = refused(card("15", "15"), card("5", "5", gateway="Cow", kind="barter"))
    assert (refusal.field, refusal.value, refusal.code) == ("payments", "Cow, barter", "unmapped")


def test_parts_of_a_cent_are_refused() -> None:
    assert refused(card("20", "12.345")).code == "too_precise"
