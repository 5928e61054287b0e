"""The operations of the site, by method and path; both profiles serve them."""

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.clarity import catalogue, customers, figures, invoices, orders, shipments, webhooks
from sandbox.clarity.calls import Call, Reply
from sandbox.clarity.site import Site

Operation = Callable[[Site, Call], Reply]


@dataclass(frozen=True)
class Route:
    """One operation with the scope that it needs; no scope means: any credential."""

    method: str
    path: str
    operation: Operation
    scope: str = ""


# An item code may hold a slash; hence `{sku:path}`. Scopes that the contract does not have, such as prices.read, are
# taken as given with the right to write.
ROUTES = (
    Route("GET", "/ping", catalogue.ping),
    Route("GET", "/orders", orders.list_orders, "orders.read"),
    Route("GET", "/orders/{id}", orders.get_order, "orders.read"),
    Route("PATCH", "/orders/{id}", orders.patch_order, "orders.write"),
    Route("POST", "/orders/{id}/acknowledgements", orders.acknowledge_order, "orders.write"),
    Route("POST", "/orders/{id}/notes", orders.note_order, "orders.write"),
    Route("POST", "/orders/{id}/cancel", orders.cancel_order, "orders.write"),
    Route("GET", "/customers", customers.list_customers, "customers.read"),
    Route("POST", "/customers", customers.create_customer, "customers.write"),
    Route("GET", "/customers/{id}", customers.get_customer, "customers.read"),
    Route("PATCH", "/customers/{id}", customers.patch_customer, "customers.write"),
    Route("PUT", "/customers/{id}/contacts/{contact_id}", customers.put_contact, "customers.write"),
    Route("GET", "/products", catalogue.list_products, "products.read"),
    Route("GET", "/products/{sku:path}", catalogue.get_product, "products.read"),
    Route("PUT", "/products/{sku:path}", catalogue.put_product, "products.write"),
    Route("PATCH", "/products/{sku:path}", catalogue.patch_product, "products.write"),
    Route("GET", "/inventory", figures.list_stock, "inventory.read"),
    Route("PUT", "/inventory/{sku:path}/locations/{code}", figures.put_stock, "inventory.write"),
    Route("POST", "/inventory/batch", figures.batch_stock, "inventory.write"),
    Route("GET", "/prices", figures.list_prices, "prices.write"),
    Route("PUT", "/prices/{sku:path}", figures.put_price, "prices.write"),
    Route("POST", "/prices/batch", figures.batch_prices, "prices.write"),
    Route("GET", "/price-lists/{code}", figures.list_price_list, "prices.write"),
    Route("PUT", "/price-lists/{code}/items/{sku:path}", figures.put_list_price, "prices.write"),
    Route("GET", "/customers/{id}/prices", figures.list_contract_prices, "prices.write"),
    Route("PUT", "/customers/{id}/prices/{sku:path}", figures.put_contract_price, "prices.write"),
    Route("GET", "/shipments", shipments.list_shipments, "shipments.write"),
    Route("POST", "/shipments", shipments.create_shipment, "shipments.write"),
    Route("GET", "/shipments/{id}", shipments.get_shipment, "shipments.write"),
    Route("PATCH", "/shipments/{id}", shipments.patch_shipment, "shipments.write"),
    Route("GET", "/invoices", invoices.list_invoices, "invoices.write"),
    Route("POST", "/invoices", invoices.create_invoice, "invoices.write"),
    Route("GET", "/invoices/{id}", invoices.get_invoice, "invoices.write"),
    Route("PATCH", "/invoices/{id}", invoices.patch_invoice, "invoices.write"),
    Route("GET", "/payments", invoices.list_payments, "payments.read"),
    Route("POST", "/payments", invoices.create_payment, "payments.write"),
    Route("GET", "/events", catalogue.list_events, "webhooks.manage"),
    Route("POST", "/webhooks", webhooks.subscribe, "webhooks.manage"),
    Route("GET", "/webhooks/{id}", webhooks.get_subscription, "webhooks.manage"),
    Route("DELETE", "/webhooks/{id}", webhooks.unsubscribe, "webhooks.manage"),
    Route("POST", "/webhooks/{id}/rotate-secret", webhooks.rotate_secret, "webhooks.manage"),
    Route("POST", "/webhook-deliveries/{id}/redeliver", webhooks.redeliver, "webhooks.manage"),
)
