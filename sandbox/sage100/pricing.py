"""What Sage asks for an item: promotion, contract, price level, price code, standard price (reference 2.8).

Left out: price levels by product line (AR_PriceLevelByCust), prices of a bill-to customer, and the customer's own
discount, which the reference places after the unit price.
"""

from decimal import Decimal

from sandbox.sage100.layouts import Row, rounded
from sandbox.sage100.store import Store
from sandbox.sage100.totals import number

_BY_PRICE_CODE, _BY_LEVEL, _CONTRACT = "0", "1", "2"
"""PriceCodeRecord: what the parts of a price row's key mean."""

_BREAKS = range(1, 6)
_COSTS = {"standard": "StandardUnitCost", "average": "AverageUnitCost", "last": "LastTotalUnitCost"}


def price_for(store: Store, company: str, customer: Row, item: Row, *, quantity: Decimal, on_day: str) -> Decimal:
    """The price of one standard unit, to six places; quantity too is in standard units, the day is YYYYMMDD.

    The first rule that has a row counts, and the item's own price where none has; a promotion in effect wins only
    where it is lower than that.
    """
    row = _rule(store, company, customer, item)
    ruled = number(item, "StandardUnitPrice")
    if row:
        ruled = _ruled(item, row, quantity, _COSTS[store.options().price_cost])
    promotion = _promotion(item, on_day)
    return rounded(ruled if promotion is None else min(ruled, promotion), 6)


def _rule(store: Store, company: str, customer: Row, item: Row) -> Row | None:
    """The price row that applies: contract, item by level, price code by level; a blank level is everybody's."""
    code, price_code = str(item.get("ItemCode", "")), str(item.get("PriceCode", ""))
    levels = dict.fromkeys((str(customer.get("PriceLevel", "")), ""))
    buyer = str(customer.get("ARDivisionNo", "")), str(customer.get("CustomerNo", ""))
    keys: list[tuple[str, ...]] = [(_CONTRACT, "", code, "", *buyer)] if buyer[1] else []
    keys += [(_BY_LEVEL, "", code, level) for level in levels]
    keys += [(_BY_PRICE_CODE, price_code, "", level) for level in levels if price_code]
    layout = store.layout("IM_PriceCode")
    rows = (store.get(company, "IM_PriceCode", layout.prefix(*key).rstrip()) for key in keys)
    return next((row for row in rows if row is not None), None)


def _ruled(item: Row, row: Row, quantity: Decimal, cost_column: str) -> Decimal:
    standard, cost, figure = number(item, "StandardUnitPrice"), number(item, cost_column), _figure(row, quantity)
    prices = {
        "C": cost + figure,
        "D": standard * (1 - figure / 100),
        "M": cost * (1 + figure / 100),
        "O": figure,
        "P": standard - figure,
    }
    return prices.get(str(row.get("PricingMethod")), standard)


def _figure(row: Row, quantity: Decimal) -> Decimal:
    """The figure of the first break that reaches to this quantity; beyond all of them, of the last one (inferred)."""
    breaks = [step for step in _BREAKS if number(row, f"BreakQuantity{step}")]
    reaching = [step for step in breaks if number(row, f"BreakQuantity{step}") >= quantity]
    step = (reaching[:1] or breaks[-1:] or [_BREAKS[0]])[0]
    return number(row, f"DiscountMarkup{step}")


def _promotion(item: Row, on_day: str) -> Decimal | None:
    """The item's promotional price, None on a day when there is none."""
    first, last = str(item.get("SaleStartingDate", "")), str(item.get("SaleEndingDate", ""))
    if not first <= on_day <= last:
        return None
    if item.get("SaleMethod") == "P":
        return number(item, "SalesPromotionPrice")
    if item.get("SaleMethod") == "D":
        return number(item, "StandardUnitPrice") * (1 - number(item, "SalesPromotionDiscountPercent") / 100)
    return None
