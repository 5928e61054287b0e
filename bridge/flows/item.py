"""What an ERP says of an item to a storefront: which items are shown, whether they are taxed, what they weigh. Pure."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from pydantic import Field

from bridge.flows.rhythm import Rhythm

_SIX_PLACES = Decimal("0.000001")
_WEIGHT_LIMIT = Decimal(10) ** 12


@dataclass(frozen=True)
class Item:
    """An item as the ERP has it. `uom` is its standard unit of measure, `weight` that of one such unit, as a text."""

    item: str
    item_type: str
    uom: str
    is_active: bool
    tax_class: str
    weight: str


class ItemRules(Rhythm):
    """The `item` section of a lane: which items are shown, and what their tax classes are called there."""

    types: tuple[str, ...] = Field(
        ("1",), description="Types of the items that are shown: 1 regular; charges and comments are no products."
    )
    untaxed_classes: tuple[str, ...] = Field(("NT",), description="Tax classes of items that are not taxed.")
    tax_codes: dict[str, str] = Field(
        {}, description="The storefront's tax code for each tax class that is called otherwise there."
    )

    def shows(self, item: Item) -> bool:
        """Whether the item is a product."""
        return item.item_type in self.types

    def is_taxable(self, item: Item) -> bool:
        """Whether the item is taxed; one without a class is."""
        return item.tax_class not in self.untaxed_classes

    def tax_code(self, item: Item) -> str | None:
        """The storefront's code; None for an item without a class."""
        return self.tax_codes.get(item.tax_class, item.tax_class) or None


def weight_of(text: str) -> Decimal | None:
    """A weight that is kept as text (reference sage100.md 2.6), to six places; None where there is none.

    Raises `ValueError` for a text that is no weight.
    """
    if not text.strip():
        return None
    try:
        weight = Decimal(text.strip())
    except InvalidOperation:
        raise ValueError(f"{text!r} is no number") from None
    if not weight.is_finite() or not 0 <= weight < _WEIGHT_LIMIT:
        raise ValueError(f"{text!r} is no weight")
    return weight.quantize(_SIX_PLACES).normalize()
