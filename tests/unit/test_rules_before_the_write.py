"""The checks before the write: each says what an order waits for, and with which field and figure."""

from decimal import Decimal

import pytest

from bridge.documents import Payment
from bridge.ports.erp import CustomerStanding, Facts, ItemStanding
from bridge.rules import (
    Condition,
    LaneRules,
    Release,
    check_currency,
    check_standing,
    check_totals,
    release,
)
from tests.unit.mapping_samples import line, order

RULES = LaneRules()


def standing(**changes: object) -> Facts:
    facts = {
        "number": "ACME", "on_credit_hold": False, "credit_limit": Decimal(100), "balance": Decimal(50),
        "open_orders": Decimal(30),
    }  # fmt: skip
    return Facts(customers={"ACME": CustomerStanding(**(facts | changes))})  # type: ignore[arg-type]


def test_an_order_whose_sums_agree_passes() -> None:
    assert check_totals(order(line(discount_total=Decimal(-1)), totals={"shipping": "5", "tax": "1.65"})) is None


@pytest.mark.parametrize(("extended", "is_off"), [("20.01", False), ("19.99", False), ("20.02", True)])
def test_a_line_may_be_a_cent_off(extended: str, is_off: bool) -> None:
    objection = check_totals(order(line(), line(extended=Decimal(extended))))
    assert (objection is not None) is is_off
    if objection:
        assert (objection.condition, objection.field, objection.value) == (
            Condition.TOTALS, "lines[1].extended", "20.02",
        )  # fmt: skip


@pytest.mark.parametrize(
    ("totals", "field"),
    [
        ({"items": "20.05", "total": "20.05"}, None),
        ({"items": "20.06", "total": "20.06"}, "totals.items"),
        ({"shipping": "5", "total": "25.05"}, None),
        ({"shipping": "5", "total": "24.94"}, "totals.total"),
        ({"total": "20", "balance_due": "19.90"}, "totals.balance_due"),
    ],
)
def test_an_order_may_be_five_cents_off(totals: dict[str, str], field: str | None) -> None:
    objection = check_totals(order(line(), totals=totals))
    assert (objection.field if objection else None) == field


def test_the_currency_is_the_companys() -> None:
    assert check_currency(order(), RULES) is None
    objection = check_currency(order(currency="EUR"), RULES)
    assert objection is not None
    assert (objection.condition, objection.field, objection.value) == (Condition.CURRENCY, "currency", "EUR")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Release.RELEASE),
        ({"status": "Confirmed", "payment_status": "authorized"}, Release.RELEASE),
        ({"status": "Pending"}, Release.WAIT),
        ({"payment_status": "none"}, Release.WAIT),
        ({"payment_status": "none", "payments": (Payment(kind="onAccount", amount=1),)}, Release.RELEASE),
        ({"payment_status": "none", "payments": (Payment(kind="onAccount", amount=1, state="voided"),)}, Release.WAIT),
        ({"status": "OnHold"}, Release.WAIT),
        ({"status": "Cancelled"}, Release.CANCELLED),
        ({"is_deleted": True}, Release.CANCELLED),
    ],
)
def test_an_order_is_released_by_status_and_payment(changes: dict[str, object], expected: Release) -> None:
    assert release(order(**changes), RULES) is expected


@pytest.mark.parametrize(
    ("facts", "condition"),
    [
        (standing(), None),
        (standing(balance=Decimal("50.01")), Condition.CREDIT_LIMIT),
        (standing(balance=Decimal(5000), credit_limit=Decimal(0)), None),
        (standing(on_credit_hold=True), Condition.CREDIT_HOLD),
        (Facts(), None),
    ],
)
def test_credit_is_balance_open_orders_and_this_order(facts: Facts, condition: Condition | None) -> None:
    objection = check_standing(order(line()), "ACME", {}, facts, RULES)
    assert (objection.condition if objection else None) == condition
    assert check_standing(order(line()), "ACME", {}, facts, LaneRules(credit="ignore")) is None


def test_the_limits_text_has_the_figures() -> None:
    objection = check_standing(order(line()), "ACME", {}, standing(balance=Decimal(90)), RULES)
    assert objection is not None
    assert objection.field == "totals.total"
    assert "would owe 140.00, over the limit of 100" in objection.text


@pytest.mark.parametrize(
    ("wanted", "kind", "is_held"), [("5", "1", False), ("5.0001", "1", True), ("99", "5", False)]
)  # fmt: skip
def test_stock_is_held_or_back_ordered(wanted: str, kind: str, is_held: bool) -> None:
    facts = Facts(items={"A-1": ItemStanding("A-1", is_active=True, available=Decimal(5), kind=kind)})
    quantities = {"A-1": Decimal(wanted), "UNKNOWN": Decimal(1)}
    objection = check_standing(order(), "ACME", quantities, facts, LaneRules(stock="hold"))
    assert (objection is not None) is is_held
    if objection:
        assert (objection.condition, objection.value) == (Condition.STOCK, "A-1")
    assert check_standing(order(), "ACME", quantities, facts, RULES) is None


def test_every_setting_has_a_sentence_and_unknown_ones_are_refused() -> None:
    assert all(field.description and field.description.endswith(".") for field in LaneRules.model_fields.values())
    with pytest.raises(ValueError, match="extra"):
        LaneRules.model_validate({"credt": "hold"})
