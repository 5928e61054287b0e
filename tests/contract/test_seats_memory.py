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

    def run_out(self, seats: SeatRegister, lease: Lease) -> None:
        self.clock.set(lease.expires_at)

    def set_back(self, seats: SeatRegister, lease: Lease) -> None:
        self.clock.set(lease.granted_at - timedelta(hours=1))
