"""The leak detector: compares what we count, what the agent runs and what the ERP itself shows. Pure.

The three lists are read one after the other, so a session that opens or ends meanwhile looks like a leak for a moment;
`lasting` keeps what two looks, a little apart, both found.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bridge.ports.seats import Lease


@dataclass(frozen=True)
class AgentSession:
    """One session that the agent runs; each is an operating-system process of its own, named by `pid`."""

    session_id: str
    lane: str
    fence: int
    pid: int


@dataclass(frozen=True)
class ConsoleRow:
    """One row of Sage's own list of live sessions, SY_Console; `user` is its UserKey (reference sage100.md 2.12)."""

    workstation: str
    session_counter: str
    user: str
    company: str
    pid: int


class LeakKind(StrEnum):
    """What is wrong."""

    LEASE = "leaked lease: a seat is leased and the agent runs no session for it"
    SESSION = "leaked session: a session of ours runs and nobody has leased a seat for it"
    FOREIGN = "foreign session: somebody else works in the ERP under our user"


@dataclass(frozen=True)
class Leak:
    """One finding: what is wrong, with what (seat, session or console row), and whose lane or company it is."""

    kind: LeakKind
    subject: str
    lane: str


def find_leaks(
    leases: Sequence[Lease],
    sessions: Sequence[AgentSession],
    console: Sequence[ConsoleRow],
    *,
    user: str,
    workstation: str,
) -> list[Leak]:
    """What does not fit together; `user` is our ERP user and `workstation` the agent's machine, as Sage writes them.

    Rows of other users are the people's own sessions and are passed over. Names are compared without regard to case.
    """
    leased = {(lease.lane, lease.fence) for lease in leases}
    running = {(session.lane, session.fence) for session in sessions}
    ours = [row for row in console if row.user.casefold() == user.casefold()]
    return [
        *(Leak(LeakKind.LEASE, f"seat {lease.seat}", lease.lane) for lease in leases if _key(lease) not in running),
        *(Leak(LeakKind.SESSION, f"session {it.session_id}", it.lane) for it in sessions if _key(it) not in leased),
        *_in_the_console(ours, {session.pid for session in sessions}, workstation),
    ]


def lasting(before: Collection[Leak], now: Sequence[Leak]) -> list[Leak]:
    """The findings of `now` that were already there in the look before."""
    return [leak for leak in now if leak in before]


def _key(holder: Lease | AgentSession) -> tuple[str, int]:
    return holder.lane, holder.fence


def _in_the_console(ours: list[ConsoleRow], agent_pids: set[int], workstation: str) -> list[Leak]:
    found = []
    for row in ours:
        is_agents_machine = row.workstation.casefold() == workstation.casefold()
        if is_agents_machine and row.pid in agent_pids:
            continue
        kind = LeakKind.SESSION if is_agents_machine else LeakKind.FOREIGN
        found.append(Leak(kind, f"console {row.workstation}/{row.session_counter} (pid {row.pid})", row.company))
    return found
