"""What an ERP charged and what it was paid, as a shopper may see it."""

from decimal import Decimal
from typing import Literal

from bridge.documents.base import Amount, Document, Utc


class InvoiceLine(Document):
    """One invoiced line, before tax; `extended` is quantity x unit price, rounded."""

    sku: str
    name: str | None = None
    quantity: Amount
    unit_price: Amount
    extended: Amount


class Invoice(Document):
    """An invoice or a credit memo of the ERP's; amounts in its currency, `discounts` zero or negative.

    `external_ref` is the ERP's name of it, such as `sage100:ABC/0000123-000000`; the invoice number alone may repeat.
    `order_id` is None for what was not ordered at the storefront.
    """

    order_id: str | None = None
    customer_id: str | None = None
    external_ref: str
    invoice_number: str
    kind: Literal["invoice", "creditMemo"]
    issued_at: Utc
    due_at: Utc | None = None
    currency: str
    lines: tuple[InvoiceLine, ...] = ()
    items: Amount
    shipping: Amount = Decimal(0)
    tax: Amount = Decimal(0)
    discounts: Amount = Decimal(0)
    total: Amount
    balance_due: Amount
    state: Literal["open", "partiallyPaid", "paid", "void"]


class Receipt(Document):
    """A payment that the ERP took, shown at the storefront. `kind` is a kind of payment (reference clarity.md 2.9)."""

    order_id: str | None = None
    external_ref: str
    amount: Amount
    currency: str
    kind: Literal["card", "paypal", "onAccount", "check", "cash", "giftCard", "other"]
    received_at: Utc
    invoice_number: str | None = None
