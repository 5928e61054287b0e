"""What an ERP charges for an item: contract, price level, price code, standard price (reference sage100.md 2.8). Pure.

Price rows of the reference carry no dates; only a sales promotion does. Left out: price levels by product line
(AR_PriceLevelByCust, whose use is an inference), prices of a bill-to customer, and the customer's own discount.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Literal

from pydantic import Field

from bridge.flows.rhythm import Rhythm

BY_CODE, BY_ITEM, CONTRACT = "0", "1", "2"
"""PriceCodeRecord: what a price row is about."""

_SIX_PLACES = Decimal("0.000001")
_HUNDRED = Decimal(100)


class Source(StrEnum):
    """What made a price, in the order in which it is looked for; a promotion is compared with what the rest gives."""

    PROMOTION = "promotion"
    CONTRACT = "contract"
    ITEM_BY_LEVEL = "item by level"
    ITEM = "item"
    CODE_BY_LEVEL = "price code by level"
    CODE = "price code"
    STANDARD = "standard price"


class PriceRules(Rhythm):
    """The `price` section of a lane: what the company's options say, and what its price levels are called elsewhere."""

    cost: Literal["standard", "average", "last"] = Field(
        "standard", description="The cost of an item that price rows of the methods C and M mark up."
    )
    lists: dict[str, str] = Field(
        {}, description="The storefront's price list for each price level that is called otherwise there."
    )
    step: Decimal = Field(
        Decimal(1), gt=0, decimal_places=6,
        description="The smallest step of an ordered quantity: a price holds from so much above the break before it.",
    )  # fmt: skip

    def list_of(self, level: str) -> str:
        """The storefront's price list of a level."""
        return self.lists.get(level, level)


@dataclass(frozen=True)
class PricedItem:
    """What an item's price is made of, in the company's currency, for one standard unit. Days are YYYYMMDD."""

    item: str
    item_type: str
    price_code: str
    standard_price: Decimal
    standard_cost: Decimal
    average_cost: Decimal
    last_cost: Decimal
    sale_method: str
    sale_from: str
    sale_to: str
    sale_price: Decimal
    sale_percent: Decimal

    def cost(self, which: Literal["standard", "average", "last"]) -> Decimal:
        """The cost that is marked up."""
        return {"standard": self.standard_cost, "average": self.average_cost, "last": self.last_cost}[which]


@dataclass(frozen=True)
class PriceRow:
    """One price row: its key's six parts, how it prices, and up to which quantity each of its figures holds."""

    record: str
    price_code: str
    item: str
    level: str
    division: str
    customer: str
    method: str
    limits: tuple[Decimal, ...]
    figures: tuple[Decimal, ...]

    @property
    def key(self) -> tuple[str, ...]:
        """The six parts."""
        return self.record, self.price_code, self.item, self.level, self.division, self.customer


@dataclass(frozen=True)
class Buyer:
    """Who is charged: a customer of the ERP, or (without a number) anybody of a price level; "" is the standard."""

    level: str = ""
    division: str = ""
    number: str = ""


@dataclass(frozen=True)
class Charge:
    """A unit price and what made it."""

    price: Decimal
    by: Source


@dataclass(frozen=True)
class Tier:
    """A unit price for quantities up to `limit`; None is all that are greater."""

    limit: Decimal | None
    price: Decimal


