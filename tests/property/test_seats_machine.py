"""Random takes, renewals, returns and expiries beside a plain model: budget kept, no lease lost, fences rise."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from redis import Redis

from bridge.errors import NoSeat, StaleFence
from bridge.events.redis_client import open_client
from bridge.ports.clock import FixedClock
from bridge.ports.seats import Lease
from bridge.seats.budget import SeatBudget
from bridge.seats.memory import MemorySeats
from bridge.seats.redis import RedisSeats
from bridge.seats.register import SeatRegister
from tests.effort import effort
from workers.broker import EmbeddedBroker

LANES = ["sage100:ABC", "sage100:BCD", "sage100:CDE"]
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
LEASE_S = 3600.0
BACK = timedelta(days=2)


class SeatsMachine(RuleBasedStateMachine):
    """The model is a list of the leases that must be alive; `given` is every lease ever given."""

    seats: SeatRegister

    def new_counter(self, budget: SeatBudget) -> SeatRegister:
        self.clock = FixedClock(NOON)
        return MemorySeats("sage100", budget, clock=self.clock)

    def let_all_expire(self) -> None:
        self.clock.set(self.clock.now() + timedelta(seconds=LEASE_S))

    def set_clock_back(self) -> None:
        self.clock.set(self.clock.now() - BACK)

    def now(self) -> datetime:
        return self.clock.now()

    @initialize(total=st.integers(0, 3), writers=st.integers(0, 3))
    def begin(self, total: int, writers: int) -> None:
        self.total, self.writers = total, writers
        self.seats = self.new_counter(SeatBudget(total=total, per_purpose={"writer": writers}))
        self.alive: list[Lease] = []
        self.given: list[Lease] = []
        self.unproven: set[str] = set()

    @rule(lane=st.sampled_from(LANES), purpose=st.sampled_from(["writer", "writer", "reader"]), fence=st.integers(1, 6))
    def take(self, lane: str, purpose: str, fence: int) -> None:
        same = [it for it in self.alive if (it.lane, it.purpose) == (lane, purpose) and purpose == "writer"]
        others = [it for it in self.alive if it not in same]
        of_purpose = sum(it.purpose == purpose for it in others)
        fits = len(others) + len(self.unproven) < self.total and (purpose == "reader" or of_purpose < self.writers)
        try:
            lease = self.seats.take(lane, owner="me", purpose=purpose, fence=fence, lease_s=LEASE_S)
        except StaleFence:
            assert any(it.fence >= fence for it in same)
        except NoSeat:
            assert not fits
        else:
            assert fits
            assert all(it.fence < fence for it in same)
            self.alive = [*others, lease]
            self.given.append(lease)

    @rule(which=st.integers(0))
    def renew(self, which: int) -> None:
        lease = self._any_given(which)
        if lease is None:
            return
        if self._is_alive(lease):
            renewed = self.seats.renew(lease, LEASE_S)
            self.alive = [renewed if it.token == lease.token else it for it in self.alive]
        else:
            with pytest.raises(StaleFence):
                self.seats.renew(lease, LEASE_S)

    @rule(which=st.integers(0))
    def give_back(self, which: int) -> None:
        lease = self._any_given(which)
        if lease:
            self.seats.give_back(lease)
            self.alive = [it for it in self.alive if it.token != lease.token]

    @rule(seat=st.integers(1, 4))
    def release(self, seat: int) -> None:
        assert self.seats.release(seat) == any(it.seat == seat for it in self.alive)
        self.alive = [it for it in self.alive if it.seat != seat]

    @rule(session=st.sampled_from(["s-1", "s-2"]), is_gone=st.booleans())
    def hear_of_a_session(self, session: str, is_gone: bool) -> None:
        if is_gone:
            self.seats.clear_unproven(session)
            self.unproven.discard(session)
        else:
            self.seats.mark_unproven(session, "not seen to end")
            self.unproven.add(session)

    @rule()
    def expire(self) -> None:
        self.let_all_expire()
        self.alive = []

    @rule(which=st.integers(0))
    def renew_too_late(self, which: int) -> None:
        """The first to ask after a lease that has run out is its owner; nobody has looked at the counter before."""
        self.expire()
        self.renew(which)

    @rule()
    def step_back(self) -> None:
        """A clock that was ahead is set right: what is held is held on, for a life at most."""
        self.set_clock_back()

    @invariant()
    def the_counter_holds_what_the_model_holds(self) -> None:
        held = self.seats.held()
        assert {it.token for it in held} == {it.token for it in self.alive}
        assert all(it.expires_at <= self.now() + timedelta(seconds=LEASE_S) for it in held)
        assert len({it.seat for it in held}) == len(held) <= self.total
        assert sum(it.purpose == "writer" for it in held) <= self.writers
        assert set(self.seats.unproven()) == self.unproven

    def _any_given(self, which: int) -> Lease | None:
        return self.given[which % len(self.given)] if self.given else None

    def _is_alive(self, lease: Lease) -> bool:
        return any(it.token == lease.token for it in self.alive)


def test_seats_in_memory() -> None:
    run_state_machine_as_test(SeatsMachine, settings=effort(300))


def test_seats_in_redis(broker: EmbeddedBroker) -> None:
    with open_client(broker.url) as client:

        class RedisSeatsMachine(SeatsMachine):
            def new_counter(self, budget: SeatBudget) -> SeatRegister:
                self.prefix = f"{uuid4().hex}:"
                return RedisSeats(client, "sage100", budget, prefix=self.prefix)

            def let_all_expire(self) -> None:
                _date(client, self.prefix, lambda _: 0)

            def set_clock_back(self) -> None:
                _date(client, self.prefix, lambda expires_ms: expires_ms + BACK // timedelta(milliseconds=1))

            def now(self) -> datetime:
                return datetime.now(UTC)

        run_state_machine_as_test(RedisSeatsMachine, settings=effort(40))


def _date(client: Redis, prefix: str, date: Callable[[int], int]) -> None:
    """Dates the end of every lease anew, by the back door, since the server's clock cannot be moved."""
    key = f"{prefix}seats:{{sage100}}:leases"
    for seat, text in client.hgetall(key).items():
        lease = json.loads(text)
        client.hset(key, seat, json.dumps(lease | {"expires_ms": date(lease["expires_ms"])}))
