"""Where an order stands at the storefront, by what the ERP says of it and its lines. Pure.

Letters of OrderStatus and OrderType are those of reference sage100.md 2.2 and 2.4, words those of clarity.md 2.10.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from bridge.documents import StatusWord
from bridge.flows.shipment import NO_GOODS, ZERO

_SOLD = frozenset({"S", "B"})
"""Standard and back orders; of master, repeating and quoted ones nothing is shipped."""


class Standing(StrEnum):
    """How far the ERP has come with an order."""

    OPEN = "open"
    HELD = "held"
    BACKORDERED = "backordered"
    PARTLY_SHIPPED = "partly shipped"
    COMPLETE = "complete"
    CANCELLED = "cancelled"


SHIPPED = frozenset({Standing.PARTLY_SHIPPED, Standing.COMPLETE})

_HISTORY: Mapping[str, Standing] = {"C": Standing.COMPLETE, "X": Standing.CANCELLED}
"""By OrderStatus in history; an active order (A) is told by the open table, a quote (Q, Z) not at all."""


class StatusRules(BaseModel):
    """The `status` section of a lane: which word a storefront is told for each standing of an order."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    every_s: float = Field(900, gt=0, description="Seconds from one reading of changed orders to the next.")
    words: dict[Standing, StatusWord] = Field(
        {
            Standing.OPEN: "Processing",
            Standing.HELD: "OnHold",
            Standing.BACKORDERED: "Backordered",
            Standing.PARTLY_SHIPPED: "PartiallyShipped",
            Standing.COMPLETE: "Shipped",
            Standing.CANCELLED: "Cancelled",
        },
        description="The storefront's status for each standing; a standing without a word is not told.",
    )
    shipped_rests_s: float = Field(
        1800, ge=0, description="Seconds for which a shipped status waits, so that the shipment itself comes first and "
        "the shopper gets one mail; longer than from one reading of shipments to the next.",
    )  # fmt: skip


@dataclass(frozen=True)
class OrderState:
    """An order's header. `invoice` is the unposted invoice that holds it, `last_invoice` the one posted last."""

    number: str
    type: str
    status: str
    invoice: str
    last_invoice: str


@dataclass(frozen=True)
class LineState:
    """One line of it, in the line's unit; `shipped` counts what is on an unposted invoice too."""

    key: str
    item_type: str
    ordered: Decimal
    shipped: Decimal
    backordered: Decimal


def standing(order: OrderState, lines: Iterable[LineState], withheld: Mapping[str, Decimal]) -> Standing | None:
    """Where an open order stands; None for one of which nothing is told.

    `withheld` is what of each line, by its key, is on an unposted invoice that has not left the house. An order that
    was invoiced and is open still counts as partly shipped, whatever its lines say.
    """
    if order.type not in _SOLD:
        return None
    if order.status == "H":
        return Standing.HELD
    if order.status == "C":
        return Standing.COMPLETE
    counted = _counted(lines)
    gone = [line.shipped - withheld.get(line.key, ZERO) for line in counted]
    if any(quantity > 0 for quantity in gone) or order.last_invoice:
        is_whole = bool(counted) and all(line.ordered <= out for line, out in zip(counted, gone, strict=True))
        return Standing.COMPLETE if is_whole else Standing.PARTLY_SHIPPED
    return Standing.BACKORDERED if any(line.backordered > 0 for line in counted) else Standing.OPEN


def standing_in_history(order: OrderState) -> Standing | None:
    """Where an order stands that history has; None while the open table tells it, and for quotes."""
    return _HISTORY.get(order.status)


def _counted(lines: Iterable[LineState]) -> list[LineState]:
    """The lines of goods; of an order without any, whatever else was ordered."""
    ordered = [line for line in lines if line.ordered > 0]
    return [line for line in ordered if line.item_type not in NO_GOODS] or ordered
