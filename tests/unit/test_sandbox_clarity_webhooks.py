"""The sandbox site's webhooks: signed, at least once, retried, and wrong in every way asked for (clarity.md 2.7)."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from bridge.storefront.clarity.webhook import BadSignature, WebhookSettings, verify
from sandbox.clarity.money import wrong_sums
from sandbox.orders import make_catalogue, make_customers, make_orders
from tests.unit.sandbox_clarity_site import (
    WITHOUT_LIMIT,
    Received,
    Receiver,
    RunningSite,
    running_receiver,
    running_site,
    wait_until,
)

SECRET = "whsec_of_this_test"
FAST_RETRIES = ("--retry-scale", "0.0005")


ORDERS = iter(make_orders(4, 100))


@pytest.fixture(scope="module")
def door() -> Iterator[Receiver]:
    with running_receiver() as running:
        yield running


@pytest.fixture(scope="module")
def running(door: Receiver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    hook = ("--webhook-url", door.url, "--webhook-secret", SECRET)
    with running_site(tmp_path_factory.mktemp("site"), *WITHOUT_LIMIT, *FAST_RETRIES, *hook) as site:
        yield site


@pytest.fixture
def receiver(door: Receiver) -> Receiver:
    door.received.clear()
    door.answers.clear()
    return door


@pytest.fixture
def site(running: RunningSite) -> Iterator[RunningSite]:
    yield running
    running.do("DELETE", "/faults")


def check(webhook: Received, *secrets: str) -> None:
    settings = WebhookSettings.model_validate({"secrets": secrets or (SECRET,)})
    verify(webhook.headers, webhook.body, settings=settings, now=datetime.now(UTC))


def refusal(webhook: Received) -> str:
    with pytest.raises(BadSignature) as caught:
        check(webhook)
    return caught.value.reason


def order() -> dict[str, Any]:
    """An order that no other test has placed."""
    return next(ORDERS)


def test_an_order_is_told_signed_with_its_envelope(site: RunningSite, receiver: Receiver) -> None:
    order_id = site.place(order())[0]
    webhook = receiver.wait_for(1)[0]
    check(webhook)
    body = site.api.get(f"/orders/{order_id}").json()
    envelope = webhook.envelope
    assert envelope["type"] == webhook.headers["X-Clarity-Event"] == "order.created"
    assert envelope["id"] == webhook.headers["X-Clarity-Event-Id"]
    assert webhook.headers["X-Clarity-Attempt"] == "1"
    assert (envelope["apiVersion"], envelope["siteId"]) == ("v1", "main")
    resource = {"type": "order", "id": order_id, "version": 1, "updatedAt": body["updatedAt"]}
    assert envelope["resource"] == resource
    assert envelope["data"] == body


def test_captures_and_refunds_change_the_order_and_are_told(site: RunningSite, receiver: Receiver) -> None:
    body, nothing = order(), {"amount": "0.00", "currency": "USD"}
    payment = {**body["payments"][0], "state": "authorized", "capturedAmount": nothing}
    order_id = site.place({**body, "payments": [payment]})[0]
    whole = Decimal(payment["amount"]["amount"])
    site.do("POST", f"/orders/{order_id}/capture", amount="1.00")
    site.do("POST", f"/orders/{order_id}/capture")
    site.do("POST", f"/orders/{order_id}/refund", amount="0.25")
    assert site.control("POST", f"/orders/{order_id}/capture").status_code == 422, "nothing is left to capture"
    now = site.api.get(f"/orders/{order_id}").json()
    [kept] = now["payments"]
    amounts = [Decimal(kept[name]["amount"]) for name in ("capturedAmount", "refundedAmount")]
    assert (kept["state"], amounts) == ("captured", [whole, Decimal("0.25")])
    assert (now["paymentStatus"], Decimal(now["totals"]["paid"]["amount"])) == ("partiallyRefunded", whole - amounts[1])
    assert (now["version"], wrong_sums(now)) == (4, [])
    told = sorted((webhook.envelope for webhook in receiver.wait_for(7)), key=lambda event: event["sequence"])
    topics = ["order.created", *["order.updated", "payment.captured"] * 2, "order.updated", "payment.refunded"]
    assert [event["type"] for event in told] == topics
    assert (told[-1]["resource"]["type"], told[-1]["resource"]["id"]) == ("payment", kept["id"])
    assert told[-1]["data"]["orderId"] == order_id


def test_topics_follow_what_happened(site: RunningSite, receiver: Receiver) -> None:
    order_id = site.place(order())[0]
    site.do("POST", f"/orders/{order_id}/edit", changes={"comments": "x"})
    site.do("POST", f"/orders/{order_id}/cancel")
    site.do("POST", f"/orders/{order_id}/delete")
    site.do("PUT", "/customers", customers=make_customers(1, 1))
    site.do("PUT", "/products", products=make_catalogue(1, 1))
    site.do("PUT", "/products", products=[{**make_catalogue(1, 1)[0], "name": "Renamed"}])
    told = sorted((webhook.envelope for webhook in receiver.wait_for(7)), key=lambda event: event["sequence"])
    topics = ["order.created", "order.updated", "order.cancelled", "order.deleted"]
    topics += ["customer.created", "product.created", "product.updated"]
    assert [event["type"] for event in told] == topics
    feed = site.api.get("/events", params={"limit": 200}).json()
    assert feed["data"][-7:] == told
    only = site.api.get("/events", params={"topics": "product.*", "after": told[5]["sequence"]}).json()["data"]
    assert only == told[6:]


def test_failures_are_retried_with_the_same_event_under_new_deliveries(site: RunningSite, receiver: Receiver) -> None:
    receiver.answers = [500, 301]
    order_id = site.place(order())[0]
    told = receiver.wait_for(3)
    assert [webhook.headers["X-Clarity-Attempt"] for webhook in told] == ["1", "2", "3"]
    assert len({webhook.headers["X-Clarity-Event-Id"] for webhook in told}) == 1
    assert len({webhook.headers["X-Clarity-Delivery-Id"] for webhook in told}) == 3
    delivery = wait_until(lambda: next((one for one in deliveries(site, order_id) if one["state"] == "done"), None))
    assert (delivery["attempts"], delivery["lastAnswer"]) == (3, "202")


def deliveries(site: RunningSite, order_id: str) -> list[dict[str, Any]]:
    return list(site.audited(order_id)["deliveries"])


def test_eight_failures_end_a_delivery_which_can_be_sent_again(receiver: Receiver, tmp_path: Path) -> None:
    receiver.answers = [503] * 8
    with running_site(tmp_path, "--retry-scale", "0.000001", "--webhook-url", receiver.url) as site:
        order_id = site.place(order())[0]
        dead = wait_until(lambda: next((one for one in deliveries(site, order_id) if one["state"] == "dead"), None))
        assert (dead["attempts"], len(receiver.received)) == (8, 8)
        assert site.post(f"/webhook-deliveries/{dead['id']}/redeliver", {}).status_code == 202
        again = receiver.wait_for(9)[8]
        assert again.envelope["id"] == receiver.received[0].envelope["id"]
        assert site.post("/webhook-deliveries/none/redeliver", {}).status_code == 404


def test_twenty_dead_in_a_row_disable_the_subscription(receiver: Receiver, tmp_path: Path) -> None:
    receiver.answers = [503] * 1000
    with running_site(tmp_path, "--retry-scale", "0", "--webhook-url", receiver.url) as site:
        site.place(*(order() for _ in range(20)))
        wait_until(lambda: site.api.get("/webhooks/wh_start").json().get("isDisabled"))  # a 429 when asked too often


def test_a_receiver_that_is_away_is_tried_again(receiver: Receiver, tmp_path: Path) -> None:
    with running_site(tmp_path, *FAST_RETRIES, "--webhook-url", "http://127.0.0.1:1/") as site:
        order_id = site.place(order())[0]
        away = wait_until(lambda: next((one for one in deliveries(site, order_id) if one["lastAnswer"]), None))
        assert (away["state"], away["lastAnswer"]) == ("pending", "ConnectError")


def test_what_was_not_delivered_before_a_kill_is_delivered_after_it(receiver: Receiver, tmp_path: Path) -> None:
    with running_site(tmp_path, "--webhook-url", "http://127.0.0.1:1/") as site:
        site.place(order(), webhook="late", delayS=0.2)
        site.process.kill()
        site.process.wait()
    with running_site(tmp_path, "--webhook-url", receiver.url):
        assert receiver.wait_for(1)[0].envelope["type"] == "order.created"


# How a webhook can be wrong


def test_duplicate(site: RunningSite, receiver: Receiver) -> None:
    site.place(order(), webhook="duplicate")
    one, two = receiver.wait_for(2)
    assert one.body == two.body
    assert one.headers["X-Clarity-Delivery-Id"] != two.headers["X-Clarity-Delivery-Id"]


def test_late_is_overtaken_by_the_next(site: RunningSite, receiver: Receiver) -> None:
    order_id = site.place(order(), webhook="late", delayS=0.5)[0]
    site.do("POST", f"/orders/{order_id}/edit", changes={"comments": "x"})
    told = [webhook.envelope for webhook in receiver.wait_for(2)]
    assert [(one["type"], one["resource"]["version"]) for one in told] == [("order.updated", 2), ("order.created", 1)]


def test_never_is_found_by_the_poll_alone(site: RunningSite, receiver: Receiver) -> None:
    missed, told = order(), order()
    site.place(missed, webhook="never")
    site.place(told)
    assert receiver.wait_for(1)[0].envelope["resource"]["id"] == told["id"]
    assert deliveries(site, missed["id"]) == []
    found = [one["id"] for one in site.api.get("/orders", params={"limit": 200}).json()["data"]]
    assert found[-2:] == [missed["id"], told["id"]]


def test_thin(site: RunningSite, receiver: Receiver) -> None:
    site.place(order(), webhook="thin")
    webhook = receiver.wait_for(1)[0]
    check(webhook)
    assert webhook.envelope["data"] is None


def test_garbage_is_signed_but_cannot_be_read(site: RunningSite, receiver: Receiver) -> None:
    site.place(order(), webhook="garbage")
    webhook = receiver.wait_for(1)[0]
    check(webhook)
    with pytest.raises(ValueError):
        _ = webhook.envelope


@pytest.mark.parametrize(("treatment", "reason"), [("bad_signature", "mismatch"), ("stale", "stale")])
def test_bad_and_old_signatures(site: RunningSite, receiver: Receiver, treatment: str, reason: str) -> None:
    site.place(order(), webhook=treatment)
    assert refusal(receiver.wait_for(1)[0]) == reason


def test_clock_skew_makes_signatures_stale(site: RunningSite, receiver: Receiver) -> None:
    site.fault("clock_skew", value=-600)
    site.place(order())
    assert refusal(receiver.wait_for(1)[0]) == "stale"


# Subscriptions


def test_a_subscription_gets_its_topics_and_shows_its_secret_once(receiver: Receiver, tmp_path: Path) -> None:
    with running_site(tmp_path, *WITHOUT_LIMIT) as site:
        made = site.post("/webhooks", {"url": receiver.url, "topics": ["product.*"], "mode": "thin"}).json()
        path = f"/webhooks/{made['id']}"
        assert made["secret"] not in site.api.get(path).text
        site.place(order())
        site.do("PUT", "/products", products=make_catalogue(1, 1))
        webhook = receiver.wait_for(1)[0]
        check(webhook, made["secret"])
        assert (webhook.envelope["type"], webhook.envelope["data"]) == ("product.created", None)
        assert site.api.delete(path).status_code == 204
        assert site.api.get(path).status_code == 404
        assert site.api.delete(path).status_code == 404


def test_after_a_rotation_both_secrets_fit_until_410_removes_it(receiver: Receiver, tmp_path: Path) -> None:
    with running_site(tmp_path, "--webhook-url", receiver.url, "--webhook-secret", SECRET) as site:
        new = site.post("/webhooks/wh_start/rotate-secret", {}).json()["secret"]
        assert new != SECRET
        site.place(order())
        webhook = receiver.wait_for(1)[0]
        check(webhook, SECRET)
        check(webhook, new)
        assert webhook.headers["X-Clarity-Signature"].count("v1=") == 2
        receiver.answers = [410]
        site.place(order())
        wait_until(lambda: site.api.get("/webhooks/wh_start").status_code == 404)


@pytest.mark.parametrize(
    "body",
    [
        {"topics": ["*"]},
        {"url": "ftp://example.com", "topics": ["*"]},
        {"url": "https://example.com", "topics": []},
        {"url": "https://example.com", "topics": ["*"], "mode": "round"},
        {"url": "https://example.com", "topics": ["*"], "colour": "blue"},
    ],
)
def test_subscriptions_that_are_refused(site: RunningSite, body: dict[str, Any]) -> None:
    answer = site.post("/webhooks", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")


def test_subscriptions_need_their_scope(site: RunningSite) -> None:
    answer = httpx.get(f"{site.url}/api/v1/webhooks/wh_start", headers=site.token("orders.read"))
    assert answer.status_code == 403
