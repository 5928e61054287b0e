"""One flow's reading of one lane: page by page through a seat of its own, each page in one commit with its place.

A pass may be cut after any page, by the turn's end, by a kill or by the ERP, and goes on from there in the next turn.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import Connection

from bridge.errors import LaneLocked, NoSeat, StaleFence, TryLater, Unauthorised, Unreachable
from bridge.fleet import Fleet
from bridge.flows.settings import ReaderSettings
from bridge.flows.trial import Trial
from bridge.flows.turn import Turn
from bridge.ledger import windows
from bridge.ledger.claims import issue_fence
from bridge.ledger.moves import check_fence
from bridge.ledger.passes import Pass, note_page, present_pass
from bridge.ledger.shown import Observed
from bridge.ledger.store import Database
from bridge.ports.clock import CLOCK_SKEW, Clock
from bridge.ports.erp import Erp
from bridge.ports.reading import ErpPage, ErpReader, ReadAsk
from bridge.ports.seats import Lease, Seats

PURPOSE = "reader"

EVERYTHING = "all"
"""The name of the pass over everything that stands beside a pass by stamps."""

KEYS_AT_ONCE = 50
"""Keys of which one page of a pass by keys reads all that stands under them."""

Keep = Callable[[Connection], Observed]
"""Keeps what a flow made of a page, in the transaction that notes the page; what became of it."""

Take = Callable[[ErpReader, ErpPage], Keep]
"""What a flow makes of a page, outside of any transaction; the reader is there for what the page lacks."""

_Answer = TypeVar("_Answer")

_LATER = (LaneLocked, NoSeat, StaleFence, TryLater, Unreachable)
"""Nothing is lost by any of these: the pass goes on from its last page in another turn."""


@dataclass(frozen=True)
class Beside:
    """A pass of its own, under this name, beside the flow's pass over a kind; in one turn it reads `pages` at most.

    It reads what was touched `since` a moment, or what stands under `keys`; without either it reads everything.
    """

    name: str
    since: datetime | None = None
    keys: tuple[str, ...] = ()
    pages: int | None = None


@dataclass(frozen=True)
class LaneReader:
    """Reads one lane. `owner` names this worker in leases and in the journal."""

    database: Database
    erp: Erp
    seats: Seats
    clock: Clock
    settings: ReaderSettings
    turn: Turn
    lane: str
    owner: str
    trial: Trial | None = None

    def is_due(self, flow: str, kind: str, every_s: float) -> bool:
        """Whether a pass is under way, or the last one began so long ago, or by a clock that was ahead.

        In a trial each is due once.
        """
        if self.trial:
            done = self.trial.passes.get(f"{flow}/{kind}", Pass())
            return done.is_under_way or done.reached is None
        now = self.clock.now()
        with self.database.read() as connection:
            run = present_pass(connection, self.lane, f"{flow}/{kind}")
        if run.is_under_way or run.reached is None:
            return True
        return now - run.reached >= timedelta(seconds=every_s) or run.reached - now > CLOCK_SKEW

    def read_due(self, flow: str, takes: Mapping[str, Take], every_s: float, *, whole: Collection[str] = ()) -> bool:
        """Goes on with those of the flow's passes that are due, in the order of `takes`; whether all came to the end.

        `takes` are by kind; `whole` are the kinds of which everything is read each time.
        """
        due = [kind for kind in takes if self.is_due(flow, kind, every_s)]
        return bool(due) and all(self.read(flow, kind, takes[kind], is_full=kind in whole) for kind in due)

    def read(self, flow: str, kind: str, take: Take, *, is_full: bool = False, beside: Beside | None = None) -> bool:
        """Goes on with the flow's pass over one kind, or begins one; whether it came to the end.

        A pass reads what was changed since the last one began, less the overlap, or everything where `is_full`; or it
        is one `beside` that. Safe to run twice at once: the older of two stops at its next page.
        """
        ends_at = self.turn.lasts_until(self.clock.now())
        if ends_at is None or self._is_halted():
            return False
        fenced_as = f"{flow} trial" if self.trial else flow  # so that a trial ends no reader of the fleet
        fence = issue_fence(self.database, f"{self.lane}/{fenced_as}", by=self.owner, now=self.clock.now())
        try:
            return _Turn(self, fenced_as, flow, kind, fence, ends_at, is_full, beside).read(take)
        except _LATER:
            return False
        except Unauthorised as refused:
            with self.database.write() as connection:
                windows.halt(connection, self.lane, reason=str(refused), now=self.clock.now())
            return False

    def look(self, flow: str, ask: Callable[[ErpReader], _Answer]) -> _Answer:
        """What one session says to a few questions, beside any pass.

        Raises `TryLater` when no reader may begin now, `NoSeat`, and as the session does.
        """
        if self.turn.lasts_until(self.clock.now()) is None or self._is_halted():
            raise TryLater(f"{self.lane} is not read now: see `tidegate status` (windows, halts)")
        fence = issue_fence(self.database, f"{self.lane}/{flow}", by=self.owner, now=self.clock.now())
        with self.session(flow, fence) as (reader, _):
            return ask(reader)

    @contextmanager
    def session(self, fenced_as: str, fence: int) -> Iterator[tuple[ErpReader, Lease]]:
        """A session that only reads, with the lease of its seat; both are given back."""
        lease = self.seats.take(
            self.lane, owner=self.owner, purpose=PURPOSE, fence=fence, lease_s=self.settings.lease_s
        )
        try:
            with self.erp.open_reader(self.lane, fence=fence, flow=fenced_as) as reader:
                yield reader, lease
        finally:
            with suppress(TryLater):  # a lease that cannot be given back expires by itself
                self.seats.give_back(lease)

    def _is_halted(self) -> bool:
        with self.database.read() as connection:
            standing = windows.lane_row(connection, self.lane)
        return standing is not None and standing.halted


@dataclass
class _Turn:
    """One turn of one pass, under one fence and one lease."""

    lane: LaneReader
    fenced_as: str
    flow: str
    kind: str
    fence: int
    ends_at: datetime
    is_full: bool
    beside: Beside | None

    @property
    def resource(self) -> str:
        """The pass's name in the ledger."""
        return f"{self.flow}/{self.kind}" + (f"/{self.beside.name}" if self.beside else "")

    def read(self, take: Take) -> bool:
        with self.lane.session(self.fenced_as, self.fence) as (reader, lease):
            run = self._present()
            since = run.since if run.is_under_way else self._since(run)
            return self._pages(reader, lease, take, replace(run, since=since))

    def _present(self) -> Pass:
        if self.lane.trial:
            return self.lane.trial.passes.get(self.resource, Pass())
        with self.lane.database.read() as connection:
            return present_pass(connection, self.lane.lane, self.resource)

    def _pages(self, reader: ErpReader, lease: Lease, take: Take, run: Pass) -> bool:
        lane, pages = self.lane, 0
        while True:
            page = self._page(reader, run)
            run = self._commit(reader, page, replace(run, began_at=run.began_at or page.as_of), take)
            pages += 1
            if not run.is_under_way:
                return True
            if lane.clock.now() >= self.ends_at or (self.beside and pages == self.beside.pages):
                return False
            lease = lane.seats.renew(lease, lane.settings.lease_s)

    def _page(self, reader: ErpReader, run: Pass) -> ErpPage:
        if not self.beside or not self.beside.keys:
            limit = self.lane.settings.page_rows
            return reader.read(ReadAsk(self.kind, since=run.since, after=run.position, limit=limit))
        left = sorted(key for key in self.beside.keys if key > (run.position or ""))
        some = tuple(left[:KEYS_AT_ONCE])
        if not some:  # the keys have become fewer since the pass began
            return ErpPage((), self.lane.clock.now())
        page = reader.read(ReadAsk(self.kind, keys=some))
        return replace(page, after=some[-1] if len(left) > len(some) else None)

    def _commit(self, reader: ErpReader, page: ErpPage, run: Pass, take: Take) -> Pass:
        lane, keep = self.lane, take(reader, page)
        if lane.trial:
            with lane.database.read() as connection:  # whatever is written there is not kept
                keep(connection)
            left = run.at(page.after)
            lane.trial.page_read(self.resource, left)
            return left
        with lane.database.write() as connection:
            check_fence(connection, f"{lane.lane}/{self.fenced_as}", self.fence)
            keep(connection)
            now = lane.clock.now()
            if page.after is None and self._has_read_everything(run):
                note_page(connection, lane.lane, f"{self.resource}/{EVERYTHING}", run, position=None, now=now)
            return note_page(connection, lane.lane, self.resource, run, position=page.after, now=now)

    def _has_read_everything(self, run: Pass) -> bool:
        """Whether a pass by stamps had none to begin from, so that none over everything is needed after it."""
        return run.since is None and not self.is_full and not self.beside

    def _since(self, run: Pass) -> datetime | None:
        if self.lane.trial:
            return self.lane.trial.since
        if self.beside:
            return self.beside.since
        if self.is_full or run.reached is None:
            return None
        return run.reached - timedelta(seconds=self.lane.settings.overlap_s)


def lane_reader(ports: Fleet, lane_name: str) -> LaneReader:
    """The reader of one lane of this process's fleet."""
    lane = ports.lanes[lane_name]
    turn = Turn(ports.database, lane_name, ports.sharers(lane_name), lane.reading, lane.has_reader_seat)
    return LaneReader(
        ports.database, lane.erp, lane.seats, ports.clock, lane.reading, turn, lane_name, ports.name, ports.trial
    )
