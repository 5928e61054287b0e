"""Seats: how many ERP sessions we may use, who holds them, and which of them have leaked."""

from bridge.seats.budget import SeatAllowance, SeatBudget, SeatSpan
from bridge.seats.leaks import AgentSession, ConsoleRow, Leak, LeakKind, find_leaks, lasting
from bridge.seats.memory import MemorySeats
from bridge.seats.redis import RedisSeats
from bridge.seats.register import SeatRegister, shares_a_lane

__all__ = [
    "AgentSession",
    "ConsoleRow",
    "Leak",
    "LeakKind",
    "MemorySeats",
    "RedisSeats",
    "SeatAllowance",
    "SeatBudget",
    "SeatRegister",
    "SeatSpan",
    "find_leaks",
    "lasting",
    "shares_a_lane",
]
