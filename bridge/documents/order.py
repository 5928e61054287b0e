"""A sales order as the storefront took it."""

from decimal import Decimal

from bridge.documents.address import Address
from bridge.documents.base import Amount, Document, Utc
from bridge.documents.customer import CustomerRef


class Line(Document):
    """One ordered line. `unit_price` and `extended` are before tax; `extended` is quantity x unit price, rounded.

    `discount_total` is zero or negative and is not yet taken off `extended`.
    """

    id: str
    line_number: int
    sku: str
    name: str | None = None
    quantity: Amount
    uom: str | None = None
    unit_list_price: Amount | None = None
    unit_price: Amount
    extended: Amount
    discount_total: Amount = Decimal(0)
    tax_total: Amount = Decimal(0)
    tax_code: str | None = None
    is_taxable: bool = True
    kind: str = "product"
    parent_line_id: str | None = None


class Discount(Document):
    """An order-level discount; `amount` is zero or negative."""

    code: str | None = None
    name: str | None = None
    amount: Amount


class Charge(Document):
    """An order-level charge such as handling or a fee."""

    code: str | None = None
    name: str | None = None
    amount: Amount


class OrderTotals(Document):
    """total = items + discounts + shipping + handling + fees + tax; discounts are zero or negative."""

    items: Amount
    discounts: Amount = Decimal(0)
    shipping: Amount = Decimal(0)
    handling: Amount = Decimal(0)
    fees: Amount = Decimal(0)
    tax: Amount = Decimal(0)
    total: Amount
    paid: Amount = Decimal(0)
    balance_due: Amount | None = None


class Payment(Document):
    """A payment as the gateway named it; never a card number."""

    id: str | None = None
    kind: str
    gateway: str | None = None
    state: str | None = None
    amount: Amount
    captured_amount: Amount = Decimal(0)
    refunded_amount: Amount = Decimal(0)
    transaction_id: str | None = None
    auth_code: str | None = None
    card_brand: str | None = None
    last4: str | None = None


class ShippingMethod(Document):
    """How the buyer wants it sent, in the storefront's own codes."""

    code: str | None = None
    name: str | None = None
    carrier: str | None = None


class Order(Document):
    """The whole order at one version. `version` grows with each change at the storefront and is never reused."""

    source_id: str
    order_number: str
    site_id: str
    store_code: str | None = None
    version: int
    status: str
    payment_status: str | None = None
    placed_at: Utc
    updated_at: Utc
    currency: str
    exchange_rate: Amount | None = None
    customer: CustomerRef
    purchase_order_number: str | None = None
    bill_to: Address = Address()
    ship_to: Address = Address()
    lines: tuple[Line, ...]
    discounts: tuple[Discount, ...] = ()
    charges: tuple[Charge, ...] = ()
    totals: OrderTotals
    payments: tuple[Payment, ...] = ()
    shipping_method: ShippingMethod | None = None
    requested_ship_date: Utc | None = None
    comments: str | None = None
    is_deleted: bool = False

    @property
    def is_cancelled(self) -> bool:
        """True when the storefront no longer wants the order fulfilled."""
        return self.is_deleted or self.status in {"Cancelled", "Void"}
