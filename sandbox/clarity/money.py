"""Exact money: minor units, rounding, and the sums that an order must keep (reference clarity.md 2.9)."""

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal

from sandbox.clarity.calls import FieldError, JsonObject

_MINOR_UNITS = {"JPY": 0, "KRW": 0, "BHD": 3, "JOD": 3, "KWD": 3, "OMR": 3, "TND": 3}
_PARTS = ("items", "discounts", "shipping", "handling", "fees", "tax")


def rounded(amount: Decimal, currency: str) -> Decimal:
    """To the currency's minor units, halves away from zero."""
    return amount.quantize(Decimal(1).scaleb(-_MINOR_UNITS.get(currency, 2)), ROUND_HALF_UP)


def money(amount: Decimal, currency: str) -> JsonObject:
    """`{"amount": "129.90", "currency": "USD"}`; the amount is written as it is, without rounding."""
    return {"amount": f"{amount:f}", "currency": currency}


def amount_of(value: JsonObject) -> Decimal:
    """The exact amount of a money object."""
    return Decimal(str(value["amount"]))


def wrong_sums(order: JsonObject) -> list[FieldError]:
    """Every sum of the order that does not add up to the last minor unit; an empty list when all do."""
    return [
        FieldError(field, "wrong_sum", f"{field} is {given} but its parts come to {due}")
        for field, given, due in _sums(order)
        if given != due
    ]


def _sums(order: JsonObject) -> Iterator[tuple[str, Decimal, Decimal]]:
    currency = order["currency"]
    items = Decimal(0)
    for place, line in enumerate(order["lines"]):
        extended = amount_of(line["extended"])
        due = rounded(Decimal(line["quantity"]) * amount_of(line["unitPrice"]), currency)
        yield f"lines[{place}].extended", extended, due
        items += extended
    totals = {name: amount_of(value) for name, value in order["totals"].items()}
    yield "totals.items", totals["items"], items
    yield "totals.total", totals["total"], sum((totals[part] for part in _PARTS), Decimal(0))
    yield "totals.balanceDue", totals["balanceDue"], totals["total"] - totals["paid"]
