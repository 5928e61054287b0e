"""Sessions whose process had to be killed: each counts as one of ours until Sage's own list no longer shows it."""

import asyncio
import platform
from collections.abc import Sequence

import structlog

from bridge.erp.sage100.console import load_reader
from bridge.ports.seats import ListedSession
from workers.sage_agent.notes import AgentNotes
from workers.sage_agent.settings import AgentSettings

_PATIENCE_S = 15.0
_log = structlog.get_logger(__name__)


class Doubts:
    """What the agent's notes are in doubt about, and Sage's list, which settles it."""

    def __init__(self, settings: AgentSettings, notes: AgentNotes) -> None:
        self._users = {code: company.user for code, company in settings.companies.items()}
        self._source = settings.console_source.get_secret_value()
        self._read = load_reader(settings.console_reader) if settings.console_reader else None
        self._notes = notes
        self.workstation = platform.node()[:30]

    def count(self) -> int:
        """The sessions in doubt, of all companies."""
        return sum(row.is_doubtful for row in self._notes.sessions())

    async def listed(self) -> Sequence[ListedSession] | None:
        """The sessions that Sage lists under our users; None when its list cannot be read here, or just now."""
        if self._read is None:
            return None
        try:
            shown = await asyncio.wait_for(asyncio.to_thread(self._read, self._source), _PATIENCE_S)
        except Exception as fault:  # whatever its road raises: the list is not known, and doubts stay doubts
            _log.warning("console_unreadable", error=type(fault).__name__)
            return None
        return [row for row in shown if self._users.get(row.company, "").casefold() == row.user.casefold()]

    async def settle(self, company: str, running: int) -> None:
        """Forgets the doubtful sessions of a company that Sage no longer shows beside those that run.

        The list does not tell one session of ours from another, so they are counted; call it while none is opening.
        """
        doubtful = [row for row in self._notes.sessions() if row.is_doubtful and row.company == company]
        shown = await self.listed() if doubtful else None
        if shown is None:
            return
        still_there = max(sum(row.company == company for row in shown) - running, 0)
        for row in doubtful[: max(len(doubtful) - still_there, 0)]:
            self._notes.end_session(row.id, gave_seat_back=True)
