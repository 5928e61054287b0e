"""Payments of an order: captured, and given back, by the shopkeeper (reference clarity.md 2.7, 2.9).

The contract does not say which event shows the order of a payment; here `data.orderId` names it.
"""

from decimal import Decimal

from sandbox.clarity.calls import JsonObject, Problem, invalid
from sandbox.clarity.money import amount_of, money, rounded
from sandbox.clarity.resources import PAYMENT, Resource

CAPTURED, REFUNDED = "captured", "refunded"


def moved(order: Resource, amount: Decimal | None, *, captured: bool) -> JsonObject:
    """The order after so much more of its first payment was captured, or given back; all that is left unless told.

    Raises `Problem` 422 for more than is left, and for an order without a payment.
    """
    payment, others = _first(order)
    whole = {name: amount_of(payment[name]) for name in ("amount", "capturedAmount", "refundedAmount")}
    name, of = ("capturedAmount", "amount") if captured else ("refundedAmount", "capturedAmount")
    left = whole[of] - whole[name]
    more = left if amount is None else rounded(amount, order.body["currency"])
    if not 0 < more <= left:
        raise invalid("amount", "out_of_range", f"{more} is not above 0 and at most {left}")
    whole[name] += more
    currency = order.body["currency"]
    changed = {**payment, name: money(whole[name], currency), "state": _state(whole)}
    return {**order.body, "payments": [changed, *others], **_paid(order, [changed, *others])}


def event_of(order: Resource) -> Resource:
    """The first payment of an order as its events show it."""
    payment, _ = _first(order)
    body = {**payment, "orderId": order.id}
    return Resource(
        PAYMENT, order.number, str(payment["id"]), order.version, order.created_at, order.updated_at, None, body
    )


def _first(order: Resource) -> tuple[JsonObject, list[JsonObject]]:
    payments = order.body.get("payments") or []
    if not payments:
        raise Problem(422, "illegal_transition", f"order {order.id} has no payment")
    return payments[0], payments[1:]


def _state(whole: dict[str, Decimal]) -> str:
    if whole["refundedAmount"] and whole["refundedAmount"] == whole["capturedAmount"]:
        return REFUNDED
    return CAPTURED if whole["capturedAmount"] == whole["amount"] else "partiallyCaptured"


def _paid(order: Resource, payments: list[JsonObject]) -> JsonObject:
    """Payment status and totals of an order that is paid so."""
    totals, currency = order.body["totals"], order.body["currency"]
    captured = sum((amount_of(each["capturedAmount"]) for each in payments), Decimal(0))
    refunded = sum((amount_of(each["refundedAmount"]) for each in payments), Decimal(0))
    paid, total = captured - refunded, amount_of(totals["total"])
    sums = {"paid": money(paid, currency), "balanceDue": money(total - paid, currency)}
    return {"paymentStatus": _status(paid, refunded, total), "totals": {**totals, **sums}}


def _status(paid: Decimal, refunded: Decimal, total: Decimal) -> str:
    if refunded:
        return "partiallyRefunded" if paid else "refunded"
    return "paid" if paid == total else "partiallyPaid"
