"""What both seat counters offer beyond the port, and the rules and words that they share."""

from collections.abc import Sequence
from typing import Protocol

from bridge.errors import Misconfigured, NoSeat, StaleFence
from bridge.ports.seats import Lease, Seats

_SHARED_PURPOSES = frozenset({"reader"})


class SeatRegister(Seats, Protocol):
    """Seats, and the sessions that nobody has proven to be gone: each of them counts against the budget."""

    def mark_unproven(self, session_id: str, reason: str) -> None:
        """Notes a session that may still hold a seat in the ERP; noting it again replaces the reason."""
        ...

    def clear_unproven(self, session_id: str) -> None:
        """Strikes a session that was proven to be gone; twice is the same as once."""
        ...

    def unproven(self) -> dict[str, str]:
        """The sessions not proven to be gone: why, by session id."""
        ...

    def exchange_findings(self, findings: Sequence[str]) -> Sequence[str]:
        """Keeps what this look found wrong, and gives what the look before kept; nothing at first."""
        ...


def shares_a_lane(purpose: str) -> bool:
    """Whether several leases of this purpose may be alive in one lane: readers only, all others may write."""
    return purpose in _SHARED_PURPOSES


def check_lane(lane: str, system: str) -> None:
    """Raises `Misconfigured` for a lane of another system: its seats are counted elsewhere."""
    if not lane.startswith(f"{system}:"):
        raise Misconfigured(f"lane {lane!r} is not of system {system!r}; take its seat from that system's counter")


def no_seat(system: str, purpose: str, *, used: int, of_purpose: int) -> NoSeat:
    """The error for a spent budget; `used` counts leases and unproven sessions."""
    return NoSeat(
        f"{system}: no seat for a {purpose}: {used} used by leases and unproven sessions, {of_purpose} by its purpose; "
        "see `tidegate seats` for who holds them, or raise the seat budget"
    )


def not_newer(lane: str, fence: int, *, held: int, owner: str) -> StaleFence:
    """The error for a fence that is no newer than the one of the lane's living lease."""
    return StaleFence(f"{lane}: fence {fence} is not newer than {held}, held by {owner}; this writer must stop")


def no_longer_ours(lease: Lease) -> StaleFence:
    """The error for a lease that expired, was replaced by a newer fence, or was released by a person."""
    return StaleFence(f"seat {lease.seat} of {lease.lane} is no longer {lease.owner}'s; this writer must stop")
