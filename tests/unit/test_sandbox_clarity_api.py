"""The sandbox site keeps the contract and refuses what the contract refuses (reference clarity.md 2.1 to 2.10)."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.orders import make_catalogue, make_customers, make_orders
from tests.unit.sandbox_clarity_site import WITHOUT_LIMIT, RunningSite, running_site


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    with running_site(tmp_path_factory.mktemp("site"), *WITHOUT_LIMIT) as running:
        yield running


@pytest.fixture
def order_id(site: RunningSite, request: pytest.FixtureRequest) -> str:
    """An order of this test's own."""
    return site.place(own_order(request.node.name))[0]


def own_order(name: str, **changes: Any) -> dict[str, Any]:
    """A good order whose id and number no other test uses."""
    order = make_orders(1, 1)[0]
    number = "".join(letter for letter in name if letter.isalnum())[-50:]
    return {**order, "id": f"ord_{number}", "orderNumber": number, "status": "Confirmed", **changes}


def refused(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    body = answer.json()
    assert (answer.status_code, body["code"]) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert body["requestId"] == answer.headers["x-request-id"]
    return dict(body)


# Credentials


def ask_token(site: RunningSite, auth: tuple[str, str] | None = None, **form: str) -> httpx.Response:
    return httpx.post(f"{site.url}/oauth/token", data=form, auth=auth)


def test_a_token_by_basic_and_by_body(site: RunningSite) -> None:
    form = {"grant_type": "client_credentials"}
    by_basic = ask_token(site, ("sandbox", "sandbox-secret"), scope="orders.read", **form)
    by_body = ask_token(site, client_id="sandbox", client_secret="sandbox-secret", **form)
    assert by_basic.json() | {"access_token": ""} == {
        "access_token": "",
        "token_type": "Bearer",
        "expires_in": 3600,
        "scope": "orders.read",
    }
    assert "webhooks.manage" in by_body.json()["scope"]
    headers = {"Authorization": f"Bearer {by_basic.json()['access_token']}"}
    assert httpx.get(f"{site.url}/api/v1/orders", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("auth", "form", "status", "error"),
    [
        (("sandbox", "wrong"), {"grant_type": "client_credentials"}, 401, "invalid_client"),
        (None, {"grant_type": "client_credentials"}, 401, "invalid_client"),
        (("sandbox", "sandbox-secret"), {}, 400, "invalid_request"),
        (("sandbox", "sandbox-secret"), {"grant_type": "password"}, 400, "unsupported_grant_type"),
        (
            ("sandbox", "sandbox-secret"),
            {"grant_type": "client_credentials", "scope": "moon.read"},
            400,
            "invalid_scope",
        ),
    ],
)
def test_token_refusals(
    site: RunningSite, auth: tuple[str, str] | None, form: dict[str, str], status: int, error: str
) -> None:
    answer = ask_token(site, auth, **form)
    assert (answer.status_code, answer.json()) == (status, {"error": error})


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer nonsense"},
        {"X-Api-Key": "nonsense"},
        {"Authorization": "Basic " + base64.b64encode(b"sandbox:sandbox-secret").decode()},
    ],
)
def test_without_credentials(site: RunningSite, headers: dict[str, str]) -> None:
    answer = httpx.get(f"{site.url}/api/v1/orders", headers=headers)
    refused(answer, 401, "invalid_token")
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_scope_and_site(site: RunningSite, order_id: str) -> None:
    path, headers = f"{site.url}/api/v1/orders/{order_id}", site.token("orders.read")
    assert httpx.get(path, headers=headers).status_code == 200
    refused(httpx.patch(path, json={}, headers=headers), 403, "insufficient_scope")
    refused(httpx.get(path, headers={**headers, "X-Clarity-Site": "other"}), 403, "site_forbidden")


# Reading


def test_every_answer_carries_its_request_id_and_the_rate_limit(site: RunningSite) -> None:
    answer = site.api.get("/ping", headers={"X-Request-Id": "abc"})
    assert answer.json()["ok"] is True
    assert answer.headers["x-request-id"] == "abc"
    assert {"ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"} <= set(answer.headers)


def test_what_is_not_there(site: RunningSite) -> None:
    refused(site.api.get("/orders/none"), 404, "not_found")
    refused(site.api.get("/returns"), 404, "not_found")
    refused(site.api.get("/inventory/TG-1000"), 404, "not_found")


