"""The whole account read back, so that a demo can say of every order what became of it."""

from sandbox.clarity.calls import JsonObject
from sandbox.clarity.resources import (
    CONTRACT_PRICE,
    CUSTOMER,
    INVOICE,
    LIST_PRICE,
    ORDER,
    PAYMENT,
    PRICE,
    PRODUCT,
    SHIPMENT,
    STOCK,
    Resource,
)
from sandbox.clarity.site import Site

_SHOWN = ("orderNumber", "status", "paymentStatus", "placedAt", "currency", "externalRefs", "holdReason")


def account(site: Site) -> JsonObject:
    """Every order with its end, deleted and hidden ones included, and how many customers and products there are."""
    return {
        "orders": [_order(site, order) for order in site.resources.all(ORDER)],
        "customers": [customer.render() for customer in site.resources.all(CUSTOMER)],
        "productCount": len(site.resources.all(PRODUCT)),
    }


def on_show(site: Site) -> JsonObject:
    """What an ERP has had shown, whole: figures, products, and every shipment, invoice and payment, doubles too."""
    kinds = {
        "stock": STOCK, "prices": PRICE, "listPrices": LIST_PRICE, "contractPrices": CONTRACT_PRICE,
        "products": PRODUCT, "shipments": SHIPMENT, "invoices": INVOICE, "payments": PAYMENT,
    }  # fmt: skip
    return {name: [row.render() for row in site.resources.all(kind)] for name, kind in kinds.items()}


def _order(site: Site, order: Resource) -> JsonObject:
    totals = order.body.get("totals")
    return {
        "id": order.id,
        "version": order.version,
        "deletedAt": order.deleted_at,
        **{name: order.body.get(name) for name in _SHOWN},
        "total": totals.get("total") if isinstance(totals, dict) else None,
        **site.trail.of(order.id),
        "deliveries": site.outbox.deliveries_of(ORDER, order.id),
    }
