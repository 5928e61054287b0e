"""The token bucket, in one process and in Valkey, keeps the same promises; tokens are renewed early."""

import time
from collections.abc import Callable, Iterator

import pytest

from bridge.errors import Throttled
from bridge.events.redis_client import open_client
from bridge.storefront.clarity.rate_limit import Budget, LocalBudget, RedisBudget, wait_for_turn
from bridge.storefront.clarity.tokens import LocalTokens, Token
from workers.broker import EmbeddedBroker

Open = Callable[[float, float], Budget]


@pytest.fixture(params=["local", "redis"])
def open_budget(request: pytest.FixtureRequest) -> Iterator[Open]:
    """Opens a bucket of (requests per second, burst)."""
    if request.param == "local":
        yield lambda rps, burst: LocalBudget(rps=rps, burst=burst)
        return
    broker: EmbeddedBroker = request.getfixturevalue("broker")
    with open_client(broker.url) as client:
        yield lambda rps, burst: RedisBudget(client, "bucket", rps=rps, burst=burst)


def taken(budget: Budget, tries: int) -> int:
    return sum(budget.take() == 0 for _ in range(tries))


def test_four_fifths_of_the_burst_are_let_through_at_once(open_budget: Open) -> None:
    assert taken(open_budget(0.1, 10), 20) == 8


def test_the_wait_is_told_and_then_over(open_budget: Open) -> None:
    budget = open_budget(10, 1)
    assert budget.take() == 0
    wait_s = budget.take()
    assert 0.05 < wait_s <= 0.126
    time.sleep(wait_s)
    assert budget.take() == 0


def test_a_pause_holds_everybody_and_a_shorter_one_does_not_end_it(open_budget: Open) -> None:
    budget = open_budget(1000, 1000)
    budget.pause(30)
    budget.pause(1)
    assert 29 < budget.take() <= 30


def test_after_a_pause_there_is_no_burst(open_budget: Open) -> None:
    budget = open_budget(0.1, 10)
    budget.pause(0.05)
    time.sleep(0.06)
    assert budget.take() > 0


def test_a_smaller_advertised_burst_holds_and_a_larger_one_does_not(open_budget: Open) -> None:
    small, large = open_budget(0.1, 10), open_budget(0.1, 10)
    small.advertise(5)
    assert taken(small, 20) == 4
    large.advertise(500)
    assert taken(large, 20) <= 8


def test_a_turn_is_waited_for_or_refused_at_once(open_budget: Open) -> None:
    budget = open_budget(12.5, 1)
    begin = time.monotonic()
    for _ in range(3):
        wait_for_turn(budget, max_wait_s=5)
    assert 0.15 < time.monotonic() - begin < 2
    budget.pause(60)
    begin = time.monotonic()
    with pytest.raises(Throttled) as throttled:
        wait_for_turn(budget, max_wait_s=5)
    assert time.monotonic() - begin < 1
    assert 59 < (throttled.value.after_s or 0) <= 60


@pytest.mark.parametrize(("life_s", "use_for_s"), [(3600, 2880), (300, 240), (120, 60), (100, 40), (60, 30), (10, 5)])
def test_a_token_is_renewed_before_its_end(life_s: float, use_for_s: float) -> None:
    assert Token("t", life_s).use_for_s == use_for_s


def test_a_token_of_one_process_is_fetched_when_needed() -> None:
    tokens, fetched = LocalTokens(), iter(["one", "two", "three"])

    def fetch() -> Token:
        return Token(next(fetched), life_s=0.1)

    assert [tokens.get(fetch), tokens.get(fetch), tokens.get(fetch, refused="other")] == ["one"] * 3
    assert tokens.get(fetch, refused="one") == "two"
    time.sleep(0.06)
    assert tokens.get(fetch) == "three"
