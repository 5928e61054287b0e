"""A writer's ports as its life sees them: at each call something may come between, and a kill ends all of them at once.

A killed program gives nothing back, closes nothing and commits nothing more. So its ports are dead to it from then on,
and no `finally` of its own can tidy up behind it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Semaphore
from typing import Any, Self, TypeVar

from sqlalchemy import Connection

from bridge.erp.memory import MemoryErp, MemorySession
from bridge.ledger.store import Database
from bridge.ports.erp import BatchNotes, ErpWrite, Facts, Finding, ProbeKey, ResultLine
from bridge.ports.seats import Lease
from bridge.seats.memory import MemorySeats
from bridge.writing.committer import Commit, Committer
from tests.writer_watch import Watch

T = TypeVar("T")


class Killed(BaseException):
    """The program is gone. No error of ours or of anybody's, so nothing catches it."""


class Life:
    """One run of a writer. `plan` says what comes between, by the number of the call at which it does."""

    def __init__(self, plan: Mapping[int, Callable[["Life"], None]] | None = None) -> None:
        self._plan = plan or {}
        self._calls = 0
        self._at_each: Callable[[], None] = lambda: None
        self.is_over = False

    def end(self) -> None:
        """Kills the writer at its present call."""
        self.is_over = True

    def at_each_call(self, come: Callable[[], None]) -> None:
        """Lets this come at each call from now on."""
        self._at_each = come

    def breathe(self) -> None:
        """Lets come between what the plan says; raises `Killed` from the writer's end on."""
        if not self.is_over:
            self._calls += 1
            self._at_each()
            self._plan.get(self._calls, lambda _: None)(self)
        if self.is_over:
            raise Killed


class MortalDatabase(Database):
    """The same ledger; a writer may be frozen or killed before each commit and after it. `watch` looks at each."""

    def __init__(self, database: Database, life: Life, watch: Watch) -> None:
        vars(self).update(vars(database))
        self._life, self._watch = life, watch

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """As `Database.write`."""
        self._life.breathe()
        with super().write() as connection:
            yield connection
        self._watch.committed()
        self._life.breathe()


class MortalSeats:
    """The same seats."""

    def __init__(self, seats: MemorySeats, life: Life) -> None:
        self._seats, self._life = seats, life

    def take(self, lane: str, **terms: Any) -> Lease:
        """As the port says."""
        self._life.breathe()
        return self._seats.take(lane, **terms)

    def renew(self, lease: Lease, lease_s: float) -> Lease:
        """As the port says."""
        self._life.breathe()
        return self._seats.renew(lease, lease_s)

    def give_back(self, lease: Lease) -> None:
        """As the port says."""
        self._life.breathe()
        self._seats.give_back(lease)

    def held(self) -> list[Lease]:
        """As the port says."""
        return self._seats.held()


class MortalErp:
    """The same ERP. `watch` is told what happens there."""

    def __init__(self, erp: MemoryErp, life: Life, watch: Watch) -> None:
        self._erp, self._life, self._watch = erp, life, watch

    def open(self, lane: str, *, fence: int, purpose: str) -> "MortalSession":
        """As the port says."""
        self._life.breathe()
        session = self._erp.open(lane, fence=fence, purpose=purpose)
        self._watch.opened()
        self._life.breathe()
        return MortalSession(session, fence, self._erp, self._life, self._watch)

    def notes(self, lane: str, batch_id: int) -> BatchNotes:
        """As the port says."""
        self._life.breathe()
        return self._erp.notes(lane, batch_id)


class MortalSession:
    """The same session; one whose writer was killed stays open, until the ERP ends it for a newer fence."""

    def __init__(self, session: MemorySession, fence: int, erp: MemoryErp, life: Life, watch: Watch) -> None:
        self._session, self._fence, self._erp, self._life, self._watch = session, fence, erp, life, watch

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._life.breathe()
        self._session.__exit__(*exc)

    def write(self, batch_id: int, writes: Sequence[ErpWrite]) -> Iterator[ResultLine]:
        """As the port says. A kill comes before a record is begun, or after it is stored and before that is heard."""
        self._life.breathe()
        lines = self._session.write(batch_id, writes)
        while True:
            self._life.breathe()
            self._watch.goes_on(self._fence)
            line = self._next(lines, batch_id, writes)
            self._life.breathe()
            if line is None:
                return
            yield line

    def _next(self, lines: Iterator[ResultLine], batch_id: int, writes: Sequence[ErpWrite]) -> ResultLine | None:
        before = self._begun(batch_id)
        try:
            return next(lines, None)
        finally:
            new = self._begun(batch_id) - before
            self._watch.begun(write.number for write in writes if write.record_id in new)

    def _begun(self, batch_id: int) -> frozenset[int]:
        return frozenset(self._erp.company(self._session.lane).begun.get(batch_id, ()))

    def reserve(self, document: str, count: int) -> list[str]:
        """As the port says."""
        return self._between(lambda: self._session.reserve(document, count))

    def probe(self, document: str, keys: Sequence[ProbeKey]) -> list[Finding]:
        """As the port says."""
        findings = self._between(lambda: self._session.probe(document, keys))
        self._watch.probed(key.number for key in keys)
        return findings

    def facts(self, customers: Sequence[str], items: Sequence[str]) -> Facts:
        """As the port says."""
        return self._between(lambda: self._session.facts(customers, items))

    def _between(self, call: Callable[[], T]) -> T:
        self._life.breathe()
        answer = call()
        self._life.breathe()
        return answer


class PromptCommitter(Committer):
    """Commits each line before the next is asked for, so that a run is the same each time it is made."""

    def __init__(self, commit: Commit) -> None:
        super().__init__(commit)
        self._idle = Semaphore(0)

    def add(self, line: ResultLine) -> None:
        """As `Committer.add`; returns when the line is committed, or its commit has failed."""
        self._idle.acquire()
        super().add(line)
        self._idle.acquire()
        self._idle.release()

    def _gather(self) -> tuple[list[ResultLine], bool]:
        self._idle.release()
        return super()._gather()
