"""What a storefront has taken of an order's money itself, by the states of its payments (reference clarity.md 2.9)."""

from decimal import Decimal

from bridge.documents.order import Payment

_CAPTURED, _PARTLY_CAPTURED = "captured", "partiallyCaptured"
_NEVER_TAKEN = frozenset({"voided", "failed"})


def is_captured(payment: Payment) -> bool:
    """Whether any of it was captured, be it given back since. Pure."""
    says_so = payment.captured_amount > 0 or payment.state in {_CAPTURED, _PARTLY_CAPTURED}
    return says_so and payment.state not in _NEVER_TAKEN


def taken(payment: Payment) -> Decimal:
    """What was captured of it less what was given back, below zero where that was more. Pure.

    A payment that is captured and names no captured amount was captured whole.
    """
    if not is_captured(payment):
        return Decimal(0)
    is_whole = payment.state == _CAPTURED and not payment.captured_amount
    captured = payment.amount if is_whole else payment.captured_amount
    return captured - payment.refunded_amount
