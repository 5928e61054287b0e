"""Sage's arithmetic on an order line, and the price and discount that make it come out at the storefront's net."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
ZERO = Decimal(0)
_HUNDRED = Decimal(100)
_PRICE_UNIT = Decimal("0.000001")
_PERCENT_UNITS = (Decimal(1), Decimal("0.1"), CENT, Decimal("0.001"))


def to_cent(amount: Decimal) -> Decimal:
    """Rounds to the cent, half up (away from zero)."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def extension(quantity: Decimal, price: Decimal, percent: Decimal = ZERO) -> Decimal:
    """ExtensionAmt as Sage works it out: quantity x price less the line's discount percent, to the cent."""
    gross = quantity * price
    return to_cent(gross * (_HUNDRED - percent) / _HUNDRED if percent else gross)


@dataclass(frozen=True)
class LinePrice:
    """How Sage gets to a line's net: `extension(quantity, unit_price, percent) + remainder`, to the cent."""

    unit_price: Decimal
    percent: Decimal = ZERO
    remainder: Decimal = ZERO


def price_line(quantity: Decimal, unit_price: Decimal, net: Decimal) -> LinePrice:
    """The plainest way to `net`: the price as it is, a discount percent, an adjusted price, or a rest of its own.

    A percent is taken only when it comes out at the cent, with as few decimals as will do (Sage holds three).
    An adjusted price has six decimals, as Sage's UnitPrice has (reference sage100.md 2.1).
    """
    gross = extension(quantity, unit_price)
    if gross == net:
        return LinePrice(unit_price)
    percent = _percent(quantity, unit_price, gross, net)
    if percent is not None:
        return LinePrice(unit_price, percent)
    adjusted = (net / quantity).quantize(_PRICE_UNIT, ROUND_HALF_UP) if quantity else unit_price
    if extension(quantity, adjusted) == net:
        return LinePrice(adjusted)
    return LinePrice(unit_price, remainder=net - gross)


def _percent(quantity: Decimal, unit_price: Decimal, gross: Decimal, net: Decimal) -> Decimal | None:
    if not gross:
        return None
    share = (gross - net) * _HUNDRED / gross
    if not ZERO < share <= _HUNDRED:
        return None
    candidates = (share.quantize(unit, ROUND_HALF_UP) for unit in _PERCENT_UNITS)
    return next((each for each in candidates if extension(quantity, unit_price, each) == net), None)
