"""How much of an item a storefront may sell: what is on hand less all that is promised, less a safety buffer. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

ZERO = Decimal(0)
_ONE = Decimal(1)

Share = Annotated[Decimal, Field(ge=0, le=1)]


class ItemClass(StrEnum):
    """How fast an item sells: A the fastest tenth or so, C the slow ones."""

    A = "A"
    B = "B"
    C = "C"


@dataclass(frozen=True)
class Level:
    """One item in one warehouse, in the standard unit of measure; `allocated` is what orders in the ERP have of it."""

    item: str
    warehouse: str
    on_hand: Decimal
    allocated: Decimal


class StockRules(BaseModel):
    """The `stock` section of a lane: what is kept back, and which warehouses serve which location of a storefront."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    every_s: float = Field(3600, gt=0, description="Seconds from one reading of all stock to the next.")
    buffer: dict[ItemClass, Share] = Field(
        {ItemClass.A: Decimal("0.10"), ItemClass.B: Decimal("0.07"), ItemClass.C: Decimal("0.05")},
        description="Share of what is left that is kept back, by class; sales between two readings come out of it.",
    )
    floor: Decimal = Field(ZERO, ge=0, description="What is kept back at least, in the standard unit of measure.")
    classes: dict[str, ItemClass] = Field({}, description="The class of items that are not classed by their sales.")
    other_class: ItemClass = Field(ItemClass.A, description="The class of all other items.")
    locations: dict[str, tuple[str, ...]] = Field(
        {}, description="Warehouses of each storefront location; without any, each warehouse is a location of its name."
    )
    several: Literal["sum", "largest"] = Field(
        "sum", description="What a location with several warehouses offers: all together, or the fullest one alone."
    )

    def class_of(self, item: str) -> ItemClass:
        """The class that an item is in."""
        return self.classes.get(item, self.other_class)


def available(level: Level, waiting: Decimal, share: Decimal, floor: Decimal) -> Decimal:
    """What may be sold: on hand less allocated less `waiting` (orders not in the ERP yet) less the buffer; 0 at least.

    The buffer is a share of what is left, in whole units upwards, `floor` at least.
    """
    left = level.on_hand - level.allocated - waiting
    if left <= 0:
        return ZERO
    buffer = max((left * share).quantize(_ONE, rounding=ROUND_CEILING), floor)
    return max(left - buffer, ZERO)


def shortage(levels: Iterable[Level], waiting: Decimal) -> Decimal:
    """How much more of an item is promised than is there, over all warehouses; 0 when there is enough."""
    return max(waiting - sum((_free(level) for level in levels), ZERO), ZERO)


def by_location(levels: Iterable[Level], rules: StockRules) -> dict[str, list[Level]]:
    """An item's levels by storefront location; a warehouse that serves no location is not shown."""
    found: dict[str, list[Level]] = {}
    for level in levels:
        for location in _locations_of(level.warehouse, rules.locations):
            found.setdefault(location, []).append(level)
    return found


def _locations_of(warehouse: str, locations: Mapping[str, tuple[str, ...]]) -> list[str]:
    if not locations:
        return [warehouse]
    return [location for location, warehouses in locations.items() if warehouse in warehouses]


def offered(levels: Iterable[Level], waiting: Decimal, rules: StockRules) -> dict[str, Decimal]:
    """What each location may sell of one item, by all its warehouses.

    What waits is taken off every location, for nobody knows yet from which it will be shipped.
    """
    figures = {}
    for location, serving in by_location(levels, rules).items():
        level = max(serving, key=_free) if rules.several == "largest" else _together(location, serving)
        share = rules.buffer.get(rules.class_of(level.item), ZERO)
        figures[location] = available(level, waiting, share, rules.floor)
    return figures


def _free(level: Level) -> Decimal:
    return level.on_hand - level.allocated


def _together(location: str, levels: Sequence[Level]) -> Level:
    on_hand = sum((each.on_hand for each in levels), ZERO)
    return Level(levels[0].item, location, on_hand, sum((each.allocated for each in levels), ZERO))
