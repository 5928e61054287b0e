"""Each fault of the sandbox site strikes as the contract's list says (reference clarity.md 2.4, 2.5 and 2.11)."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx
import pytest

from sandbox.orders import make_orders
from tests.unit.sandbox_clarity_site import WITHOUT_LIMIT, RunningSite, running_site, wait_until

ORDERS = iter(make_orders(2, 50))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    with running_site(tmp_path_factory.mktemp("site"), *WITHOUT_LIMIT) as site:
        yield site


@pytest.fixture
def site(running: RunningSite) -> Iterator[RunningSite]:
    yield running
    running.do("DELETE", "/faults")


@pytest.fixture
def order_id(site: RunningSite) -> str:
    return site.place(next(ORDERS))[0]


def statuses(site: RunningSite, count: int, path: str = "/ping") -> list[int]:
    return [site.api.get(path).status_code for _ in range(count)]


def test_rate_limit_with_both_forms_of_retry_after(site: RunningSite) -> None:
    site.fault("rate_limited", count=2, value=3)
    refusals = [site.api.get("/ping") for _ in range(2)]
    assert [(one.status_code, one.json()["code"]) for one in refusals] == [(429, "rate_limited")] * 2
    as_number, as_date = sorted((one.headers["retry-after"] for one in refusals), key=len)
    assert as_number == "3"
    wait = parsedate_to_datetime(as_date) - datetime.now(UTC)
    assert timedelta(seconds=1) < wait <= timedelta(seconds=5)
    assert statuses(site, 1) == [200]


def test_the_bucket_empties_and_fills_per_credential(tmp_path: Path) -> None:
    with running_site(tmp_path, "--rate", "5", "--burst", "3") as site:
        token = site.token()
        answers = [site.api.get("/ping") for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert answers[0].headers["ratelimit-limit"] == "3"
        assert answers[3].headers["ratelimit-remaining"] == "0"
        assert httpx.get(f"{site.url}/api/v1/ping", headers=token).status_code == 200
        wait_until(lambda: site.api.get("/ping").status_code == 200)


def test_maintenance_lasts_for_its_time(site: RunningSite) -> None:
    site.fault("maintenance", seconds=0.3, value=1)
    answer = site.api.get("/ping")
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "maintenance", "1")
    wait_until(lambda: site.api.get("/ping").status_code == 200)


def test_server_errors_are_not_kept_under_a_key(site: RunningSite, order_id: str) -> None:
    site.fault("server_error", count=1, value=502, method="POST", path="/notes")
    assert statuses(site, 1) == [200]
    path = f"/orders/{order_id}/notes"
    assert [site.post(path, {"text": "x"}, key="502").status_code for _ in range(2)] == [502, 201]


def test_locked_is_not_kept_under_a_key(site: RunningSite, order_id: str) -> None:
    site.fault("locked", count=1)
    first = site.post(f"/orders/{order_id}/notes", {"text": "x"}, key="423")
    assert (first.status_code, first.json()["code"], first.headers["retry-after"]) == (423, "locked", "1")
    assert site.post(f"/orders/{order_id}/notes", {"text": "x"}, key="423").status_code == 201


def test_tokens_expire_mid_run(site: RunningSite) -> None:
    headers, url = site.token(), f"{site.url}/api/v1/orders"
    assert httpx.get(url, headers=headers).status_code == 200
    site.do("POST", "/tokens/expire")
    answer = httpx.get(url, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "expired_token")
    assert httpx.get(url, headers=site.token()).status_code == 200


def test_a_burst_of_401_strikes_even_fresh_tokens(site: RunningSite) -> None:
    site.fault("unauthorised", count=2, path="/api/")
    url = f"{site.url}/api/v1/orders"
    assert [httpx.get(url, headers=site.token()).status_code for _ in range(3)] == [401, 401, 200]


def test_a_revoked_key(site: RunningSite) -> None:
    site.fault("key_revoked")
    assert statuses(site, 1) == [401]
    assert httpx.get(f"{site.url}/api/v1/ping", headers=site.token()).status_code == 200


def test_a_write_whose_answer_is_lost_was_committed(site: RunningSite, order_id: str) -> None:
    site.fault("lost_answer", count=1)
    path = f"/orders/{order_id}/notes"
    with pytest.raises(httpx.ReadTimeout):
        site.post(path, {"text": "lost"}, key="lost", timeout=0.3)
    assert [note["text"] for note in site.audited(order_id)["notes"]] == ["lost"]
    again = site.post(path, {"text": "lost"}, key="lost")
    assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
    assert len(site.audited(order_id)["notes"]) == 1


def test_a_lost_answer_ends_in_504_for_who_waits_long(site: RunningSite, order_id: str) -> None:
    site.fault("lost_answer", count=1, value=0.05)
    assert site.post(f"/orders/{order_id}/notes", {"text": "x"}).status_code == 504


def test_the_same_request_while_it_runs(site: RunningSite, order_id: str) -> None:
    site.fault("slow", count=1, value=0.5)
    path, first = f"/orders/{order_id}/notes", list[httpx.Response]()
    thread = threading.Thread(target=lambda: first.append(site.post(path, {"text": "slow"}, key="slow")))
    thread.start()
    wait_until(lambda: site.do("GET", "/faults")["faults"][0]["struck"])
    second = site.post(path, {"text": "slow"}, key="slow")
    assert (second.status_code, second.json()["code"], second.headers["retry-after"]) == (409, "in_progress", "1")
    thread.join()
    assert first[0].status_code == 201


def test_a_slow_body(site: RunningSite, order_id: str) -> None:
    site.fault("slow_body", count=1, value=5)
    with pytest.raises(httpx.ReadTimeout):
        site.api.get(f"/orders/{order_id}", timeout=0.3)
    site.fault("slow_body", count=1, value=0.01)
    assert site.api.get(f"/orders/{order_id}").json()["id"] == order_id


def test_truncated_json(site: RunningSite, order_id: str) -> None:
    site.fault("truncated", count=1)
    answer = site.api.get(f"/orders/{order_id}")
    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_a_stale_read_says_304_although_changed(site: RunningSite, order_id: str) -> None:
    site.do("POST", f"/orders/{order_id}/edit", changes={"comments": "new"})
    site.fault("stale_read", count=1)
    headers = {"If-None-Match": '"v1"'}
    assert [site.api.get(f"/orders/{order_id}", headers=headers).status_code for _ in range(2)] == [304, 200]


def test_a_cursor_expires(site: RunningSite) -> None:
    site.place(next(ORDERS), next(ORDERS))
    cursor = site.api.get("/orders", params={"limit": 1}).json()["page"]["nextCursor"]
    site.fault("cursor_expired", count=1)
    answers = [site.api.get("/orders", params={"limit": 1, "cursor": cursor}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [410, 200]
    assert answers[0].json()["code"] == "cursor_expired"


def test_a_cursor_is_old_after_a_day(site: RunningSite) -> None:
    site.place(next(ORDERS), next(ORDERS))
    cursor = site.api.get("/orders", params={"limit": 1}).json()["page"]["nextCursor"]
    site.fault("clock_skew", value=24 * 3600 + 60)
    assert site.api.get("/orders", params={"cursor": cursor}).json()["code"] == "cursor_expired"


def test_a_row_changes_between_pages_and_comes_again(site: RunningSite) -> None:
    ids = site.place(next(ORDERS), next(ORDERS), next(ORDERS))
    since = site.api.get(f"/orders/{ids[0]}").json()["updatedAt"]
    site.fault("row_changes", count=1)
    first = site.api.get("/orders", params={"updatedSince": since, "limit": 2}).json()
    rest = site.api.get("/orders", params={"cursor": first["page"]["nextCursor"]}).json()
    seen = [(order["id"], order["version"]) for order in first["data"] + rest["data"]]
    assert seen == [(ids[0], 1), (ids[1], 1), (ids[2], 1), (ids[0], 2)]


@pytest.mark.parametrize("skew_s", [600, -600])
def test_clock_skew(site: RunningSite, skew_s: int) -> None:
    site.fault("clock_skew", value=skew_s)
    order_id = site.place(next(ORDERS))[0]
    for text in (site.api.get(f"/orders/{order_id}").json()["updatedAt"], site.api.get("/orders").json()["asOf"]):
        assert abs((datetime.fromisoformat(text) - datetime.now(UTC)).total_seconds() - skew_s) < 10


def test_money_as_numbers_and_a_status_never_seen(site: RunningSite, order_id: str) -> None:
    site.fault("number_money", count=1)
    order = site.api.get(f"/orders/{order_id}").json()
    assert isinstance(order["totals"]["total"]["amount"], float)
    site.fault("unknown_enum", count=2)
    assert site.api.get(f"/orders/{order_id}").json()["status"] == "AwaitingTide"
    assert {row["status"] for row in site.api.get("/orders").json()["data"]} == {"AwaitingTide"}
    assert site.api.get(f"/orders/{order_id}").json()["status"] in {"Confirmed", "Processing"}


def test_a_row_that_is_told_before_it_can_be_read(site: RunningSite) -> None:
    order = next(ORDERS)
    order_id = site.place(order, hiddenS=0.3)[0]
    assert site.api.get(f"/orders/{order_id}").status_code == 404
    events = site.api.get("/events", params={"limit": 200}).json()["data"]
    assert order_id in [event["resource"]["id"] for event in events]
    read = wait_until(lambda: (answer := site.api.get(f"/orders/{order_id}")).status_code == 200 and answer)
    found = site.api.get("/orders", params={"orderNumber": order["orderNumber"]}).json()["data"]
    assert found == [read.json()]


def test_faults_are_listed_and_switched_off(site: RunningSite) -> None:
    site.fault("maintenance")
    site.fault("truncated", count=1)
    assert statuses(site, 2) == [503, 503]
    listed = {fault["name"]: fault["struck"] for fault in site.do("GET", "/faults")["faults"]}
    assert listed == {"maintenance": 2, "truncated": 0}
    site.do("DELETE", "/faults/maintenance")
    assert statuses(site, 1) == [200]
