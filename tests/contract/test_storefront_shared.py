"""What all workers at one Clarity site share (rate limit, token, log-on): a real site, a real Valkey, two workers."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
import redis

from bridge.errors import Throttled, TryLater, Unauthorised, Unreachable
from bridge.events.redis_client import open_client
from bridge.ports.storefront import Wanted
from bridge.storefront.clarity.classify import EXPIRED_WAIT_S
from bridge.storefront.clarity.rate_limit import RedisBudget
from bridge.storefront.clarity.tokens import RedisTokens, Token
from bridge.storefront.clarity.transport import Transport
from tests.contract.storefront_contract import accepted, seen
from tests.contract.storefront_sites import Opener, SandboxShop
from workers.broker import EmbeddedBroker


@pytest.mark.parametrize("form", ["first", "second"])
def test_both_forms_of_retry_after_are_waited_for_inside_a_call(shop: SandboxShop, form: str) -> None:
    """The site takes its two forms in turn."""
    [order_id] = shop.place()
    shop.process.fault("rate_limited", count=1, value=1)
    begin = time.monotonic()
    [read] = shop.storefront.read_orders([Wanted(order_id)])
    assert read.order is not None
    assert 0.5 < time.monotonic() - begin < 7
    assert shop.process.struck("rate_limited") == 1


def test_a_rate_limit_met_by_one_worker_stops_the_other(open_shop: Opener, valkey: redis.Redis) -> None:
    one, other = (open_shop(shared=valkey) for _ in range(2))
    [order_id] = one.place()
    one.refuse_next(after_s=20)
    for worker in (one, other):
        with pytest.raises(Throttled) as throttled:
            worker.storefront.read_orders([Wanted(order_id)])
        assert 15 < (throttled.value.after_s or 0) < 25
    assert one.process.struck("rate_limited") == 1


def test_a_rate_limit_at_the_token_endpoint_stops_everybody_too(open_shop: Opener, valkey: redis.Redis) -> None:
    one, other = (open_shop(shared=valkey) for _ in range(2))
    one.process.fault("rate_limited", count=1, value=20, path="/oauth")
    for worker in (one, other):
        with pytest.raises(Throttled):
            worker.storefront.read_orders([Wanted("1")])
    assert one.process.struck("rate_limited") == 1


def test_maintenance_stops_every_worker_for_as_long_as_it_says(open_shop: Opener, valkey: redis.Redis) -> None:
    one, other = (open_shop(shared=valkey) for _ in range(2))
    one.process.fault("maintenance", count=1, value=20)
    with pytest.raises(TryLater) as told:
        one.storefront.acknowledge(accepted("1"))
    assert told.value.after_s == 20
    with pytest.raises(Throttled):
        other.storefront.acknowledge(accepted("1"))


def test_two_workers_share_one_bucket(valkey: redis.Redis, broker: EmbeddedBroker) -> None:
    """At 80 % of 50 a second and 10 at once, half a second lets through 8 and 20, whoever asks."""

    def taken_in_half_a_second(client: redis.Redis) -> int:
        budget = RedisBudget(client, "bucket", rps=50, burst=10)
        deadline, taken = time.monotonic() + 0.5, 0
        while time.monotonic() < deadline:
            wait_s = budget.take()
            taken += wait_s == 0
            time.sleep(wait_s)
        return taken

    begin = time.monotonic()
    with open_client(broker.url) as other, ThreadPoolExecutor(2) as workers:
        taken = sum(workers.map(taken_in_half_a_second, (valkey, other)))
    assert 15 <= taken <= 8 + 40 * (time.monotonic() - begin) + 1


def test_one_token_serves_all_workers(open_shop: Opener, valkey: redis.Redis) -> None:
    workers = [open_shop(shared=valkey) for _ in range(3)]
    [order_id] = workers[0].place()
    workers[0].process.control("POST", "/tokens/expire")
    with ThreadPoolExecutor(3) as pool:
        reads = list(pool.map(lambda worker: worker.storefront.read_orders([Wanted(order_id)]), workers))
    assert all(read.order for [read] in reads)
    assert workers[0].process.control("POST", "/tokens/expire") == {"expired": 1}


def test_a_token_that_expires_between_two_pages_is_renewed_once(open_shop: Opener, valkey: redis.Redis) -> None:
    shop = open_shop(shared=valkey)
    since = datetime.now(UTC)
    ids = shop.place(7)
    walk = shop.storefront.changed_since(since)
    pages = [next(walk)]
    shop.process.control("POST", "/tokens/expire")
    pages += walk
    assert set(ids) <= seen(pages)
    assert shop.process.control("POST", "/tokens/expire") == {"expired": 1}


def test_a_second_401_ends_the_call(shop: SandboxShop) -> None:
    shop.refuse_logon()
    with pytest.raises(Unauthorised, match="invalid_token"):
        shop.storefront.acknowledge(accepted("1"))
    assert shop.process.struck("unauthorised") == 2


def test_a_token_that_expires_as_soon_as_it_was_given_is_no_refused_log_on(
    shop: SandboxShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clocks are set between the giving of a token and its use; a campaign halted a connection so."""
    [order_id] = shop.place()
    send = Transport.send

    def send_late(self: Transport, method: str, path: str, **more: Any) -> Any:
        if not path.startswith("/oauth"):
            shop.process.control("POST", "/tokens/expire")
        return send(self, method, path, **more)

    with monkeypatch.context() as patch:
        patch.setattr(Transport, "send", send_late)
        with pytest.raises(TryLater, match="expired_token") as late:
            shop.storefront.read_orders([Wanted(order_id)])
    assert late.value.after_s == EXPIRED_WAIT_S
    [read] = shop.storefront.read_orders([Wanted(order_id)])
    assert read.order is not None


