"""The seat counter in memory keeps the contract."""

from datetime import timedelta

from bridge.ports.clock import Clock
from bridge.ports.seats import Lease
from bridge.seats.budget import SeatBudget
from bridge.seats.memory import MemorySeats
from bridge.seats.register import SeatRegister
from tests.contract.seats_contract import SeatsContract


class TestMemorySeats(SeatsContract):
    def counter(self, budget: SeatBudget) -> SeatRegister:
        clock: Clock = self.clock
        return MemorySeats("sage100", budget, clock=clock)

    def take_ahead(self, seats: SeatRegister) -> Lease:
        now = self.clock.now()
        self.clock.set(now + timedelta(days=2))
        lease = self.take(seats)
        self.clock.set(now)
        return lease

    def run_out(self, seats: SeatRegister, lease: Lease) -> None:
        self.clock.set(lease.expires_at)

    def test_a_lease_that_ran_out_does_not_come_back_with_a_clock_that_is_set_back(self) -> None:
        seats = self.counter(SeatBudget(total=1))
        lease = self.take(seats)
        self.run_out(seats, lease)
        assert seats.held() == []
        self.clock.set(lease.expires_at - timedelta(seconds=1))
        assert seats.held() == []
