"""How fast each item of a lane sells, measured from the orders that came: its class, and what sells between readings.

Pure. Units are the standard unit of measure, as an order line is written to the ERP.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

ZERO = Decimal(0)


class ItemClass(StrEnum):
    """How fast an item sells: A the few that make most of the units, C the slow ones."""

    A = "A"
    B = "B"
    C = "C"


class VelocityRules(BaseModel):
    """How the velocity of items is measured, once a day, from the orders that came."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    days: int = Field(90, gt=0, description="Days of orders that are looked at.")
    least_orders: int = Field(500, gt=0, description="Orders in them without which nothing is measured.")
    a_share: Decimal = Field(Decimal("0.80"), gt=0, le=1, description="Share of all units that the items of A make.")
    b_share: Decimal = Field(
        Decimal("0.15"), ge=0, le=1, description="Share of all units that the items of B make; all others are C."
    )
    quantile: Decimal = Field(
        Decimal("0.95"),
        gt=0,
        le=1,
        description="Share of the gaps between readings in which no more is sold than counted.",
    )


@dataclass(frozen=True)
class Sale:
    """So many units of an item were ordered."""

    item: str
    units: Decimal
    at: datetime


@dataclass(frozen=True)
class Pace:
    """How fast an item sells; `per_gap` units are what is sold of it between two readings, at the chosen quantile."""

    item_class: ItemClass
    per_gap: Decimal


@dataclass(frozen=True)
class Velocity:
    """How fast a lane's items sell; what never sold is absent. `is_known` is false where too few orders were seen."""

    paces: Mapping[str, Pace] = field(default_factory=dict)
    is_known: bool = False

    def to_json(self) -> str:
        """As JSON text; `from_json` gives the same back."""
        paces = {item: [pace.item_class.value, f"{pace.per_gap:f}"] for item, pace in self.paces.items()}
        return json.dumps({"is_known": self.is_known, "paces": paces})

    @classmethod
    def from_json(cls, text: str) -> "Velocity":
        """The inverse of `to_json`."""
        packed = json.loads(text)
        paces = {item: Pace(ItemClass(name), Decimal(units)) for item, (name, units) in packed["paces"].items()}
        return cls(paces, packed["is_known"])


UNMEASURED = Velocity()


def measured(
    sales: Sequence[Sale], rules: VelocityRules, since: datetime, gaps_s: Mapping[ItemClass, float],
    *, classes: Mapping[str, ItemClass],
) -> Velocity:  # fmt: skip
    """The velocity by what was sold in `rules.days` from a moment on.

    `gaps_s` are the seconds between two readings of each class, `classes` what people have set.
    """
    units: dict[str, Decimal] = {}
    of_item: dict[str, list[Sale]] = {}
    for sale in sales:
        units[sale.item] = units.get(sale.item, ZERO) + sale.units
        of_item.setdefault(sale.item, []).append(sale)
    paces = {}
    for item, by_units in classes_by_units(units, rules).items():
        item_class = classes.get(item, by_units)
        gap_s = gaps_s[item_class]
        per_gap = units_per_gap(of_item[item], since, gap_s, rules.days * 86_400 / gap_s, rules.quantile)
        paces[item] = Pace(item_class, per_gap)
    return Velocity(paces, is_known=True)


def classes_by_units(units: Mapping[str, Decimal], rules: VelocityRules) -> dict[str, ItemClass]:
    """The items that together make the first `a_share` of all units are A, those that make the next `b_share` are B."""
    total, before, found = sum(units.values(), ZERO), ZERO, {}
    for item in sorted(units, key=lambda name: (-units[name], name)):
        is_a, is_b = before < total * rules.a_share, before < total * (rules.a_share + rules.b_share)
        found[item] = ItemClass.A if is_a else ItemClass.B if is_b else ItemClass.C
        before += units[item]
    return found


def units_per_gap(sales: Iterable[Sale], since: datetime, gap_s: float, gaps: float, quantile: Decimal) -> Decimal:
    """The units of one item that are sold in a gap of so many seconds, in that share of all gaps no more than these.

    `gaps` are all there are, most of which may have seen no sale.
    """
    sold: dict[int, Decimal] = {}
    for sale in sales:
        gap = int((sale.at - since).total_seconds() // gap_s)
        sold[gap] = sold.get(gap, ZERO) + sale.units
    count = max(int(Decimal(gaps).to_integral_value(ROUND_CEILING)), len(sold))
    rank = int((count * quantile).to_integral_value(ROUND_CEILING))
    without_sale = count - len(sold)
    return sorted(sold.values())[rank - without_sale - 1] if rank > without_sale else ZERO
