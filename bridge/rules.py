"""What is checked of an order before it is written: pure functions of the order, the ERP's facts and a lane's rules.

An objection is no error: it names the condition for which the record waits (design, section 6), the field and the
way out. None means that nothing stands against the write.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from bridge.documents import Line, Order
from bridge.ports.erp import Facts

_CENT = Decimal("0.01")
_LINE_TOLERANCE = Decimal("0.01")
_ORDER_TOLERANCE = Decimal("0.05")
_STOCKED = "1"
_SPENT = frozenset({"voided", "failed", "refunded"})


class LaneRules(BaseModel):
    """The `rules` section of a lane in `tidegate.toml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    currency: str = Field("USD", description="The company's currency; an order in another one is not written.")
    release_statuses: frozenset[str] = Field(
        frozenset({"Confirmed", "Processing"}), description="Storefront statuses in which an order may be written."
    )
    release_payment_statuses: frozenset[str] = Field(
        frozenset({"authorized", "paid"}), description="Payment statuses that are good enough to write an order."
    )
    release_payment_kinds: frozenset[str] = Field(
        frozenset({"onAccount"}), description="Kinds of payment that are good enough whatever the payment status."
    )
    credit: Literal["ignore", "hold"] = Field(
        "hold", description="What a credit hold or an exceeded limit in the ERP does: nothing, or the order waits."
    )
    stock: Literal["accept", "hold"] = Field(
        "accept", description="Whether an order for more than is available is taken as a back-order, or waits."
    )
    customer_missing: Literal["create", "review"] = Field(
        "create", description="Whether a buyer unknown to the ERP is created there, or shown to a person."
    )
    after_write_cancel: Literal["hold", "cancel", "review"] = Field(
        "hold",
        description="What becomes of an order withdrawn after it was written: held or cancelled in the ERP, or shown.",
    )
    cancel_reason_code: str = Field(
        "", max_length=5, description="The ERP's reason code for such an order, if it is cancelled there."
    )


class Condition(StrEnum):
    """What a record waits for, or what a person must mend."""

    TOTALS = "totals"
    CURRENCY = "currency"
    CREDIT_HOLD = "credit_hold"
    CREDIT_LIMIT = "credit_limit"
    STOCK = "stock"


LIFTED_BY_ERP = frozenset({Condition.CREDIT_HOLD, Condition.CREDIT_LIMIT, Condition.STOCK})
"""Conditions that the ERP's own figures can lift, so they are looked at again in each window."""


@dataclass(frozen=True)
class Objection:
    """What stands against the write: the condition, the order's field and value, and a sentence with the way out."""

    condition: Condition
    field: str
    value: str
    text: str


class Release(StrEnum):
    """Whether an order may be written now."""

    RELEASE = "release"
    WAIT = "wait"
    CANCELLED = "cancelled"


def release(order: Order, rules: LaneRules) -> Release:
    """Whether the storefront has let the order go, by its status and its payment (reference clarity.md 2.10)."""
    if order.is_cancelled:
        return Release.CANCELLED
    is_paid = order.payment_status in rules.release_payment_statuses or any(
        payment.kind in rules.release_payment_kinds and payment.state not in _SPENT for payment in order.payments
    )
    return Release.RELEASE if is_paid and order.status in rules.release_statuses else Release.WAIT


def check_currency(order: Order, rules: LaneRules) -> Objection | None:
    """An order in another currency than the company's is never written."""
    if order.currency == rules.currency:
        return None
    text = f"the company keeps its books in {rules.currency}; send this site's orders to a lane of their currency"
    return Objection(Condition.CURRENCY, "currency", order.currency, text)


def check_totals(order: Order) -> Objection | None:
    """The first sum that is off by more than 0.01 on a line or 0.05 on the order (reference clarity.md 2.9)."""
    for position, line in enumerate(order.lines):
        expected = _rounded(line)
        if abs(line.extended - expected) > _LINE_TOLERANCE:
            return _mismatch(f"lines[{position}].extended", line.extended, expected, "quantity x unit price")
    totals = order.totals
    items = sum((line.extended for line in order.lines), Decimal(0))
    total = totals.items + totals.discounts + totals.shipping + totals.handling + totals.fees + totals.tax
    sums = [("items", totals.items, items, "the lines"), ("total", totals.total, total, "its parts")]
    if totals.balance_due is not None:
        sums.append(("balance_due", totals.balance_due, totals.total - totals.paid, "total less paid"))
    for name, given, expected, what in sums:
        if abs(given - expected) > _ORDER_TOLERANCE:
            return _mismatch(f"totals.{name}", given, expected, what)
    return None


def check_standing(
    order: Order, customer_number: str, wanted: Mapping[str, Decimal], facts: Facts, rules: LaneRules
) -> Objection | None:
    """What speaks against the order as the ERP stands now: the customer's credit, then stock.

    `wanted` is the quantity by the ERP's item code, as mapped. What the ERP does not know is left to the write to tell.
    """
    return _credit_objection(order, customer_number, facts, rules) or _stock_objection(wanted, facts, rules)


def _credit_objection(order: Order, number: str, facts: Facts, rules: LaneRules) -> Objection | None:
    standing = facts.customers.get(number)
    if rules.credit == "ignore" or standing is None:
        return None
    if standing.on_credit_hold:
        text = f"customer {number} is on credit hold in the ERP; take the hold off there, or set credit to ignore"
        return Objection(Condition.CREDIT_HOLD, "customer", number, text)
    owed = standing.balance + standing.open_orders + order.totals.total
    if standing.credit_limit and owed > standing.credit_limit:  # no limit is kept as zero
        text = (
            f"customer {number} would owe {owed}, over the limit of {standing.credit_limit} "
            f"(balance {standing.balance}, open orders {standing.open_orders}); raise the limit or wait for a payment"
        )
        return Objection(Condition.CREDIT_LIMIT, "totals.total", str(order.totals.total), text)
    return None


def _stock_objection(wanted: Mapping[str, Decimal], facts: Facts, rules: LaneRules) -> Objection | None:
    """The first item of which less is available than is wanted, in the standard unit of measure."""
    if rules.stock == "accept":
        return None
    for code, quantity in wanted.items():
        item = facts.items.get(code)
        if item is not None and item.kind == _STOCKED and quantity > item.available:
            text = f"{quantity} of {code} are wanted and {item.available} are available; wait, or set stock to accept"
            return Objection(Condition.STOCK, "lines", code, text)
    return None


def _rounded(line: Line) -> Decimal:
    return (line.quantity * line.unit_price).quantize(_CENT, ROUND_HALF_UP)


def _mismatch(field: str, given: Decimal, expected: Decimal, what: str) -> Objection:
    text = f"{field} is {given}, and {what} come to {expected}; the order waits until the storefront mends it"
    return Objection(Condition.TOTALS, field, str(given), text)