def test_an_order_has_what_every_resource_has_and_an_entity_tag(site: RunningSite, order_id: str) -> None:
    answer = site.api.get(f"/orders/{order_id}")
    order = answer.json()
    assert order["id"] == order_id
    assert order["version"] == 1
    assert order["createdAt"] == order["updatedAt"]
    assert order["updatedAt"].endswith("Z")
    assert len(order["updatedAt"]) == len("2025-03-01T12:00:00.000Z")
    assert order["deletedAt"] is None
    assert order["siteId"] == "main"
    assert answer.headers["etag"] == '"v1"'
    assert site.api.get(f"/orders/{order_id}", headers={"If-None-Match": '"v1"'}).status_code == 304
    assert site.api.get(f"/orders/{order_id}", headers={"If-None-Match": '"v0"'}).status_code == 200


def test_a_walk_shows_everything_once_and_what_changed_meanwhile_again(site: RunningSite) -> None:
    ids = [site.place(own_order(f"walk{number}"))[0] for number in range(7)]
    since = site.api.get(f"/orders/{ids[0]}").json()["updatedAt"]
    seen: list[tuple[str, int]] = []
    query: dict[str, Any] = {"updatedSince": since, "limit": 3}
    while True:
        page = site.api.get("/orders", params=query).json()
        seen += [(order["id"], order["version"]) for order in page["data"]]
        assert page["asOf"] >= page["data"][-1]["updatedAt"]
        if len(seen) == 3:
            site.do("POST", f"/orders/{ids[0]}/edit", changes={"comments": "changed during the walk"})
        if not page["page"]["hasMore"]:
            assert page["page"]["nextCursor"] is None
            break
        query["cursor"] = page["page"]["nextCursor"]
    assert seen == [*((one, 1) for one in ids), (ids[0], 2)]


def test_updated_since_is_inclusive_and_takes_any_offset(site: RunningSite, order_id: str) -> None:
    updated_at = site.api.get(f"/orders/{order_id}").json()["updatedAt"]
    for since in (updated_at, updated_at.replace("Z", "0000+00:00")):
        found = site.api.get("/orders", params={"updatedSince": since}).json()["data"]
        assert order_id in [order["id"] for order in found]


def test_filters(site: RunningSite, order_id: str) -> None:
    number = site.api.get(f"/orders/{order_id}").json()["orderNumber"]
    found = site.api.get("/orders", params={"orderNumber": number}).json()["data"]
    assert [order["id"] for order in found] == [order_id]
    site.do("POST", f"/orders/{order_id}/edit", changes={"status": "Backordered"})
    found = site.api.get("/orders", params={"status": "Backordered"}).json()["data"]
    assert [order["id"] for order in found] == [order_id]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"limit": "0"}, "bad_parameter"),
        ({"limit": "201"}, "bad_parameter"),
        ({"limit": "ten"}, "bad_parameter"),
        ({"updatedSince": "yesterday"}, "bad_parameter"),
        ({"updatedSince": "2025-03-01T12:00:00"}, "bad_parameter"),
        ({"cursor": "AAAA"}, "bad_cursor"),
        ({"cursor": "é"}, "bad_cursor"),
    ],
)
def test_bad_questions(site: RunningSite, query: dict[str, str], code: str) -> None:
    refused(site.api.get("/orders", params=query), 400, code)


def test_a_deleted_order_is_gone_but_leaves_a_tombstone(site: RunningSite, order_id: str) -> None:
    site.do("POST", f"/orders/{order_id}/delete")
    refused(site.api.get(f"/orders/{order_id}"), 410, "gone")
    since = site.audited(order_id)["deletedAt"]
    assert site.api.get("/orders", params={"updatedSince": since}).json()["data"] == []
    shown = site.api.get("/orders", params={"updatedSince": since, "includeDeleted": "true"}).json()["data"]
    assert [(order["id"], order["version"], order["deletedAt"]) for order in shown] == [(order_id, 2, since)]


# Writing


def patch(site: RunningSite, order_id: str, version: int, **body: Any) -> httpx.Response:
    return site.api.patch(f"/orders/{order_id}", json=body, headers={"If-Match": f'"v{version}"'})


def test_a_patch_needs_the_present_version(site: RunningSite, order_id: str) -> None:
    refused(site.api.patch(f"/orders/{order_id}", json={"holdReason": "x"}), 428, "precondition_required")
    refused(patch(site, order_id, 7, holdReason="x"), 412, "version_mismatch")
    answer = patch(site, order_id, 1, holdReason="credit")
    assert (answer.json()["holdReason"], answer.headers["etag"]) == ("credit", '"v2"')


