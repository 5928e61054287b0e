"""The bad orders that a bridge must survive: each is wrong in one way, and it is known where each must come to rest."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from bridge.states import State
from sandbox.orders import make_orders

FIRST_BAD_NUMBER = 900_001


class BadKind(StrEnum):
    """What is wrong with an order."""

    UNKNOWN_ITEM = "unknown item"
    FIELD_TOO_LONG = "field too long"
    UNKNOWN_CUSTOMER = "unknown customer"
    WRONG_TOTALS = "wrong totals"
    UNKNOWN_CURRENCY = "unknown currency"
    GARBAGE = "garbage"


@dataclass(frozen=True)
class Expected:
    """Where a bad order must come to rest, and what is wrong with it."""

    state: State
    kind: BadKind


_ENDS = {
    BadKind.UNKNOWN_ITEM: State.REVIEW,
    BadKind.FIELD_TOO_LONG: State.REVIEW,
    BadKind.UNKNOWN_CUSTOMER: State.REVIEW,
    BadKind.WRONG_TOTALS: State.HELD,
    BadKind.UNKNOWN_CURRENCY: State.REVIEW,
    BadKind.GARBAGE: State.DEAD,
}


def make_bad_orders(
    seed: int, kinds: Sequence[BadKind] = tuple(BadKind), *, first_number: int = FIRST_BAD_NUMBER, **more: Any
) -> tuple[list[dict[str, Any]], dict[str, Expected]]:
    """One order for each kind, and what must become of each by order id. `more` goes to `make_orders`.

    Place those of WRONG_TOTALS and GARBAGE unchecked: the sandbox site refuses them otherwise.
    """
    orders = make_orders(seed, len(kinds), first_number=first_number, **more)
    for kind, order in zip(kinds, orders, strict=True):
        _SPOILERS[kind](order)
    return orders, {order["id"]: Expected(_ENDS[kind], kind) for kind, order in zip(kinds, orders, strict=True)}


def _unknown_item(order: dict[str, Any]) -> None:
    order["lines"][0]["sku"] = "NO-SUCH-ITEM"


def _field_too_long(order: dict[str, Any]) -> None:
    order["purchaseOrderNumber"] = "PO-2026-" + "7" * 52


def _unknown_customer(order: dict[str, Any]) -> None:
    nobody = {
        "id": "cus_9999999",
        "accountNumber": "9999999",
        "email": "nobody@example.com",
        "name": "Nobody's Workshop",
    }
    order["customer"] |= nobody


def _wrong_totals(order: dict[str, Any]) -> None:
    total = order["totals"]["total"]
    total["amount"] = f"{Decimal(total['amount']) + 10:f}"


def _unknown_currency(order: dict[str, Any]) -> None:
    order.update(_in_currency(order, "XAU"))


def _garbage(order: dict[str, Any]) -> None:
    order.update(lines="see attachment", placedAt="yesterday", totals=None)


_SPOILERS = {
    BadKind.UNKNOWN_ITEM: _unknown_item,
    BadKind.FIELD_TOO_LONG: _field_too_long,
    BadKind.UNKNOWN_CUSTOMER: _unknown_customer,
    BadKind.WRONG_TOTALS: _wrong_totals,
    BadKind.UNKNOWN_CURRENCY: _unknown_currency,
    BadKind.GARBAGE: _garbage,
}


def _in_currency(value: Any, currency: str) -> Any:
    if isinstance(value, list):
        return [_in_currency(part, currency) for part in value]
    if not isinstance(value, dict):
        return value
    return {name: currency if name == "currency" else _in_currency(part, currency) for name, part in value.items()}
