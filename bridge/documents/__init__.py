"""Canonical business documents: frozen, money as Decimal, time in UTC with a zone."""

from bridge.documents.address import Address
from bridge.documents.catalogue import ItemFacts, PriceBreak, PriceFigure, StockFigure
from bridge.documents.customer import Customer, CustomerRef
from bridge.documents.fulfilment import OrderStatus, Shipment, ShippedLine, StatusWord
from bridge.documents.invoice import Invoice, InvoiceLine, Receipt
from bridge.documents.order import (
    Charge,
    Discount,
    Line,
    Order,
    OrderTotals,
    Payment,
    ShippingMethod,
)
from bridge.documents.terms import CustomerTerms, ShipTo

__all__ = [
    "Address",
    "Charge",
    "Customer",
    "CustomerRef",
    "CustomerTerms",
    "Discount",
    "Invoice",
    "InvoiceLine",
    "ItemFacts",
    "Line",
    "Order",
    "OrderStatus",
    "OrderTotals",
    "Payment",
    "PriceBreak",
    "PriceFigure",
    "Receipt",
    "ShipTo",
    "Shipment",
    "ShippedLine",
    "ShippingMethod",
    "StatusWord",
    "StockFigure",
]
