"""Canonical business documents: frozen, money as Decimal, time in UTC with a zone."""

from bridge.documents.address import Address
from bridge.documents.customer import Customer, CustomerRef
from bridge.documents.order import (
    Charge,
    Discount,
    Line,
    Order,
    OrderTotals,
    Payment,
    ShippingMethod,
)

__all__ = [
    "Address",
    "Charge",
    "Customer",
    "CustomerRef",
    "Discount",
    "Line",
    "Order",
    "OrderTotals",
    "Payment",
    "ShippingMethod",
]
