"""Seat counters for tests."""

from bridge.ports.clock import Clock
from bridge.seats.budget import SeatBudget
from bridge.seats.memory import MemorySeats


def open_seats(clock: Clock, total: int = 1) -> MemorySeats:
    """The seats of the test's Sage installation."""
    return MemorySeats("sage100", SeatBudget(total=total), clock=clock)
