"""How much of an item a storefront may sell: what is on hand less all that is promised, less a safety buffer. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bridge.flows.velocity import UNMEASURED, ZERO, ItemClass, Velocity, VelocityRules

OVERSOLD = "oversold by"
"""How the remark of a figure begins when more of its item is promised than is there."""

_ONE = Decimal(1)
_HOUR_S = 3600.0
_EVERY_S = {ItemClass.A: _HOUR_S, ItemClass.B: 4 * _HOUR_S, ItemClass.C: 24 * _HOUR_S}

Share = Annotated[Decimal, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(gt=0)]


@dataclass(frozen=True)
class Level:
    """One item in one warehouse, in the standard unit of measure; `allocated` is what orders in the ERP have of it."""

    item: str
    warehouse: str
    on_hand: Decimal
    allocated: Decimal


class StockRules(BaseModel):
    """The `stock` section of a lane: what is kept back, and which warehouses serve which location of a storefront.

    Items are A, B or C by their measured sales, unless `classes` says otherwise or too few orders have been seen.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    every_s: dict[ItemClass, Seconds] = Field(
        _EVERY_S,
        description="Seconds from one reading of a class's stock to the next; a class that is left out as here.",
    )
    buffer: dict[ItemClass, Share] = Field(
        {ItemClass.A: Decimal("0.10"), ItemClass.B: Decimal("0.07"), ItemClass.C: Decimal("0.05")},
        description="Share of what is left that is kept back, by class; sales between two readings come out of it.",
    )
    buffer_from: Literal["share", "sales"] = Field(
        "share", description="Keep back that share, or what is sold between two readings where sales are measured."
    )
    buffer_least: Share = Field(
        Decimal("0.05"), description="By sales: the least share of what is left that is kept back."
    )
    buffer_most: Share = Field(Decimal("0.10"), description="By sales: the greatest such share; more is a wider band.")
    floor: Decimal = Field(ZERO, ge=0, description="What is kept back at least, in the standard unit of measure.")
    classes: dict[str, ItemClass] = Field({}, description="The class of items that are not classed by their sales.")
    other_class: ItemClass = Field(ItemClass.A, description="The class of all other items until sales are measured.")
    velocity: VelocityRules = Field(VelocityRules(), description="How sales are measured.")
    locations: dict[str, tuple[str, ...]] = Field(
        {}, description="Warehouses of each storefront location; without any, each warehouse is a location of its name."
    )
    several: Literal["sum", "largest"] = Field(
        "sum", description="What a location with several warehouses offers: all together, or the fullest one alone."
    )

    @model_validator(mode="after")
    def _band_is_one(self) -> Self:
        if self.buffer_least > self.buffer_most:
            raise ValueError(f"buffer_least {self.buffer_least} is more than buffer_most {self.buffer_most}")
        return self

    def gap_s(self, item_class: ItemClass) -> float:
        """Seconds from one reading of a class's stock to the next."""
        return self.every_s.get(item_class, _EVERY_S[item_class])

    def rest_class(self, velocity: Velocity) -> ItemClass:
        """The class of the items that are named nowhere; what never sold is slow, once sales are measured."""
        return ItemClass.C if velocity.is_known else self.other_class

    def class_of(self, item: str, velocity: Velocity) -> ItemClass:
        """The class that an item is in."""
        pace = velocity.paces.get(item)
        return self.classes.get(item, pace.item_class if pace else self.rest_class(velocity))

    def items_of(self, item_class: ItemClass, velocity: Velocity) -> tuple[str, ...]:
        """The items that are named in a class, by people or by their sales."""
        named = {*self.classes, *velocity.paces}
        return tuple(sorted(item for item in named if self.class_of(item, velocity) is item_class))

    def buffer_of(self, item: str, velocity: Velocity) -> "Buffer":
        """What is kept back of an item."""
        if self.buffer_from == "sales" and velocity.is_known:
            pace = velocity.paces.get(item)
            return Buffer(self.buffer_least, self.buffer_most, pace.per_gap if pace else ZERO)
        share = self.buffer.get(self.class_of(item, velocity), ZERO)
        return Buffer(share, share)


@dataclass(frozen=True)
class Buffer:
    """What is kept back of what is left: as many units as may be sold meanwhile, from a least to a greatest share."""

    least: Decimal
    most: Decimal
    units: Decimal = ZERO

    def of(self, left: Decimal) -> Decimal:
        """In whole units upwards."""
        return min(max(self.units, left * self.least), left * self.most).quantize(_ONE, rounding=ROUND_CEILING)


def available(level: Level, waiting: Decimal, buffer: Buffer, floor: Decimal) -> Decimal:
    """What may be sold: on hand less allocated less `waiting` (orders not in the ERP yet) less the buffer; 0 at least.

    At least `floor` is kept back.
    """
    left = level.on_hand - level.allocated - waiting
    if left <= 0:
        return ZERO
    return max(left - max(buffer.of(left), floor), ZERO)


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


def offered(
    levels: Iterable[Level], waiting: Decimal, rules: StockRules, velocity: Velocity = UNMEASURED
) -> dict[str, Decimal]:
    """What each location may sell of one item, by all its warehouses.

    What waits is taken off every location, for nobody knows yet from which it will be shipped; so is what may be sold
    until the next reading.
    """
    figures = {}
    for location, serving in by_location(levels, rules).items():
        level = max(serving, key=_free) if rules.several == "largest" else _together(location, serving)
        figures[location] = available(level, waiting, rules.buffer_of(level.item, velocity), rules.floor)
    return figures


def _free(level: Level) -> Decimal:
    return level.on_hand - level.allocated


def _together(location: str, levels: Sequence[Level]) -> Level:
    on_hand = sum((each.on_hand for each in levels), ZERO)
    return Level(levels[0].item, location, on_hand, sum((each.allocated for each in levels), ZERO))
