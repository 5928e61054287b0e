"""The operations of the site, by method and path; both profiles serve them."""

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.clarity import catalogue, customers, orders, webhooks
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
    Route("GET", "/products/{sku}", catalogue.get_product, "products.read"),
    Route("GET", "/events", catalogue.list_events, "webhooks.manage"),
    Route("POST", "/webhooks", webhooks.subscribe, "webhooks.manage"),
    Route("GET", "/webhooks/{id}", webhooks.get_subscription, "webhooks.manage"),
    Route("DELETE", "/webhooks/{id}", webhooks.unsubscribe, "webhooks.manage"),
    Route("POST", "/webhooks/{id}/rotate-secret", webhooks.rotate_secret, "webhooks.manage"),
    Route("POST", "/webhook-deliveries/{id}/redeliver", webhooks.redeliver, "webhooks.manage"),
)