def test_a_missing_scope_ends_the_call_and_a_wrong_secret_does_too(open_shop: Opener) -> None:
    reader = open_shop("auth: {scopes: [orders.read]}\n")
    [order_id] = reader.place()
    with pytest.raises(Unauthorised, match="insufficient_scope"):
        reader.storefront.acknowledge(accepted(order_id))
    stranger = open_shop(client_secret="wrong")
    with pytest.raises(Unauthorised, match="invalid_client"):
        stranger.storefront.read_orders([Wanted(order_id)])


@pytest.mark.parametrize("more", ["auth: {mode: api_key}\n", "auth: {clientAuth: body}\n"])
def test_the_other_ways_to_log_on_are_a_line_of_the_profile(open_shop: Opener, more: str) -> None:
    shop = open_shop(more)
    [order_id] = shop.place()
    [read] = shop.storefront.read_orders([Wanted(order_id)])
    assert read.order is not None


def test_without_redis_nothing_is_sent(open_shop: Opener, broker: EmbeddedBroker) -> None:
    with open_client(broker.url) as client:
        shop = open_shop(shared=client)
        [order_id] = shop.place()
        broker.kill()
        with pytest.raises(Unreachable, match="Redis"):
            shop.storefront.acknowledge(accepted(order_id))
        with pytest.raises(Unreachable, match="Redis"):
            RedisBudget(client, "bucket", rps=1, burst=1).take()
    assert shop.order(order_id)["told"] == []


def test_a_token_is_fetched_by_one_and_replaced_only_when_it_was_refused(valkey: redis.Redis) -> None:
    fetched: list[str] = []

    def fetch() -> Token:
        time.sleep(0.05)  # long enough for the others to come and ask
        fetched.append(f"token {len(fetched) + 1}")
        return Token(fetched[-1], life_s=600)

    stores = [RedisTokens(valkey, "token") for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda store: store.get(fetch), stores)) == {"token 1"}
        renewed = set(pool.map(lambda store: store.get(fetch, refused="token 1"), stores))
    assert (renewed, fetched) == ({"token 2"}, ["token 1", "token 2"])
    assert stores[0].get(fetch, refused="token 1") == "token 2"
    assert 470 < valkey.ttl("token") <= 480


def test_a_redis_whose_clock_was_ahead_stops_nobody_once_it_is_right(valkey: redis.Redis) -> None:
    """What it had noted then: when tokens were counted, a pause of ten seconds, and who fetches the site's token."""
    budget, days_ms = RedisBudget(valkey, "bucket", rps=50, burst=10), 2 * 86_400_000
    assert budget.take() == 0
    valkey.hincrby("bucket", "at", days_ms)
    assert budget.take() == 0
    budget.pause(10)
    assert 9 < budget.take() <= 10
    valkey.hincrby("bucket", "paused", days_ms)
    assert budget.take() < 1
    valkey.set("token:lock", "somebody who is gone", px=days_ms)
    assert RedisTokens(valkey, "token", lock_s=60).get(lambda: Token("fresh", life_s=600)) == "fresh"
