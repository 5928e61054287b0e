"""How people are told amounts, times and spans, on pages and at terminals."""

from datetime import datetime
from decimal import Decimal


def moment(at: datetime) -> str:
    """A time in UTC, to the second."""
    return f"{at:%Y-%m-%d %H:%M:%S}Z"


def money(amount: Decimal | None, currency: str | None) -> str:
    """An amount with at least its cents, and its currency."""
    if amount is None:
        return "-"
    cents = amount.quantize(Decimal("0.01"))
    exact = cents if cents == amount else amount.normalize()
    return f"{exact:,f} {currency or ''}".rstrip()


def span(seconds: float) -> str:
    """A length of time in its largest fitting unit, such as `3 min`."""
    for unit, size_s in (("d", 86400), ("h", 3600), ("min", 60)):
        if abs(seconds) >= size_s:
            return f"{seconds / size_s:.0f} {unit}"
    return f"{seconds:.0f} s"


def age(since: datetime, now: datetime) -> str:
    """How long ago that was."""
    return span((now - since).total_seconds())
