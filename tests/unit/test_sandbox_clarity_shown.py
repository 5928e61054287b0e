"""The site's half of what an ERP shows: stock, prices, products, shipments, invoices, payments (clarity.md 2.8)."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from sandbox.orders import make_catalogue, make_customers, make_orders
from tests.unit.sandbox_clarity_site import WITHOUT_LIMIT, RunningSite, running_site

AS_OF = "2026-11-20T22:00:00.000Z"
PRODUCTS = make_catalogue(1, 3)
SKU = PRODUCTS[0]["sku"]
CUSTOMERS = make_customers(1, 2)
USD = {"amount": "9.95", "currency": "USD"}
ANY = {"If-Match": "*"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    with running_site(tmp_path_factory.mktemp("site"), *WITHOUT_LIMIT) as running:
        running.do("PUT", "/products", products=PRODUCTS)
        running.do("PUT", "/customers", customers=CUSTOMERS)
        yield running


@pytest.fixture
def order(site: RunningSite, request: pytest.FixtureRequest) -> dict[str, Any]:
    """A confirmed order of this test's own."""
    number = "".join(letter for letter in request.node.name if letter.isalnum())[-50:]
    body = {**make_orders(1, 1)[0], "id": f"ord_{number}", "orderNumber": number, "status": "Confirmed"}
    site.place(body)
    return body


def stock(location: str, **changes: Any) -> dict[str, Any]:
    row = {"sku": SKU, "locationCode": location, "available": "5", "asOf": AS_OF, "basis": "availableToSell"}
    return {**row, **changes}


def shipment(order: dict[str, Any], **changes: Any) -> dict[str, Any]:
    lines = [{"orderLineId": line["id"], "quantity": line["quantity"]} for line in order["lines"]]
    return {"orderId": order["id"], "shippedAt": AS_OF, "lines": lines, "notifyCustomer": True, **changes}


def invoice(order: dict[str, Any], **changes: Any) -> dict[str, Any]:
    totals = {"items": USD, "total": USD}
    body = {"orderId": order["id"], "invoiceNumber": "0000123", "kind": "invoice", "issuedAt": AS_OF, "currency": "USD"}
    return {**body, "totals": totals, "balanceDue": USD, "state": "open", **changes}


def refused(answer: httpx.Response, status: int, code: str, field: str | None = None) -> None:
    body = answer.json()
    assert (answer.status_code, body["code"]) == (status, code), answer.text
    assert field is None or body["errors"][0]["field"] == field


def test_a_batch_answers_for_each_row(site: RunningSite) -> None:
    rows = [
        stock("A"), stock("B", available="-1"), stock("C", sku="NONE"), stock("D", basis="onHand"), stock("A"),
        stock("E"),
    ]  # fmt: skip
    answer = site.post("/inventory/batch", {"items": rows})
    results = answer.json()["results"]
    assert (answer.status_code, [each["index"] for each in results]) == (200, list(range(6)))
    assert [each["status"] for each in results] == ["ok", "error", "error", "error", "unchanged", "ok"]
    fields = [each["error"]["errors"][0]["field"] for each in results if "error" in each]
    assert fields == ["available", "sku", "basis"]
    shown = site.api.get("/inventory", params={"sku": SKU}).json()["data"]
    assert {"A", "E"} <= {row["locationCode"] for row in shown}
    refused(site.post("/inventory/batch", {"items": [stock("A")] * 501}), 422, "validation_failed", "items")


def test_an_older_stock_figure_is_stale(site: RunningSite) -> None:
    site.post("/inventory/batch", {"items": [stock("S")]})
    older = stock("S", available="9", asOf="2026-11-20T21:59:59.999Z")
    [result] = site.post("/inventory/batch", {"items": [older]}).json()["results"]
    assert (result["status"], result["error"]["code"], result["error"]["status"]) == ("error", "stale_write", 409)
    path = f"/inventory/{SKU}/locations/S"
    body = {name: older[name] for name in ("available", "asOf", "basis")}
    refused(site.api.put(path, json=body), 428, "precondition_required")
    refused(site.api.put(path, json=body, headers=ANY), 409, "stale_write")
    newer = site.api.put(path, json={**body, "asOf": "2026-11-20T22:00:01Z"}, headers={"If-Match": '"v1"'})
    assert (newer.status_code, newer.json()["available"], newer.headers["etag"]) == (200, "9", '"v2"')