class PriceBook:
    """The price rows that bear on some items."""

    def __init__(self, rows: Iterable[PriceRow], cost: Literal["standard", "average", "last"] = "standard") -> None:
        self._rows: Mapping[tuple[str, ...], PriceRow] = {row.key: row for row in rows}
        self._about: dict[tuple[str, str], list[PriceRow]] = {}
        for row in self._rows.values():
            self._about.setdefault((row.record, row.price_code or row.item), []).append(row)
        self._cost = cost

    def levels(self, item: PricedItem) -> set[str]:
        """The price levels that have a row for the item or for its price code."""
        rows = [*self._about.get((BY_ITEM, item.item), ()), *self._about.get((BY_CODE, item.price_code), ())]
        return {row.level for row in rows if row.level}

    def contracts(self, item: PricedItem) -> list[PriceRow]:
        """The rows of the customers who have a price of their own."""
        return self._about.get((CONTRACT, item.item), [])

    def tiers(self, item: PricedItem, buyer: Buyer) -> list[Tier]:
        """What the buyer pays by quantity, without promotions. Raises `ValueError` for a row that gives no price."""
        _, row = self._rule(item, buyer)
        if row is None:
            return [Tier(None, item.standard_price)]
        return [Tier(limit, _priced(item, row, figure, item.cost(self._cost))) for limit, figure in _steps(row)]

    def charge(self, item: PricedItem, buyer: Buyer, quantity: Decimal, day: date) -> Charge:
        """What the buyer is charged for one unit. Raises `ValueError` as above."""
        source, _ = self._rule(item, buyer)
        tiers = self.tiers(item, buyer)
        price = next(tier.price for tier in tiers if tier.limit is None or tier.limit >= quantity)
        promotion = promoted(item, day)
        if promotion is not None and promotion < price:
            return Charge(promotion, Source.PROMOTION)
        return Charge(price, source)

    def _rule(self, item: PricedItem, buyer: Buyer) -> tuple[Source, PriceRow | None]:
        for source, key in _search(item, buyer):
            if key in self._rows:
                return source, self._rows[key]
        return Source.STANDARD, None


def _search(item: PricedItem, buyer: Buyer) -> Iterator[tuple[Source, tuple[str, ...]]]:
    """The keys in the order in which Sage looks for them."""
    if buyer.number:
        yield Source.CONTRACT, (CONTRACT, "", item.item, "", buyer.division, buyer.number)
    if buyer.level:
        yield Source.ITEM_BY_LEVEL, (BY_ITEM, "", item.item, buyer.level, "", "")
    yield Source.ITEM, (BY_ITEM, "", item.item, "", "", "")
    if item.price_code and buyer.level:
        yield Source.CODE_BY_LEVEL, (BY_CODE, item.price_code, "", buyer.level, "", "")
    if item.price_code:
        yield Source.CODE, (BY_CODE, item.price_code, "", "", "", "")


def _steps(row: PriceRow) -> list[tuple[Decimal | None, Decimal]]:
    """The figures with their limits: the first limit that is at least the quantity counts, and the last has no end.

    A limit below one before it is never reached. A row without any holds for every quantity by its first figure.
    """
    steps: list[tuple[Decimal | None, Decimal]] = []
    reached = Decimal(0)
    for limit, figure in zip(row.limits, row.figures, strict=False):
        if limit > reached:
            steps.append((limit, figure))
            reached = limit
    last = steps[-1][1] if steps else next(iter(row.figures), Decimal(0))
    return [*steps[:-1], (None, last)]


def _priced(item: PricedItem, row: PriceRow, figure: Decimal, cost: Decimal) -> Decimal:
    """The five methods: a mark-up of the cost, a discount off the standard price, or a price of its own."""
    match row.method:
        case "C":
            price = cost + figure
        case "D":
            price = item.standard_price * (_HUNDRED - figure) / _HUNDRED
        case "M":
            price = cost * (_HUNDRED + figure) / _HUNDRED
        case "O":
            price = figure
        case "P":
            price = item.standard_price - figure
        case unknown:
            raise ValueError(f"pricing method {unknown!r} is unknown")
    if price < 0:
        raise ValueError(f"pricing method {row.method} comes to {price:f}")
    return price.quantize(_SIX_PLACES, rounding=ROUND_HALF_UP)


def promoted(item: PricedItem, day: date) -> Decimal | None:
    """The price of the item's sales promotion, or None when none is in effect; a day that is blank bounds nothing."""
    today = day.strftime("%Y%m%d")
    if today < item.sale_from or today > (item.sale_to or today):
        return None
    if item.sale_method == "P":
        return item.sale_price
    if item.sale_method == "D":
        off = item.standard_price * item.sale_percent / _HUNDRED
        return (item.standard_price - off).quantize(_SIX_PLACES, rounding=ROUND_HALF_UP)
    return None
