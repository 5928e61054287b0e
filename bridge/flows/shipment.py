"""Which of the ERP's invoices are shipments, and which of the storefront's lines they hold. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

ZERO = Decimal(0)
DELETED = "XD"
"""InvoiceType of an unposted invoice that was deleted; its lines are gone."""

_SALE = "IN"
NO_GOODS = frozenset({"3", "4", "5"})
"""ItemType of charges, comments and miscellaneous items (reference sage100.md 2.3)."""


class ShipmentRules(BaseModel):
    """The `shipments` section of a lane."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    every_s: float = Field(900, gt=0, description="Seconds from one reading of shipments to the next.")
    ship_statuses: frozenset[Literal["N", "L", "S"]] = Field(
        frozenset({"S"}),
        description="Sage's ShipStatus of invoices that have left the house before they are posted (N new, L lines "
        "complete, S shipped); a posted one always has.",
    )
    notify: bool = Field(True, description="Whether the site mails the shopper when it learns of a shipment.")
    carriers: dict[str, str] = Field({}, description="The storefront's carrier code for each shipping code of Sage's.")


@dataclass(frozen=True)
class ShipmentHead:
    """An invoice's header, posted or not; `shipped_on` is a day as Sage writes it, `status` empty once it is posted."""

    invoice: str
    type: str
    order: str
    shipped_on: str
    ship_via: str
    status: str
    warehouse: str


@dataclass(frozen=True)
class InvoicedLine:
    """One line of it, in the line's unit. `order_key` is the order's line (unposted), `detail` its own place (posted).

    `order` is the order that it applies to where an invoice has several, `kit` the kit line that it is a part of.
    """

    order: str
    order_key: str
    detail: str
    item: str
    item_type: str
    kit: str
    quantity: Decimal


@dataclass(frozen=True)
class WrittenLine:
    """A line of the storefront's order, as it was written into the ERP: its id there, its place here, its item."""

    line_id: str
    place: int
    item: str


@dataclass(frozen=True)
class Told:
    """Shipped quantities by the storefront's line, and the items of lines that could not be told."""

    quantities: tuple[tuple[str, Decimal], ...]
    untold: tuple[str, ...] = ()


def has_left(head: ShipmentHead, rules: ShipmentRules, *, is_posted: bool) -> bool:
    """Whether an invoice is a shipment: a sale that is posted, or shipped by the lane's rule."""
    return head.type == _SALE and (is_posted or head.status in rules.ship_statuses)


def tell(written: Sequence[WrittenLine], lines: Sequence[InvoicedLine]) -> Told:
    """Which lines of the storefront's order went out, and how much of each.

    A line is told by its item, and where the order has several lines of one item by its place among those written:
    Sage numbers an order's lines from 000001 in the order in which they are added (inferred). Charges, parts of kits
    and nothing shipped are passed over.
    """
    sums: dict[str, Decimal] = {}
    untold: dict[str, None] = {}
    for line in lines:
        if line.quantity <= 0:
            continue
        found = _written(written, line)
        if found is not None:
            sums[found.line_id] = sums.get(found.line_id, ZERO) + line.quantity
        elif line.item_type not in NO_GOODS and not line.kit:
            untold[line.item] = None
    in_order = tuple((each.line_id, sums[each.line_id]) for each in written if each.line_id in sums)
    return Told(in_order, tuple(untold))


def has_twins(written: Sequence[WrittenLine]) -> bool:
    """Whether several lines are of one item, so that its item alone does not tell a line."""
    return len({line.item for line in written}) < len(written)


def _written(written: Sequence[WrittenLine], line: InvoicedLine) -> WrittenLine | None:
    same = [each for each in written if each.item == line.item]
    if len(same) == 1:
        return same[0]
    place = int(line.order_key) if line.order_key.isdigit() else 0
    return next((each for each in same if each.place == place), None)