def test_a_price_keeps_what_was_not_sent(site: RunningSite) -> None:
    sale = {"amount": "5.00", "currency": "USD"}
    assert site.api.put(f"/prices/{SKU}", json={"currency": "USD", "list": USD, "sale": sale}).status_code == 200
    row = {"sku": SKU, "currency": "USD", "list": {"amount": "11.00", "currency": "USD"}, "breaks": []}
    assert site.post("/prices/batch", {"items": [row]}).json()["results"][0]["status"] == "ok"
    [price] = site.api.get("/prices", params={"sku": SKU}).json()["data"]
    assert (price["list"]["amount"], price["sale"]) == ("11.00", sale)
    [result] = site.post("/prices/batch", {"items": [{**row, "currency": "EUR"}]}).json()["results"]
    assert result["error"]["errors"][0]["code"] == "mixed_currencies"


def test_prices_of_a_list_and_of_an_account(site: RunningSite) -> None:
    body = {"currency": "USD", "list": USD}
    customer = CUSTOMERS[0]["id"]
    assert site.api.put(f"/price-lists/GOLD/items/{SKU}", json=body).status_code == 200
    assert site.api.put(f"/customers/{customer}/prices/{SKU}", json=body).status_code == 200
    [listed] = site.api.get("/price-lists/GOLD").json()["data"]
    [by_contract] = site.api.get(f"/customers/{customer}/prices").json()["data"]
    assert (listed["sku"], listed["priceListCode"]) == (SKU, "GOLD")
    assert (by_contract["sku"], by_contract["customerId"]) == (SKU, customer)
    assert site.api.get("/price-lists/SILVER").json()["data"] == []
    refused(site.api.put(f"/customers/none/prices/{SKU}", json=body), 404, "not_found")


def test_a_product_is_put_and_patched_and_announced(site: RunningSite) -> None:
    path = "/products/NEW%2F1"
    created = site.api.put(path, json={"name": "New", "uom": "EACH", "isActive": True})
    assert (created.status_code, created.json()["sku"]) == (201, "NEW/1")
    refused(site.api.patch(path, json={"uom": "CASE"}), 428, "precondition_required")
    refused(site.api.patch(path, json={"uom": "CASE"}, headers={"If-Match": '"v9"'}), 412, "version_mismatch")
    refused(site.api.patch(path, json={"sku": "OLD"}, headers=ANY), 422, "validation_failed", "sku")
    assert site.api.patch(path, json={"uom": "CASE"}, headers={"If-Match": '"v1"'}).json()["name"] == "New"
    edited = site.do("POST", "/products/NEW/1/edit", changes={"name": "Edited"})
    assert edited == {"id": "NEW/1", "version": 3}
    events = site.api.get("/events", params={"topics": "product.*", "limit": 200}).json()["data"]
    topics = [event["type"] for event in events if event["resource"]["id"] == "NEW/1"]
    assert topics == ["product.created", "product.updated", "product.updated"]


def test_figures_and_shipments_are_not_announced(site: RunningSite, order: dict[str, Any]) -> None:
    site.post("/inventory/batch", {"items": [stock("Q")]})
    site.post("/shipments", shipment(order))
    kinds = {event["resource"]["type"] for event in site.api.get("/events", params={"limit": 200}).json()["data"]}
    assert kinds <= {"order", "customer", "product"}


def test_a_shipment_moves_the_order_and_mails_once(site: RunningSite, order: dict[str, Any]) -> None:
    for _ in range(2):
        answer = site.post("/shipments", shipment(order), key="one key")
    assert (answer.status_code, answer.headers["idempotency-replayed"]) == (201, "true")
    now = site.api.get(f"/orders/{order['id']}").json()
    assert (now["status"], now["fulfilmentStatus"], now["version"]) == ("Shipped", "fulfilled", 2)
    assert [line["quantityShipped"] for line in now["lines"]] == [line["quantity"] for line in order["lines"]]
    assert [mail["shipmentId"] for mail in site.audited(order["id"])["mails"]] == [answer.json()["id"]]
    [kept] = site.api.get("/shipments", params={"orderId": order["id"]}).json()["data"]
    path = f"/shipments/{kept['id']}"
    patched = site.api.patch(path, json={"trackingNumbers": ["1Z"]}, headers=ANY).json()
    assert (patched["trackingNumbers"], len(site.audited(order["id"])["mails"])) == (["1Z"], 1)
    refused(site.api.patch(path, json={"lines": []}, headers=ANY), 422, "validation_failed", "lines")
    refused(site.post("/shipments", shipment(order)), 422, "validation_failed", "lines[0].quantity")


