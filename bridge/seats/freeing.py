"""A person hands a seat back, whoever holds it, and ends the session that belongs to it."""

from collections.abc import Iterator
from dataclasses import dataclass

from bridge.errors import Refused, TidegateError
from bridge.ports.seats import ErpSessions, Lease
from bridge.seats.register import SeatRegister


@dataclass(frozen=True)
class Freed:
    """What was freed: the lease, the agent's sessions that were ended, and those that count no longer.

    `away` says why sessions could not be ended.
    """

    lease: Lease | None
    ended: tuple[str, ...]
    cleared: tuple[str, ...]
    away: str | None = None

    def lines(self) -> Iterator[str]:
        """What was done, in sentences."""
        if self.lease:
            yield f"seat {self.lease.seat} is free; {self.lease.owner} held it for {self.lease.lane}"
        yield from (f"the agent has ended its session {session_id}" for session_id in self.ended)
        if self.away:
            yield f"the agent's sessions were not ended: {self.away}"
        yield from (f"session {session_id} no longer counts against the budget" for session_id in self.cleared)


def free(system: str, seats: SeatRegister, sessions: ErpSessions, wanted: str) -> Freed:
    """Frees a seat by its number, or a session by its id. Its writer stops at its next step.

    Raises `Refused` when nothing answers to that.
    """
    lease = next((each for each in seats.held() if str(each.seat) == wanted), None)
    if lease:
        seats.release(lease.seat)
    ended, away = _end(sessions, wanted, lease)
    cleared = tuple(session_id for session_id in seats.unproven() if session_id in {wanted, *ended})
    for session_id in cleared:
        seats.clear_unproven(session_id)
    freed = Freed(lease, ended, cleared, away)
    if not (lease or ended or cleared):
        because = f"; {away}" if away else ""
        text = f"{wanted!r} is no leased seat and no session of {system}; see `tidegate seats list`{because}"
        raise Refused(text, field="SEAT", value=wanted)
    return freed


def _end(sessions: ErpSessions, wanted: str, lease: Lease | None) -> tuple[tuple[str, ...], str | None]:
    """Ends the sessions of the lease, or the one with the wanted id; which, and why not the others."""
    ended: list[str] = []
    try:
        for session in sessions.running():
            belongs = lease and (session.lane, session.fence) == (lease.lane, lease.fence)
            if belongs or session.session_id == wanted:
                sessions.end(session.session_id)
                ended.append(session.session_id)
    except TidegateError as error:
        return tuple(ended), str(error)
    return tuple(ended), None