def test_a_status_moves_legally_once_and_mails_once(site: RunningSite, order_id: str) -> None:
    assert patch(site, order_id, 1, status="Processing").json()["version"] == 2
    assert patch(site, order_id, 2, status="Processing").json()["version"] == 2
    refused(patch(site, order_id, 2, status="Completed"), 422, "illegal_transition")
    refused(patch(site, order_id, 2, status="Void"), 422, "illegal_transition")
    refused(patch(site, order_id, 2, status="Dancing"), 422, "validation_failed")
    assert [mail["status"] for mail in site.audited(order_id)["mails"]] == ["Processing"]


def test_a_patch_sets_references_and_nothing_else(site: RunningSite, order_id: str) -> None:
    reference = {"system": "sage100:ABC", "type": "salesOrder", "id": "0000123"}
    assert patch(site, order_id, 1, externalRefs=[reference]).json()["externalRefs"] == [reference]
    error = refused(patch(site, order_id, 2, currency="EUR"), 422, "validation_failed")["errors"][0]
    assert (error["field"], error["code"]) == ("currency", "read_only")
    refused(patch(site, order_id, 2, externalRefs=[{"id": 1}]), 422, "validation_failed")


def test_a_body_that_is_no_json_object(site: RunningSite, order_id: str) -> None:
    for content in (b"{", b"[]", b"\xff"):
        answer = site.api.patch(f"/orders/{order_id}", content=content, headers={"If-Match": '"v1"'})
        refused(answer, 400, "malformed_json")


