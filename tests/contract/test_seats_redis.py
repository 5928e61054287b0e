"""The seat counter in Redis keeps the contract, on a real server, and over repeated and failing commands."""

import json
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from redis import Connection, Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as NoConnection
from redis.retry import Retry

from bridge.errors import TryLater
from bridge.events.redis_client import open_client
from bridge.ports.seats import Lease
from bridge.seats.budget import SeatBudget
from bridge.seats.redis import RedisSeats
from bridge.seats.register import SeatRegister
from tests.contract.seats_contract import A, B, SeatsContract
from workers.broker import EmbeddedBroker

DEADLINE_S = 5.0


class ForgetfulConnection(Connection):
    """Loses the line after the server has run a script, before we have its answer."""

    losses = 0

    def read_response(self, *args: Any, **options: Any) -> Any:
        answer = super().read_response(*args, **options)
        if type(self).losses and isinstance(answer, bytes) and answer.startswith(b"{"):
            type(self).losses -= 1
            self.disconnect()  # type: ignore[no-untyped-call]
            raise NoConnection("lost on the way back")
        return answer


@pytest.fixture
def client(broker: EmbeddedBroker) -> Iterator[Redis]:
    with open_client(broker.url) as client:
        yield client


class TestRedisSeats(SeatsContract):
    @pytest.fixture(autouse=True)
    def _client(self, client: Redis) -> None:
        self.client = client

    def counter(self, budget: SeatBudget) -> SeatRegister:
        self.prefix = f"{uuid4().hex}:"
        return RedisSeats(self.client, "sage100", budget, prefix=self.prefix, clock=self.clock)

    def run_out(self, seats: SeatRegister, lease: Lease) -> None:
        deadline = time.monotonic() + DEADLINE_S
        while lease in seats.held():
            assert time.monotonic() < deadline, "the lease does not run out"
            time.sleep(0.01)

    def set_back(self, seats: SeatRegister, lease: Lease) -> None:
        """By the back door, since the server's clock cannot be moved."""
        key = f"{self.prefix}seats:{{sage100}}:leases"
        fields = json.loads(self.client.hget(key, str(lease.seat)))
        ahead = {name: fields[name] + 3_600_000 for name in ("granted_ms", "expires_ms")}
        self.client.hset(key, str(lease.seat), json.dumps(fields | ahead))

    def test_two_counters_on_one_redis_share_the_seats(self) -> None:
        first = RedisSeats(self.client, "sage100", SeatBudget(total=1))
        second = RedisSeats(self.client, "sage100", SeatBudget(total=1))
        lease = self.take(first, A)
        assert second.held() == [lease]
        with pytest.raises(TryLater):
            self.take(second, B)

    def test_systems_do_not_share_seats(self) -> None:
        sage = RedisSeats(self.client, "sage100", SeatBudget(total=1))
        other = RedisSeats(self.client, "x3", SeatBudget(total=1))
        self.take(sage, A)
        assert self.take(other, "x3:ABC").seat == 1


@pytest.fixture
def forgetful(broker: EmbeddedBroker) -> Iterator[Redis]:
    """A client that repeats a command whose answer was lost, as redis-py's own defaults do."""
    retry = Retry(NoBackoff(), 3)
    with Redis.from_url(broker.url, connection_class=ForgetfulConnection, retry=retry) as client:
        ForgetfulConnection.losses = 0
        yield client


def test_a_command_repeated_by_the_client_gives_the_same_lease(forgetful: Redis) -> None:
    seats = RedisSeats(forgetful, "sage100", SeatBudget(total=5))
    ForgetfulConnection.losses = 2
    lease = seats.take(A, owner="w", purpose="writer", fence=1, lease_s=60)
    assert ForgetfulConnection.losses == 0, "no answer was lost, so nothing was shown"
    ForgetfulConnection.losses = 1
    renewed = seats.renew(lease, 60)
    assert ForgetfulConnection.losses == 0
    assert seats.held() == [renewed]


def test_a_reader_repeated_by_the_client_takes_one_seat(forgetful: Redis) -> None:
    seats = RedisSeats(forgetful, "sage100", SeatBudget(total=5))
    for _ in range(2):
        ForgetfulConnection.losses = 1
        seats.take(A, owner="r", purpose="reader", fence=1, lease_s=60)
        assert ForgetfulConnection.losses == 0
    assert [lease.seat for lease in seats.held()] == [1, 2]


def test_leases_outlive_a_kill_of_redis(broker: EmbeddedBroker) -> None:
    with Redis.from_url(broker.url) as client:
        seats = RedisSeats(client, "sage100", SeatBudget(total=1))
        lease = seats.take(A, owner="w", purpose="writer", fence=1, lease_s=60)
        broker.kill()
        broker.start()
        assert seats.held() == [lease]


def test_a_redis_that_is_away_means_try_later(broker: EmbeddedBroker, client: Redis) -> None:
    seats = RedisSeats(client, "sage100", SeatBudget(total=1))
    broker.kill()
    with pytest.raises(TryLater, match="see to its Redis"):
        seats.take(A, owner="w", purpose="writer", fence=1, lease_s=60)
