"""The sessions that the agent lends out: fenced, counted, and proven ended before the next one opens."""

import asyncio
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import structlog

from bridge.erp.sage100.wire import OpenBody, fenced_as
from bridge.errors import Misconfigured, NoSeat, StaleFence, TidegateError, Unreachable
from workers.sage_agent.doubts import Doubts
from workers.sage_agent.host import HostLost, SessionHost, end_leftover
from workers.sage_agent.notes import AgentNotes, SessionRow, now_utc
from workers.sage_agent.settings import AgentSettings
from workers.sage_agent.spare import Spare

_log = structlog.get_logger(__name__)


@dataclass
class AgentSession:
    """One session. Who holds `lock` logs on, ends it, or writes a batch; `is_ending` stops that before its next record.

    `run` is the batch last begun, which goes on without its client until the records in hand are done.
    """

    row: SessionRow
    host: SessionHost
    run: asyncio.Task[None] | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    is_ending: bool = False
    is_gone: bool = False
    called_at_s: float = field(default_factory=time.monotonic)


class Sessions:
    """All sessions of this agent, by id."""

    def __init__(self, settings: AgentSettings, notes: AgentNotes, doubts: Doubts) -> None:
        self._settings = settings
        self._notes = notes
        self._doubts = doubts
        self._spare = Spare(settings)
        self._live: dict[str, AgentSession] = {}
        self._starting = 0
        self._opening: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def live(self) -> list[AgentSession]:
        """The sessions whose processes have not been proven ended."""
        return list(self._live.values())

    def is_live(self, session_id: str | None) -> bool:
        """Whether a session's process may still run."""
        return session_id in self._live

    def find(self, session_id: str) -> AgentSession:
        """The session to call; raises `Unreachable` for one that has ended."""
        session = self._live.get(session_id)
        if session is None or session.is_ending:
            raise Unreachable(f"session {session_id} has ended; open another")
        return session

    def check_fence(self, fenced_as: str, fence: int) -> None:
        """Raises `StaleFence` with the highest fence when `fence` is older; `fenced_as` is whose it is."""
        highest = self._notes.highest_fence(fenced_as)
        if fence < highest:
            raise StaleFence(f"fence {fence} of {fenced_as} is older than {highest}")

    async def open(self, wanted: OpenBody) -> AgentSession:
        """Opens a session once every older one of the company is proven ended.

        A session of the same fence and purpose is ended too: its owner has given it up. Raises `StaleFence`, `NoSeat`,
        `Unauthorised`, `LaneLocked`, `Misconfigured`, `Unreachable`.
        """
        if wanted.company not in self._settings.companies:
            known = ", ".join(sorted(self._settings.companies))
            raise Misconfigured(f"the agent serves no company {wanted.company!r}, only {known}; add it to its settings")
        counted = fenced_as(wanted.company, wanted.purpose)
        self.check_fence(counted, wanted.fence)
        self._notes.raise_fence(counted, wanted.fence)
        async with self._opening[wanted.company]:
            self.check_fence(counted, wanted.fence)
            await asyncio.gather(*(self._end(s) for s in self.live() if _is_outdone(s.row, wanted)))
            await self._settle_doubts(wanted.company)
            return await self._start_counted(wanted)

    async def _start_counted(self, wanted: OpenBody) -> AgentSession:
        limit = self._settings.session_limit
        doubtful = self._doubts.count()
        if len(self._live) + self._starting + doubtful >= limit:
            text = f"the agent lends out {limit} sessions at most and all are taken"
            raise NoSeat(f"{text}, {doubtful} of them by sessions not proven gone; see `tidegate seats list`")
        self._starting += 1
        try:
            session = await self._start(wanted)
        finally:
            self._starting -= 1
        async with session.lock:
            await self._log_on(session)
        await self._spare.prepare()
        _log.info("session_opened", **_told(session.row))
        return session

    async def _start(self, wanted: OpenBody) -> AgentSession:
        host = await self._spare.take()
        row = SessionRow(uuid4().hex, wanted.company, wanted.fence, wanted.purpose, host.pid, host.born, now_utc())
        self._notes.add_session(row)
        self._live[row.id] = session = AgentSession(row, host)
        return session

    async def _log_on(self, session: AgentSession) -> None:
        company = self._settings.companies[session.row.company]
        line = {
            "script_factory": self._settings.script_factory,
            "home": self._settings.home,
            "code": session.row.company,
            "company": {**company.model_dump(), "password": company.password.get_secret_value()},
        }
        try:
            await session.host.ask(line, self._settings.logon_deadline_s)
        except HostLost as lost:
            self._forget(session, gave_seat_back=False)
            raise Unreachable(f"log-on to company {session.row.company}: {lost}") from lost
        except TidegateError as refused:
            _log.warning("log_on_refused", **_told(session.row), error=type(refused).__name__)
            self._forget(session, gave_seat_back=await session.host.end(self._settings.end_grace_s))
            raise

    async def ask(self, session: AgentSession, call: str, **parts: object) -> Any:
        """Asks the session's process for one thing, which comes after all that it was asked before.

        Raises what was answered, `HostLost` when the process had to be given up, `Unreachable` when it is ending.
        """
        if session.is_ending:
            raise Unreachable(f"session {session.row.id} is being ended; open another")
        session.called_at_s = time.monotonic()
        try:
            return await session.host.ask({"call": call, **parts}, self._settings.call_deadline_s)
        except HostLost:
            if not session.is_gone:  # else another who waited for the same process has said so
                self._forget(session, gave_seat_back=False)
            raise
        finally:
            session.called_at_s = time.monotonic()

    async def end(self, session_id: str) -> None:
        """Ends a session after the call it is in, and returns when its process has ended; twice is the same as once."""
        session = self._live.get(session_id)
        if session:
            await self._end(session)

    async def _end(self, session: AgentSession) -> None:
        session.is_ending = True
        async with session.lock:
            if not session.is_gone:
                ended_well = await session.host.end(self._settings.end_grace_s)
                self._forget(session, gave_seat_back=ended_well and not session.host.is_spent)

    def _forget(self, session: AgentSession, *, gave_seat_back: bool) -> None:
        session.is_gone = session.is_ending = True
        self._live.pop(session.row.id, None)
        self._notes.end_session(session.row.id, gave_seat_back=gave_seat_back)
        say = _log.info if gave_seat_back else _log.warning
        say("session_ended", **_told(session.row), gave_seat_back=gave_seat_back)

    async def start(self) -> None:
        """At the agent's start: proves every session process of its former life ended, and keeps one ready."""
        for row in self._notes.sessions():
            if not row.is_doubtful:
                ended_well = await end_leftover(row.pid, row.born, self._settings.end_grace_s)
                self._notes.end_session(row.id, gave_seat_back=ended_well)
        await self._spare.prepare()

    async def end_idle(self) -> None:
        """Ends the sessions that nobody called for too long, as their owners have gone."""
        oldest_s = time.monotonic() - self._settings.idle_limit_s
        await asyncio.gather(*(self._end(s) for s in self.live() if s.called_at_s < oldest_s and not s.lock.locked()))

    async def settle_doubts(self) -> None:
        """Forgets the sessions in doubt that Sage's own list no longer shows."""
        for company in {row.company for row in self._notes.sessions() if row.is_doubtful}:
            async with self._opening[company]:
                await self._settle_doubts(company)

    async def _settle_doubts(self, company: str) -> None:
        """The caller holds the company's opening lock, so that every live session of it has logged on."""
        await self._doubts.settle(company, sum(s.row.company == company for s in self.live()))

    async def end_all(self) -> None:
        """At the agent's end: gives every seat back."""
        await asyncio.gather(self._spare.end(), *(self._end(session) for session in self.live()))


def _told(row: SessionRow) -> dict[str, object]:
    return {
        "session": row.id,
        "company": row.company,
        "purpose": row.purpose,
        "fence": row.fence,
        "session_pid": row.pid,
    }


def _is_outdone(row: SessionRow, wanted: OpenBody) -> bool:
    is_same = row.fence == wanted.fence and row.purpose == wanted.purpose
    counts_together = fenced_as(row.company, row.purpose) == fenced_as(wanted.company, wanted.purpose)
    return counts_together and (row.fence < wanted.fence or is_same)
