"""One good document of each class that a storefront shows, and a later state of it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from bridge.documents import (
    Address,
    CustomerTerms,
    Invoice,
    InvoiceLine,
    ItemFacts,
    Order,
    OrderStatus,
    PriceBreak,
    PriceFigure,
    Receipt,
    Shipment,
    ShippedLine,
    ShipTo,
    StockFigure,
)
from bridge.documents.base import Document
from bridge.ports.showing import Publication, key_of
from bridge.ports.storefront import Wanted
from sandbox.orders import make_customers
from tests.contract.storefront_contract import LANE, Shop

NOW = datetime(2026, 11, 20, 22, 15, 30, 250_000, tzinfo=UTC)

_numbers = count(1)


def publish(document: Document, *, version: int = 1, key: str | None = None, **more: Any) -> Publication:
    """A publication under the same idempotency key for the same document and version."""
    idempotency_key = key or f"{key_of(document)} v{version}"
    return Publication(next(_numbers), key_of(document), version, document, idempotency_key, **more)


def new_sku(shop: Shop) -> str:
    """A sku of this test's own, with what an item code may hold."""
    sku = f"S {next(_numbers)}/A.B"
    shop.add_products(sku)
    return sku


def new_customer(shop: Shop) -> str:
    number = next(_numbers)
    body = make_customers(2, 1)[0]
    contacts = [{**body["contacts"][0], "email": f"terms{number}@example.com"}]
    return shop.add_customer({**body, "id": f"cus_t{number}", "accountNumber": f"T{number}", "contacts": contacts})


def new_order(shop: Shop) -> Order:
    [order_id] = shop.place()
    [read] = shop.storefront.read_orders([Wanted(order_id)])
    assert read.order is not None
    return read.order


def new_ref() -> str:
    return f"{LANE}/{next(_numbers):07d}-000000"


def stock(shop: Shop, **changes: Any) -> StockFigure:
    return _made(StockFigure, {"sku": None, "location_code": "000", "available": "12.5", "as_of": NOW}, shop, changes)


def price(shop: Shop, **changes: Any) -> PriceFigure:
    breaks = (PriceBreak(min_quantity=Decimal(10), unit_price=Decimal("8.9525")),)
    values = {"sku": None, "currency": "USD", "list_price": "9.95", "breaks": breaks}
    return _made(PriceFigure, values, shop, changes)


def item(shop: Shop, **changes: Any) -> ItemFacts:
    values = {"sku": None, "uom": "CASE", "is_active": True, "is_taxable": False, "tax_code": "NT", "weight": "2.25"}
    return _made(ItemFacts, values, shop, changes)


def terms(shop: Shop, **changes: Any) -> CustomerTerms:
    dock = ShipTo(code="DOCK", address=Address(name="Dock 4", line1="1 Quay", city="Tampa", country_code="US"))
    return CustomerTerms.model_validate(
        {
            "customer_id": changes.pop("customer_id", None) or new_customer(shop),
            "account_number": f"01-ABF{next(_numbers)}",
            "is_on_hold": False,
            "credit_limit": "5000",
            "terms": "Net 30",
            "tax_exempt": False,
            "price_list_code": "GOLD",
            "salesperson": "Jim Kentley",
            "ship_to": (dock,),
            **changes,
        }
    )


def status(shop: Shop, word: str = "Processing") -> OrderStatus:
    return OrderStatus.model_validate({"order_id": shop.place()[0], "status": word})


def shipment(order: Order, quantities: dict[str, Decimal] | None = None, **changes: Any) -> Shipment:
    """Of the whole order unless quantities are given by line id."""
    amounts = quantities or {line.id: line.quantity for line in order.lines}
    return Shipment.model_validate(
        {
            "order_id": order.source_id,
            "external_ref": new_ref(),
            "shipped_at": NOW,
            "carrier_code": "UPS",
            "carrier_name": "United Parcel",
            "service_code": "GROUND",
            "tracking_numbers": ("1Z999",),
            "location_code": "000",
            "lines": [ShippedLine(order_line_id=line, quantity=amount) for line, amount in amounts.items()],
            "notify_customer": True,
            **changes,
        }
    )


