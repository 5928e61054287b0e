"""What every seat counter must do. A subclass gives the counter, and a way to let a lease run out."""

from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time

import pytest

from bridge.errors import Misconfigured, NoSeat, StaleFence
from bridge.ports.clock import FixedClock
from bridge.ports.seats import Lease
from bridge.seats.budget import SeatBudget, SeatSpan
from bridge.seats.register import SeatRegister

A, B, C = "sage100:ABC", "sage100:BCD", "sage100:CDE"
NIGHT = datetime(2026, 11, 21, 3, tzinfo=UTC)
OFFICE_HOURS = datetime(2026, 11, 21, 15, tzinfo=UTC)


class SeatsContract(ABC):
    """Promises of `bridge.ports.seats.Seats` and of the register of unproven sessions."""

    @abstractmethod
    def counter(self, budget: SeatBudget) -> SeatRegister:
        """A counter of the system sage100; its budget reads `self.clock`."""

    @abstractmethod
    def run_out(self, seats: SeatRegister, lease: Lease) -> None:
        """Returns once the lease has run out."""

    @abstractmethod
    def set_back(self, seats: SeatRegister, lease: Lease) -> None:
        """Makes it an hour before the lease was granted, as after a clock that ran ahead is set right."""

    @pytest.fixture(autouse=True)
    def _clock(self) -> None:
        self.clock = FixedClock(NIGHT)

    def take(
        self, seats: SeatRegister, lane: str = A, fence: int = 1, *, purpose: str = "writer", lease_s: float = 60
    ) -> Lease:
        return seats.take(lane, owner=f"{purpose}-{fence}", purpose=purpose, fence=fence, lease_s=lease_s)

    def test_a_lease_says_who_holds_what(self) -> None:
        seats = self.counter(SeatBudget(total=2))
        lease = seats.take(A, owner="writer@host", purpose="writer", fence=7, lease_s=60)
        assert (lease.seat, lease.system, lease.lane) == (1, "sage100", A)
        assert (lease.owner, lease.purpose, lease.fence) == ("writer@host", "writer", 7)
        assert lease.expires_at.tzinfo is not None
        assert seats.held() == [lease]

    def test_no_more_leases_than_the_budget(self) -> None:
        seats = self.counter(SeatBudget(total=2))
        held = [self.take(seats, A), self.take(seats, B)]
        with pytest.raises(NoSeat, match="2 used"):
            self.take(seats, C)
        assert seats.held() == held

    def test_no_seat_at_all_when_the_budget_is_zero(self) -> None:
        with pytest.raises(NoSeat):
            self.take(self.counter(SeatBudget(total=0)))

    def test_a_seat_given_back_is_free_again(self) -> None:
        seats = self.counter(SeatBudget(total=1))
        seats.give_back(self.take(seats, A))
        assert seats.held() == []
        assert self.take(seats, B).seat == 1

    def test_giving_back_twice_does_not_free_somebody_elses_seat(self) -> None:
        seats = self.counter(SeatBudget(total=1))
        first = self.take(seats, A)
        seats.give_back(first)
        second = self.take(seats, B)
        seats.give_back(first)
        assert seats.held() == [second]

    def test_a_newer_fence_takes_over_the_seat_of_the_older_one(self) -> None:
        seats = self.counter(SeatBudget(total=1))
        older = self.take(seats, A, fence=1)
        newer = self.take(seats, A, fence=2)
        assert newer.seat == older.seat
        assert seats.held() == [newer]
        with pytest.raises(StaleFence):
            seats.renew(older, 60)
        seats.give_back(older)
        assert seats.held() == [newer]

    @pytest.mark.parametrize("fence", [3, 2])
    def test_an_equal_or_older_fence_is_refused_and_changes_nothing(self, fence: int) -> None:
        seats = self.counter(SeatBudget(total=2))
        held = self.take(seats, A, fence=3)
        with pytest.raises(StaleFence, match="not newer than 3"):
            self.take(seats, A, fence=fence)
        assert seats.held() == [held]

    def test_the_same_fence_may_come_back_after_giving_back(self) -> None:
        seats = self.counter(SeatBudget(total=1))
        seats.give_back(self.take(seats, A, fence=3))
        assert self.take(seats, A, fence=3).fence == 3

    def test_readers_share_a_lane_up_to_their_own_budget(self) -> None:
        seats = self.counter(SeatBudget(total=3, per_purpose={"reader": 2}))
        readers = [self.take(seats, A, purpose="reader"), self.take(seats, A, purpose="reader")]
        with pytest.raises(NoSeat):
            self.take(seats, A, purpose="reader")
        writer = self.take(seats, A, purpose="writer")
        assert seats.held() == [*readers, writer]

    def test_a_lease_that_ran_out_is_gone_and_cannot_be_renewed(self) -> None:
        seats = self.counter(SeatBudget(total=1))
        lease = self.take(seats, A, lease_s=0.05)
        self.run_out(seats, lease)
        assert seats.held() == []
        with pytest.raises(StaleFence, match="no longer"):
            seats.renew(lease, 60)
        assert self.take(seats, B).seat == 1

    def test_a_lease_granted_by_a_clock_that_ran_ahead_holds_no_seat(self) -> None:
        seats = self.counter(SeatBudget(total=1))
        lease = self.take(seats, A)
        self.set_back(seats, lease)
        assert seats.held() == []
        with pytest.raises(StaleFence, match="no longer"):
            seats.renew(lease, 60)
        assert self.take(seats, B).seat == 1

    def test_renewing_counts_from_now(self) -> None:
        seats = self.counter(SeatBudget(total=1))
        lease = self.take(seats, A, lease_s=10)
        renewed = seats.renew(lease, 100)
        assert 85 < (renewed.expires_at - lease.expires_at).total_seconds() < 95
        assert seats.held() == [renewed]
        assert seats.renew(lease, 100).token == lease.token

    def test_a_person_may_release_any_seat(self) -> None:
        seats = self.counter(SeatBudget(total=1))
        lease = self.take(seats, A)
        assert seats.release(2) is False
        assert seats.release(lease.seat) is True
        assert seats.release(lease.seat) is False
        with pytest.raises(StaleFence):
            seats.renew(lease, 60)

    def test_a_session_not_proven_gone_counts_until_it_is(self) -> None:
        seats = self.counter(SeatBudget(total=1))
        seats.mark_unproven("s-1", "the agent was killed")
        seats.mark_unproven("s-1", "the agent did not answer")
        assert seats.unproven() == {"s-1": "the agent did not answer"}
        with pytest.raises(NoSeat):
            self.take(seats)
        seats.clear_unproven("s-1")
        seats.clear_unproven("s-1")
        assert self.take(seats).seat == 1

    def test_the_warehouse_keeps_its_seats_in_office_hours(self) -> None:
        seats = self.counter(SeatBudget(total=2, hours=(SeatSpan(start=time(8), end=time(18), total=1),)))
        night = [self.take(seats, lane, lease_s=86400) for lane in (A, B)]
        self.clock.set(OFFICE_HOURS)
        seats.give_back(night[1])
        with pytest.raises(NoSeat):
            self.take(seats, B, fence=2)
        seats.renew(night[0], 86400)
        seats.give_back(night[0])
        assert self.take(seats, B, fence=2).seat == 1

    def test_a_lane_of_another_system_is_refused(self) -> None:
        with pytest.raises(Misconfigured, match="x3:ABC"):
            self.take(self.counter(SeatBudget(total=1)), "x3:ABC")

    def test_a_rush_gets_no_more_than_the_budget(self) -> None:
        seats = self.counter(SeatBudget(total=3))

        def try_lane(n: int) -> Lease | None:
            try:
                return self.take(seats, f"sage100:{n:03}")
            except NoSeat:
                return None

        with ThreadPoolExecutor(8) as rush:
            won = [lease for lease in rush.map(try_lane, range(24)) if lease]
        assert sorted(lease.seat for lease in won) == [1, 2, 3]
        assert {lease.token for lease in seats.held()} == {lease.token for lease in won}

    def test_a_look_gives_what_the_look_before_found(self) -> None:
        seats = self.counter(SeatBudget(total=1))
        assert list(seats.exchange_findings(["a leak"])) == []
        assert list(seats.exchange_findings(["a leak", "another"])) == ["a leak"]
        assert list(seats.exchange_findings([])) == ["a leak", "another"]