def test_what_cannot_be_shipped_is_refused(site: RunningSite, order: dict[str, Any]) -> None:
    unknown = [{"orderLineId": "none", "quantity": "1"}]
    refused(site.post("/shipments", shipment(order, lines=unknown)), 422, "validation_failed", "lines[0].orderLineId")
    refused(site.post("/shipments", shipment(order, orderId="none")), 422, "validation_failed", "orderId")
    site.do("POST", f"/orders/{order['id']}/cancel")
    refused(site.post("/shipments", shipment(order)), 422, "illegal_transition")
    assert site.api.get("/shipments", params={"orderId": order["id"]}).json()["data"] == []


def test_an_invoice_changes_its_balance_and_nothing_else(site: RunningSite, order: dict[str, Any]) -> None:
    ref = {"system": "sage100:ABC", "type": "invoice", "id": f"{order['orderNumber']}-1"}
    made = site.post("/invoices", invoice(order, externalRefs=[ref])).json()
    [found] = site.api.get("/invoices", params={"externalRef": f"sage100:ABC:{ref['id']}"}).json()["data"]
    assert found["id"] == made["id"]
    paid = {"balanceDue": {"amount": "0.00", "currency": "USD"}, "state": "paid"}
    assert site.api.patch(f"/invoices/{made['id']}", json=paid, headers={"If-Match": '"v1"'}).json()["state"] == "paid"
    refused(site.api.patch(f"/invoices/{made['id']}", json={"currency": "EUR"}, headers=ANY), 422, "validation_failed")
    wrong = invoice(order, totals={"items": USD, "total": {"amount": "9.00", "currency": "USD"}})
    refused(site.post("/invoices", wrong), 422, "validation_failed", "totals.total")


def test_a_payment_is_kept_and_seen(site: RunningSite, order: dict[str, Any]) -> None:
    body = {"orderId": order["id"], "kind": "check", "amount": USD, "currency": "USD", "receivedAt": AS_OF}
    assert site.post("/payments", body).status_code == 201
    refused(site.post("/payments", {**body, "kind": "cheque"}), 422, "validation_failed", "kind")
    refused(site.post("/payments", {**body, "orderId": "none"}), 422, "validation_failed", "orderId")
    seen = [each for each in site.do("GET", "/shown")["payments"] if each["orderId"] == order["id"]]
    assert [each["amount"] for each in seen] == [USD]


@pytest.mark.parametrize(
    ("path", "scope"),
    [("/inventory", "inventory.read"), ("/payments", "payments.read"), ("/invoices", "invoices.write")],
)
def test_each_resource_has_its_scope(site: RunningSite, path: str, scope: str) -> None:
    for given, status in ((scope, 200), ("orders.read", 403)):
        assert httpx.get(f"{site.url}/api/v1{path}", headers=site.token(given)).status_code == status


def test_the_older_site_takes_integers_for_orders_and_answers_200(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("older")
    with running_site(folder, *WITHOUT_LIMIT, "--profile", "clarity-minimal", base="/api") as older:
        older.do("PUT", "/products", products=PRODUCTS)
        order = make_orders(1, 1)[0]
        older.place({**order, "status": "Confirmed"})
        [row] = older.api.get("/orders").json()["Results"]
        lines = [{"OrderLineId": line["Id"], "Quantity": line["Quantity"]} for line in row["Lines"]]
        body = {"OrderId": str(row["ID"]), "ShippedAt": AS_OF, "Lines": lines, "NotifyCustomer": False}
        made = older.api.post("/shipments", json=body).json()
        assert (made["Success"], made["OrderId"], isinstance(made["ID"], int)) == (True, row["ID"], True)
        [found] = older.api.get("/shipments", params={"OrderId": row["ID"]}).json()["Results"]
        assert found["ID"] == made["ID"]
        assert older.api.get(f"/orders/{row['ID']}").json()["Status"] == "Shipped"
        refusal = older.api.post("/shipments", json={**body, "OrderId": "999999"})
        assert (refusal.status_code, refusal.json()["Failures"][0]["Field"]) == (200, "orderId")
        rows = [{"Sku": SKU, "LocationCode": "A", "Available": "1", "AsOf": AS_OF, "Basis": "availableToSell"}, {}]
        results = older.api.post("/inventory/batch", json={"Items": rows}).json()["Results"]
        assert [each["Status"] for each in results] == ["ok", "error"]
        assert results[1]["Error"]["Errors"][0]["Field"] == "sku"
