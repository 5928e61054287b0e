"""Seats: a lease per licensed session; the only door to one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class Lease:
    """One leased seat. `token` proves ownership; `fence` is the ledger's number of the writer that holds it."""

    seat: int
    system: str
    lane: str
    owner: str
    purpose: str
    fence: int
    token: str
    expires_at: datetime


class Seats(Protocol):
    """Counts and leases the seats of one system (an installation of an ERP, whatever the company)."""

    def take(self, lane: str, *, owner: str, purpose: str, fence: int, lease_s: float) -> Lease:
        """Leases a seat within the budget of this purpose and time of day; raises `NoSeat`.

        A lane has at most one writer's lease: an older fence's lease of the same lane and purpose is replaced,
        an equal or newer one raises `StaleFence`.
        """
        ...

    def renew(self, lease: Lease, lease_s: float) -> Lease:
        """Extends a lease that is still ours; raises `StaleFence` when it is not."""
        ...

    def give_back(self, lease: Lease) -> None:
        """Frees the seat if the lease is still ours; twice is the same as once."""
        ...

    def held(self) -> list[Lease]:
        """The leases that are alive now."""
        ...

    def release(self, seat: int) -> bool:
        """Frees a seat whoever holds it (a person's decision); False when it was free."""
        ...
