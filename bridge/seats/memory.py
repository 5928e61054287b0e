"""The seat counter of one operating-system process: for tests, dry runs and a fleet of one."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from threading import Lock
from uuid import uuid4

from bridge.errors import TryLater
from bridge.ports.clock import Clock, SystemClock
from bridge.ports.seats import Lease, Listing, RunningSession
from bridge.seats.budget import SeatBudget
from bridge.seats.register import check_lane, no_longer_ours, no_seat, not_newer, shares_a_lane


class MemorySeats:
    """Seats of one system, kept in memory; safe to use from several threads."""

    def __init__(self, system: str, budget: SeatBudget, *, clock: Clock | None = None) -> None:
        self._system = system
        self._budget = budget
        self._clock = clock or SystemClock()
        self._lock = Lock()
        self._leases: dict[int, Lease] = {}
        self._lives: dict[int, timedelta] = {}
        self._unproven: dict[str, str] = {}
        self._findings: tuple[str, ...] = ()

    def take(self, lane: str, *, owner: str, purpose: str, fence: int, lease_s: float) -> Lease:
        """Leases the lowest free seat. Raises `NoSeat`, `StaleFence`, or `Misconfigured` for another system's lane."""
        check_lane(lane, self._system)
        with self._lock:
            alive = self._alive()
            former = None if shares_a_lane(purpose) else _writer_of(alive, lane, purpose)
            if former and former.fence >= fence:
                raise not_newer(lane, fence, held=former.fence, owner=former.owner)
            others = [lease for lease in alive if lease is not former]
            self._check_budget(others, purpose)
            seat = former.seat if former else _lowest_free(others)
            life = timedelta(seconds=lease_s)
            lease = Lease(seat, self._system, lane, owner, purpose, fence, uuid4().hex, self._clock.now() + life)
            self._leases[seat], self._lives[seat] = lease, life
            return lease

    def renew(self, lease: Lease, lease_s: float) -> Lease:
        """Extends a lease from now on; raises `StaleFence` when it expired or was replaced or released."""
        with self._lock:
            if not self._is_ours(lease):
                raise no_longer_ours(lease)
            life = timedelta(seconds=lease_s)
            renewed = replace(lease, expires_at=self._clock.now() + life)
            self._leases[lease.seat], self._lives[lease.seat] = renewed, life
            return renewed

    def give_back(self, lease: Lease) -> None:
        """Frees the seat if the lease is still ours; twice is the same as once."""
        with self._lock:
            if self._is_ours(lease):
                del self._leases[lease.seat]

    def held(self) -> list[Lease]:
        """The leases that are alive now, by seat."""
        with self._lock:
            return self._alive()

    def release(self, seat: int) -> bool:
        """Frees a seat whoever holds it; False when it was free."""
        with self._lock:
            is_held = any(lease.seat == seat for lease in self._alive())
            self._leases.pop(seat, None)
            return is_held

    def mark_unproven(self, session_id: str, reason: str) -> None:
        """Notes a session that may still hold a seat in the ERP; noting it again replaces the reason."""
        with self._lock:
            self._unproven[session_id] = reason

    def clear_unproven(self, session_id: str) -> None:
        """Strikes a session that was proven to be gone; twice is the same as once."""
        with self._lock:
            self._unproven.pop(session_id, None)

    def unproven(self) -> dict[str, str]:
        """The sessions not proven to be gone: why, by session id."""
        with self._lock:
            return dict(self._unproven)

    def exchange_findings(self, findings: Sequence[str]) -> Sequence[str]:
        """Keeps what this look found wrong, and gives what the look before kept; nothing at first."""
        with self._lock:
            before, self._findings = self._findings, tuple(findings)
            return before

    def _alive(self) -> list[Lease]:
        """A lease that has more than its life before it was made by a clock ahead: its life begins anew."""
        now = self._clock.now()
        for seat, lease in sorted(self._leases.items()):
            if lease.expires_at > now:
                self._leases[seat] = replace(lease, expires_at=min(lease.expires_at, now + self._lives[seat]))
            else:
                del self._leases[seat]  # for good, wherever the clock goes
        return [lease for _, lease in sorted(self._leases.items())]

    def _is_ours(self, lease: Lease) -> bool:
        return any(alive.token == lease.token for alive in self._alive())

    def _check_budget(self, others: list[Lease], purpose: str) -> None:
        allowed = self._budget.allowance(purpose, self._clock.now())
        used = len(others) + len(self._unproven)
        of_purpose = sum(1 for lease in others if lease.purpose == purpose)
        if used >= allowed.total or of_purpose >= allowed.of_purpose:
            raise no_seat(self._system, purpose, used=used, of_purpose=of_purpose)


def _writer_of(alive: list[Lease], lane: str, purpose: str) -> Lease | None:
    return next((lease for lease in alive if (lease.lane, lease.purpose) == (lane, purpose)), None)


def _lowest_free(others: list[Lease]) -> int:
    taken = {lease.seat for lease in others}
    return next(seat for seat in count(1) if seat not in taken)


@dataclass
class MemorySessions:
    """The sessions of a system that exists only here; `is_away` makes every question raise `TryLater`."""

    runs: list[RunningSession] = field(default_factory=list)
    listing: Listing | None = None
    is_away: bool = False

    def running(self) -> Sequence[RunningSession]:
        """As the port says."""
        self._refuse_if_away()
        return list(self.runs)

    def end(self, session_id: str) -> None:
        """As the port says."""
        self._refuse_if_away()
        self.runs = [session for session in self.runs if session.session_id != session_id]

    def listed(self) -> Listing | None:
        """As the port says."""
        self._refuse_if_away()
        return self.listing

    def _refuse_if_away(self) -> None:
        if self.is_away:
            raise TryLater("the agent is away")
