"""What an ERP did with an order: its status and its shipments."""

from typing import Literal

from bridge.documents.base import Amount, Document, Utc

StatusWord = Literal[
    "Pending", "Confirmed", "Processing", "PartiallyShipped", "Shipped", "Completed",
    "OnHold", "Backordered", "Cancelled", "Void",
]  # fmt: skip
"""The statuses of an order (reference clarity.md 2.10)."""


class OrderStatus(Document):
    """Where an order stands. `order_id` is the storefront's own id."""

    order_id: str
    status: StatusWord


class ShippedLine(Document):
    """How much of one ordered line went out. `order_line_id` is the storefront's id of the line."""

    order_line_id: str
    quantity: Amount


class Shipment(Document):
    """One delivery of an order. `external_ref` is the ERP's name of it, such as `sage100:ABC/0000123-000000`.

    `notify_customer` lets the site mail the shopper when it first learns of the shipment.
    """

    order_id: str
    external_ref: str
    shipped_at: Utc
    carrier_code: str | None = None
    carrier_name: str | None = None
    service_code: str | None = None
    tracking_numbers: tuple[str, ...] = ()
    location_code: str | None = None
    lines: tuple[ShippedLine, ...]
    notify_customer: bool
