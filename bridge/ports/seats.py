"""Seats: a lease per licensed session, the only door to one; and what runs, as agent and ERP see it."""

from collections.abc import Sequence
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


@dataclass(frozen=True)
class RunningSession:
    """One session that an agent runs, in an operating-system process of its own.

    A doubtful one had to be killed: its process has ended, and the ERP may still count its seat. `idle_s` is the time
    since its last call, None for a doubtful one.
    """

    session_id: str
    lane: str
    fence: int
    purpose: str
    pid: int
    opened_utc: str
    is_doubtful: bool
    idle_s: float | None = None


@dataclass(frozen=True)
class ListedSession:
    """One session in the ERP's own list of them (Sage's SY_Console, reference sage100.md 2.12); `user` logs on so."""

    workstation: str
    user: str
    company: str


@dataclass(frozen=True)
class Listing:
    """The sessions that the ERP itself lists under our own users, and the workstation from which our agent logs on."""

    workstation: str
    sessions: Sequence[ListedSession]


class ErpSessions(Protocol):
    """The sessions of one system, seen from outside; asking takes no seat. Every call raises `TryLater` when away."""

    def running(self) -> Sequence[RunningSession]:
        """What the agent runs, and what it is in doubt about."""
        ...

    def end(self, session_id: str) -> None:
        """Ends a session after the call it is in; one that has ended is no error."""
        ...

    def listed(self) -> Listing | None:
        """What the ERP itself lists under our users; None where nobody can read that list without a seat."""
        ...