def test_an_acknowledgement_counts_once_per_system_and_state(site: RunningSite, order_id: str) -> None:
    path, body = f"/orders/{order_id}/acknowledgements", {"system": "sage100:ABC", "state": "accepted"}
    first = site.post(path, {**body, "documentNumber": "0000123"})
    again = site.post(path, {**body, "documentNumber": "0000999"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert site.post(path, {**body, "state": "posted"}).status_code == 201
    kept = site.audited(order_id)["acknowledgements"]
    assert [(one["state"], one.get("documentNumber")) for one in kept] == [("accepted", "0000123"), ("posted", None)]
    refused(site.post(path, {**body, "state": "eaten"}), 422, "validation_failed")
    refused(site.post(path, {"state": "accepted"}), 422, "validation_failed")
    refused(site.post("/orders/none/acknowledgements", body), 404, "not_found")


def test_notes_and_cancellation(site: RunningSite, order_id: str) -> None:
    assert site.post(f"/orders/{order_id}/notes", {"text": "held in Sage"}).status_code == 201
    refused(site.post(f"/orders/{order_id}/notes", {"text": " "}), 422, "validation_failed")
    for _ in range(2):
        answer = site.post(f"/orders/{order_id}/cancel", {"reason": "no stock"})
        assert (answer.json()["status"], answer.json()["version"]) == ("Cancelled", 2)
    assert [note["text"] for note in site.audited(order_id)["notes"]] == ["held in Sage"]
    shipped = site.place(own_order("shipped", status="Shipped"))[0]
    refused(site.post(f"/orders/{shipped}/cancel", {}), 422, "illegal_transition")


def test_a_post_runs_once_per_key(site: RunningSite, order_id: str) -> None:
    path, body = f"/orders/{order_id}/notes", {"text": "once"}
    refused(site.api.post(path, json=body), 400, "idempotency_key_required")
    refused(site.post(path, body, key="k" * 129), 400, "idempotency_key_required")
    first, again = site.post(path, body, key="same"), site.post(path, body, key="same")
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    refused(site.post(path, {"text": "other"}, key="same"), 422, "idempotency_key_reuse")
    assert len(site.audited(order_id)["notes"]) == 1


def test_a_refusal_is_kept_under_its_key_too(site: RunningSite) -> None:
    for replayed in (None, "true"):
        answer = site.post("/orders/late/notes", {"text": "x"}, key="too-early")
        refused(answer, 404, "not_found")
        assert answer.headers.get("idempotency-replayed") == replayed


# Customers and products


def test_customers(site: RunningSite) -> None:
    accounts = make_customers(9, 3)
    site.do("PUT", "/customers", customers=accounts)
    one = site.api.get(f"/customers/{accounts[0]['id']}")
    assert one.json()["accountNumber"] == accounts[0]["accountNumber"]
    email = accounts[1]["contacts"][0]["email"].upper()
    found = site.api.get("/customers", params={"email": email}).json()["data"]
    assert [customer["id"] for customer in found] == [accounts[1]["id"]]
    refs = [{"system": "sage100:ABC", "type": "customer", "id": "00-0001001"}]
    changed = site.api.patch(
        one.url.path.removeprefix("/api/v1"), json={"externalRefs": refs}, headers={"If-Match": "*"}
    )
    assert changed.json()["version"] == 2
    for reference in ("00-0001001", "sage100:ABC:00-0001001"):
        found = site.api.get("/customers", params={"externalRef": reference}).json()["data"]
        assert [customer["id"] for customer in found] == [accounts[0]["id"]]


def test_new_customers(site: RunningSite) -> None:
    body = {"name": "New Company", "accountNumber": "7000001", "contacts": [{"id": "c", "email": "a@example.com"}]}
    created = site.post("/customers", body)
    assert (created.status_code, created.json()["status"]) == (201, "pendingReview")
    refused(site.post("/customers", body), 409, "duplicate")
    assert site.post("/customers", {**body, "accountNumber": "7000002"}).status_code == 201
    shared = site.api.get("/customers", params={"email": "a@example.com"}).json()["data"]
    assert len(shared) == 2
    refused(site.post("/customers", {"accountNumber": "7000003"}), 422, "validation_failed")
    refused(site.post("/customers", {"name": "x", "status": "sleepy"}), 422, "validation_failed")
    path = f"/customers/{created.json()['id']}"
    refused(site.api.patch(path, json={"accountNumber": "7000002"}, headers={"If-Match": '"v1"'}), 409, "duplicate")
    put = site.api.put(f"{path}/contacts/c", json={"email": "b@example.com"}, headers={"If-Match": '"v1"'})
    assert put.json()["contacts"] == [{"id": "c", "email": "b@example.com"}]


def test_products(site: RunningSite) -> None:
    products = make_catalogue(9, 5)
    for _ in range(2):
        site.do("PUT", "/products", products=products)
    found = site.api.get("/products").json()["data"]
    assert [(product["sku"], product["version"]) for product in found] == [(one["sku"], 1) for one in products]
    assert site.api.get(f"/products/{products[2]['sku']}").json()["name"] == products[2]["name"]


# The control calls


def test_the_control_calls_need_their_token(site: RunningSite) -> None:
    assert httpx.get(f"{site.url}/_sandbox/account").status_code == 401


def test_orders_whose_sums_are_wrong_are_placed_only_unchecked(site: RunningSite) -> None:
    order = own_order("sums")
    order["totals"] = {**order["totals"], "balanceDue": {"amount": "0.01", "currency": "USD"}}
    answer = site.control("POST", "/orders", orders=[{"order": own_order("fine")}, {"order": order}])
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "totals.balanceDue")
    refused(site.api.get("/orders/ord_fine"), 404, "not_found")
    assert site.place(order, unchecked=True) == [order["id"]]


def test_an_order_number_is_taken_once(site: RunningSite, order_id: str) -> None:
    number = site.api.get(f"/orders/{order_id}").json()["orderNumber"]
    answer = site.control("POST", "/orders", orders=[{"order": own_order("twin", orderNumber=number)}])
    assert (answer.status_code, answer.json()["code"]) == (409, "duplicate")


def test_a_control_call_that_is_wrong(site: RunningSite) -> None:
    assert site.control("POST", "/orders", orders=[{"order": {}, "webhook": "pigeon"}]).status_code == 422
    assert site.control("POST", "/orders", orders=[{"order": {}}]).status_code == 422
    assert site.control("PUT", "/faults/plague").status_code == 404


# What outlives a kill


def test_a_kill_loses_nothing(tmp_path: Path) -> None:
    with running_site(tmp_path) as site:
        order_id = site.place(own_order("kept"))[0]
        headers = {**site.token(), "Idempotency-Key": "one"}
        first = httpx.post(f"{site.url}/api/v1/orders/{order_id}/notes", json={"text": "kept"}, headers=headers)
        cursor = site.api.get("/events", params={"limit": 1}).json()["page"]["nextCursor"]
        site.process.kill()
        site.process.wait()
    with running_site(tmp_path) as site:
        again = httpx.post(f"{site.url}/api/v1/orders/{order_id}/notes", json={"text": "kept"}, headers=headers)
        assert again.json() == first.json()
        assert again.headers["idempotency-replayed"] == "true"
        assert [note["text"] for note in site.audited(order_id)["notes"]] == ["kept"]
        assert site.api.get("/events", params={"after": cursor}).json()["data"] == []
