"""What the ERP charged and what is still owed of it, as a shopper may see it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

ZERO = Decimal(0)
_COMMENT = "4"

InvoiceKind = Literal["invoice", "creditMemo"]
InvoiceState = Literal["open", "partiallyPaid", "paid"]


class InvoiceRules(BaseModel):
    """The `invoices` section of a lane."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    every_s: float = Field(3600, gt=0, description="Seconds from one reading of invoices to the next.")
    kinds: dict[str, InvoiceKind] = Field(
        {"IN": "invoice", "CM": "creditMemo"},
        description="What an invoice of each of Sage's types is to the storefront; other types are not shown.",
    )
    typed_in: bool = Field(
        False, description="Whether invoices of orders that did not come from the storefront are shown in the account "
        "of their customer, where the customer has exactly one.",
    )  # fmt: skip


@dataclass(frozen=True)
class InvoiceHead:
    """A posted invoice's header. Days are as Sage writes them; the discount is what it takes off, 0 or more.

    `journal` and `register` say where in the general ledger it was posted (reference sage100.md 2.11).
    """

    invoice: str
    header: str
    type: str
    order: str
    division: str
    customer: str
    issued_on: str
    due_on: str
    goods: Decimal
    freight: Decimal
    tax: Decimal
    discount: Decimal
    journal: str
    register: str

    @property
    def total(self) -> Decimal:
        """Goods, freight and tax less the discount (reference 2.2)."""
        return self.goods + self.freight + self.tax - self.discount


@dataclass(frozen=True)
class ChargedLine:
    """One line of it. `order` is the order that it applies to where an invoice has several."""

    order: str
    item: str
    item_type: str
    name: str
    quantity: Decimal
    unit_price: Decimal
    extended: Decimal

    @property
    def is_charge(self) -> bool:
        """Whether it is money or goods, and not a comment or what was not shipped."""
        return self.item_type != _COMMENT and bool(self.quantity or self.extended)

    @property
    def counted(self) -> tuple[Decimal, Decimal]:
        """Quantity and unit price; a charge without a quantity is one of its amount."""
        return (self.quantity, self.unit_price) if self.quantity else (Decimal(1), self.extended)


@dataclass(frozen=True)
class OpenItem:
    """What is owed of an invoice, below 0 for a credit memo."""

    invoice: str
    header: str
    type: str
    division: str
    customer: str
    due_on: str
    balance: Decimal

    @property
    def key(self) -> tuple[str, ...]:
        """Its key in Sage."""
        return self.division, self.customer, self.invoice, self.type


def item_key(head: InvoiceHead) -> tuple[str, ...]:
    """The key of what is owed of an invoice."""
    return head.division, head.customer, head.invoice, head.type


def balance_of(head: InvoiceHead, items: Mapping[tuple[str, ...], OpenItem]) -> Decimal:
    """What is owed of an invoice; nothing where Sage keeps no open item of it any more (inferred from 2.10)."""
    item = items.get(item_key(head))
    return item.balance if item is not None and item.header in {"", head.header} else ZERO


def state_of(total: Decimal, balance: Decimal) -> InvoiceState:
    """How far it is paid, whichever way the money goes."""
    if not balance:
        return "paid"
    return "partiallyPaid" if abs(balance) < abs(total) else "open"
