"""The leak detector: compares what we lease, what the agent runs and what the ERP itself lists. Pure.

The three lists are read one after the other, so a session that opens or ends meanwhile looks like a leak for a moment;
only what two looks, a little apart, both found is one.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bridge.ports.seats import Lease, Listing, RunningSession


class LeakKind(StrEnum):
    """What is wrong."""

    LEASE = "leaked lease: a seat is leased and the agent runs no session for it"
    SESSION = "leaked session: a session of ours runs and nobody has leased a seat for it"
    LISTED = "leaked seat: the ERP lists more sessions of ours than the agent runs"
    FOREIGN = "foreign session: somebody else works in the ERP under our user"


@dataclass(frozen=True)
class Leak:
    """One finding: what is wrong, with what (a seat, a session, a workstation), and whose lane or company it is."""

    kind: LeakKind
    subject: str
    lane: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.subject} ({self.lane})"


def find_leaks(leases: Sequence[Lease], running: Sequence[RunningSession], listing: Listing | None) -> list[Leak]:
    """What does not fit together. Without a listing, only leases and the agent's sessions are compared."""
    leased = {(lease.lane, lease.fence) for lease in leases}
    alive = {(session.lane, session.fence) for session in running if not session.is_doubtful}
    found = [Leak(LeakKind.LEASE, f"seat {it.seat}", it.lane) for it in leases if (it.lane, it.fence) not in alive]
    for session in running:
        if session.is_doubtful or (session.lane, session.fence) not in leased:
            doubt = ", killed and not proven gone" if session.is_doubtful else ""
            found.append(Leak(LeakKind.SESSION, f"session {session.session_id}{doubt}", session.lane))
    return found + (_in_the_list(running, listing) if listing else [])


def _in_the_list(running: Sequence[RunningSession], listing: Listing) -> list[Leak]:
    """The ERP's list names workstations and companies, not our processes, so the sessions are counted."""
    ours: Counter[str] = Counter()
    found = []
    for row in listing.sessions:
        if row.workstation.casefold() == listing.workstation.casefold():
            ours[row.company] += 1
        else:
            found.append(Leak(LeakKind.FOREIGN, f"{row.user} at {row.workstation}", row.company))
    ours.subtract(session.lane.partition(":")[2] for session in running)
    found += [Leak(LeakKind.LISTED, f"{more} too many", company) for company, more in ours.items() if more > 0]
    return found
