"""The older site: the same store in another spelling, with the least that can work (reference clarity.md 2.12)."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from sandbox.orders import make_catalogue, make_customers, make_orders
from tests.unit.sandbox_clarity_site import WITHOUT_LIMIT, RunningSite, running_site

BERLIN = ZoneInfo("Europe/Berlin")
CUSTOMERS = make_customers(1, 4)
ORDERS = make_orders(1, 7, customers=CUSTOMERS)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    profile = ("--profile", "clarity-minimal", "--zone", "Europe/Berlin")
    with running_site(tmp_path_factory.mktemp("site"), *WITHOUT_LIMIT, *profile, base="/api") as running:
        running.do("PUT", "/customers", customers=CUSTOMERS)
        running.do("PUT", "/products", products=make_catalogue(1, 2))
        running.place(*ORDERS)
        yield running


def get(site: RunningSite, path: str, **query: Any) -> dict[str, Any]:
    answer = site.api.get(path, params=query)
    assert answer.status_code == 200
    return dict(answer.json())


def number_of(site: RunningSite, order: dict[str, Any]) -> int:
    found = get(site, "/orders", OrderNumber=order["orderNumber"])["Results"]
    assert len(found) == 1
    return int(found[0]["ID"])


def failure(answer: httpx.Response) -> str:
    body = answer.json()
    assert (answer.status_code, body["Success"]) == (200, False)
    return str(body["Failures"][0]["Code"])


def test_pages_by_number(site: RunningSite) -> None:
    pages = [get(site, "/orders", Page=page, PageSize=3) for page in (1, 2, 3, 4)]
    assert [len(page["Results"]) for page in pages] == [3, 3, 1, 0]
    assert {(page["TotalPages"], page["TotalCount"], page["Success"]) for page in pages} == {(3, 7, True)}
    assert len({order["ID"] for page in pages for order in page["Results"]}) == 7


def test_names_are_pascal_case_ids_integers_and_times_local(site: RunningSite) -> None:
    order = get(site, f"/orders/{number_of(site, ORDERS[0])}")
    assert order["Success"] is True
    assert "id" not in order
    assert order["OrderNumber"] == ORDERS[0]["orderNumber"]
    assert order["Lines"][0]["UnitPrice"]["Amount"] == ORDERS[0]["lines"][0]["unitPrice"]["amount"]
    assert isinstance(order["Customer"]["Id"], int)
    customer = get(site, f"/customers/{order['Customer']['Id']}")
    assert customer["AccountNumber"] == ORDERS[0]["customer"]["accountNumber"]
    updated_at = datetime.fromisoformat(order["UpdatedAt"])
    assert updated_at.tzinfo is None
    assert abs((updated_at.replace(tzinfo=BERLIN) - datetime.now(UTC)).total_seconds()) < 60


def test_modified_since_is_local_time(site: RunningSite) -> None:
    order = get(site, f"/orders/{number_of(site, ORDERS[0])}")
    assert get(site, "/orders", ModifiedSince=order["UpdatedAt"])["TotalCount"] == 7
    tomorrow = datetime.now(BERLIN).replace(tzinfo=None, microsecond=0)
    later = tomorrow.replace(year=tomorrow.year + 1, day=1)
    assert get(site, "/orders", ModifiedSince=later.isoformat())["TotalCount"] == 0


def test_writes_need_neither_version_nor_key(site: RunningSite) -> None:
    path = f"/orders/{number_of(site, ORDERS[1])}"
    reference = {"System": "sage100:ABC", "Type": "salesOrder", "Id": "0000123"}
    changed = site.api.patch(path, json={"ExternalRefs": [reference]}).json()
    assert (changed["Success"], changed["ExternalRefs"], changed["Version"]) == (True, [reference], 2)
    for _ in range(2):
        told = site.api.post(f"{path}/acknowledgements", json={"System": "sage100:ABC", "State": "accepted"})
        assert told.json()["Success"] is True
    kept = get(site, f"{path}/acknowledgements")["Results"]
    assert [(one["System"], one["State"]) for one in kept] == [("sage100:ABC", "accepted")]


def test_refusals_come_with_status_200(site: RunningSite) -> None:
    path = f"/orders/{number_of(site, ORDERS[2])}"
    assert failure(site.api.get("/orders/999999")) == "not_found"
    assert failure(site.api.get("/orders/ord_1")) == "not_found"
    assert failure(site.api.get("/events")) == "not_found"
    assert failure(site.api.get("/orders", params={"ModifiedSince": "soon"})) == "bad_parameter"
    assert failure(site.api.get("/orders", params={"Page": "0"})) == "bad_parameter"
    assert failure(site.api.patch(path, json={"Status": "Completed"})) == "illegal_transition"
    assert failure(site.api.patch(path, json={"Currency": "EUR"})) == "read_only"
    assert failure(httpx.get(f"{site.url}/api/orders")) == "invalid_token"


def test_faults_strike_here_too(site: RunningSite) -> None:
    site.fault("rate_limited", count=1)
    assert site.api.get("/orders").status_code == 429
    site.fault("unknown_enum", count=1)
    assert {order["Status"] for order in get(site, "/orders")["Results"]} == {"AwaitingTide"}


def test_products_and_ping(site: RunningSite) -> None:
    assert get(site, "/ping")["Ok"] is True
    sku = get(site, "/products")["Results"][0]["Sku"]
    assert get(site, f"/products/{sku}")["Sku"] == sku