def invoice(order: Order, **changes: Any) -> Invoice:
    line = InvoiceLine(
        sku="TG-1000", name="Valve", quantity=Decimal(3), unit_price=Decimal("1.3333"), extended=Decimal(4)
    )
    return Invoice.model_validate(
        {
            "order_id": order.source_id,
            "customer_id": None,
            "external_ref": new_ref(),
            "invoice_number": "0000123",
            "kind": "invoice",
            "issued_at": NOW,
            "due_at": NOW + timedelta(days=30),
            "currency": "USD",
            "lines": (line,),
            "items": "4.00",
            "shipping": "9.95",
            "tax": "0.33",
            "discounts": "-1",
            "total": "13.28",
            "balance_due": "13.28",
            "state": "open",
            **changes,
        }
    )


def receipt(order: Order, **changes: Any) -> Receipt:
    values = {
        "order_id": order.source_id, "external_ref": new_ref(), "amount": "13.28", "currency": "USD", "kind": "check",
        "received_at": NOW, "invoice_number": "0000123",
    }  # fmt: skip
    return Receipt.model_validate({**values, **changes})


def _made(document: Any, values: dict[str, Any], shop: Shop, changes: dict[str, Any]) -> Any:
    values |= changes
    values["sku"] = values["sku"] or new_sku(shop)
    return document.model_validate(values)


def changed(document: Document, **changes: Any) -> Document:
    """The same document in another state."""
    return type(document).model_validate({**dict(document), **changes})


FIRST: dict[str, Callable[[Shop], Document]] = {
    "stock": stock,
    "price": price,
    "list price": lambda shop: price(shop, price_list_code="GOLD"),
    "contract price": lambda shop: price(shop, customer_id=new_customer(shop)),
    "item": item,
    "terms": terms,
    "status": status,
    "shipment": lambda shop: shipment(new_order(shop)),
    "invoice": lambda shop: invoice(new_order(shop)),
    "receipt": lambda shop: receipt(new_order(shop)),
}
"""A good document, and whatever it needs at the site."""

LATER: dict[str, dict[str, Any]] = {
    "stock": {"available": "3", "as_of": NOW + timedelta(minutes=15)},
    "price": {"list_price": "10.4", "breaks": ()},
    "list price": {"list_price": "9.1234"},
    "contract price": {"list_price": "7"},
    "item": {"uom": "EACH", "is_active": False, "weight": None},
    "terms": {
        "is_on_hold": True,
        "credit_limit": None,
        "tax_exempt": True,
        "tax_exemption_number": "TX-1",
        "ship_to": (),
    },
    "status": {"status": "Shipped"},
    "shipment": {"tracking_numbers": ("1Z999", "1Z998"), "carrier_code": "FEDEX"},
    "invoice": {"balance_due": "0", "state": "paid"},
}
"""What changes later; a receipt never does."""

REFUSED: dict[str, Callable[[Shop], Document]] = {
    "stock": lambda shop: stock(shop, sku=shop.refused_sku()),
    "price": lambda shop: price(shop, sku=shop.refused_sku()),
    "list price": lambda shop: price(shop, sku=shop.refused_sku(), price_list_code="GOLD"),
    "contract price": lambda shop: price(shop, customer_id="99999999", sku=shop.refused_sku()),
    "item": lambda shop: item(shop, sku=shop.refused_sku()),
    "terms": lambda shop: terms(shop, customer_id="99999999"),
    "status": lambda _shop: OrderStatus(order_id="99999999", status="Processing"),
    "shipment": lambda shop: changed(shipment(new_order(shop)), order_id="99999999"),
    "invoice": lambda shop: changed(invoice(new_order(shop)), order_id="99999999"),
    "receipt": lambda shop: changed(receipt(new_order(shop)), order_id="99999999"),
}
"""What no site takes: about an item, an account or an order that it does not have."""

CREATED = {"shipment": "shipments", "invoice": "invoices", "receipt": "payments"}
"""What is created, and the site's name for it."""
