"""What an ERP says of an item to a storefront: stock, prices, and the facts that it owns."""

from decimal import Decimal
from typing import Annotated, Self

from pydantic import Field, model_validator

from bridge.documents.base import Amount, Document, Utc

Quantity = Annotated[Amount, Field(ge=Decimal(0))]
"""An exact quantity in a unit of measure, zero or more."""


class StockFigure(Document):
    """What may be sold of an item at one location, in its standard unit; allocations and safety buffer are taken off.

    `as_of` is when the ERP was asked; a site keeps the newer of two figures (reference clarity.md 2.9).
    """

    sku: str
    location_code: str
    available: Quantity
    as_of: Utc


class PriceBreak(Document):
    """From this quantity on, this price for each; in the currency of its price figure, before tax."""

    min_quantity: Amount
    unit_price: Amount


class PriceFigure(Document):
    """One price of an item, before tax: of a price list, of one account by contract, or with neither the standard one.

    `customer_id` is the storefront's own id of the account.
    """

    sku: str
    currency: str
    list_price: Amount
    breaks: tuple[PriceBreak, ...] = ()
    price_list_code: str | None = None
    customer_id: str | None = None

    @model_validator(mode="after")
    def _belongs_to_one(self) -> Self:
        if self.price_list_code is not None and self.customer_id is not None:
            raise ValueError("a price belongs to a list or to an account, not to both")
        return self


class ItemFacts(Document):
    """The fields of a product that the ERP owns; a shopkeeper owns the rest. `weight` is of one standard unit."""

    sku: str
    uom: str
    is_active: bool
    is_taxable: bool
    tax_code: str | None = None
    weight: Amount | None = None
