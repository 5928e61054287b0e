"""The writer of one lane: takes a seat and a fence, works through one window, and gives the seat back."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from traceback import format_exc

from bridge.errors import (
    LaneLocked,
    Misconfigured,
    NoSeat,
    StaleFence,
    TryLater,
    Unauthorised,
    Uncertain,
    WentBack,
)
from bridge.ledger import windows
from bridge.ledger.alarms import close_alarm, raise_alarm
from bridge.ledger.claims import claim, issue_fence
from bridge.ledger.moves import check_fence
from bridge.ledger.outcomes import Writer
from bridge.ledger.store import Database
from bridge.ledger.windows import WindowRow
from bridge.outcomes import TABLE, LaneNext, Outcome, Urgency
from bridge.ports.clock import Clock
from bridge.ports.erp import Erp, ErpSession
from bridge.ports.observer import NO_OBSERVER, Observer
from bridge.ports.seats import Lease, Seats
from bridge.windows.calendar import LaneCalendar
from bridge.windows.due import Window, may_start
from bridge.writing.batch import BatchRun
from bridge.writing.behind import Behind
from bridge.writing.going_back import check_newest
from bridge.writing.opening import look_again, probe_doubts
from bridge.writing.settings import Preflight, WriterSettings
from bridge.writing.tools import Tools

PURPOSE = "writer"
FAULT = "fault of ours"
ENDED_BY: dict[type[Exception], Outcome] = {
    LaneLocked: Outcome.LOCKED,
    NoSeat: Outcome.NO_SEAT,
    Unauthorised: Outcome.UNAUTHORISED,
    Misconfigured: Outcome.UNAUTHORISED,
    WentBack: Outcome.WENT_BACK,
    TryLater: Outcome.UNAVAILABLE,
    Uncertain: Outcome.UNCERTAIN,
}


@dataclass(frozen=True)
class Ending:
    """How a window ended: an outcome of the ERP's, or a word of our own; `text` says more where there is more."""

    how: str
    text: str = ""


@dataclass(frozen=True)
class LaneWriter:
    """Writes one lane. `owner` names this worker in leases and in the journal."""

    database: Database
    erp: Erp
    seats: Seats
    clock: Clock
    settings: WriterSettings
    calendar: LaneCalendar
    preflight: Preflight
    lane: str
    owner: str
    observer: Observer = NO_OBSERVER

    def write_window(self) -> str | None:
        """Works through the lane's present window, if it has one; says how it ended, or None when nothing was open.

        Safe to call at any time, twice, or by two workers: one of them finds the lane taken or its fence stale.
        A fault of ours closes the window, raises an alarm and is raised again.
        """
        with self.database.read() as connection:
            window = windows.to_write(connection, self.lane, self.clock.now())
            standing = windows.lane_row(connection, self.lane)
        if window is None or (standing and standing.halted) or self._is_being_written():
            return None
        fence = issue_fence(self.database, self.lane, by=self.owner, now=self.clock.now())
        run = _WindowRun(self, window, fence)
        try:
            ending = self._write(run, fence)
            if ending:
                self._conclude(run.window, fence, ending, standing.last_end if standing else None)
        except StaleFence:
            return "stale fence"
        return ending.how if ending else None

    def _is_being_written(self) -> bool:
        return any(lease.lane == self.lane and lease.purpose == PURPOSE for lease in self.seats.held())

    def _write(self, run: "_WindowRun", fence: int) -> Ending | None:
        try:
            return run.write()
        except StaleFence:
            raise
        except tuple(ENDED_BY) as error:
            outcome = next(ENDED_BY[kind] for kind in type(error).__mro__ if kind in ENDED_BY)
            return Ending(outcome.value, str(error))
        except Exception:
            self._conclude(run.window, fence, Ending(FAULT, format_exc()), None)
            raise

    def _conclude(self, window: WindowRow, fence: int, ending: Ending, last_end: str | None) -> None:
        """Closes the window, and what its ending means for the lane; its text is kept where a person sees it."""
        now = self.clock.now()
        with self.database.write() as connection:
            check_fence(connection, self.lane, fence)
            windows.close_window(connection, window.id, ended_by=ending.how, now=now)
            if ending.how in _HALTING:
                windows.halt(connection, self.lane, reason=ending.text, now=now)
                if ending.how == Outcome.WENT_BACK:
                    raise_alarm(connection, f"erp-went-back:{self.lane}", Urgency.AT_ONCE, ending.text, now)
            elif ending.how == FAULT:
                raise_alarm(connection, f"fault:{self.lane}", Urgency.HIGH, ending.text, now)
            elif ending.how not in _OUTAGES:
                for key in (f"outage:{self.lane}", f"fault:{self.lane}"):
                    close_alarm(connection, key, now)
            elif last_end in _OUTAGES:
                text = f"lane {self.lane}: {ending.how} again, {ending.text}"
                raise_alarm(connection, f"outage:{self.lane}", Urgency.HIGH, text, now)


_HALTING = frozenset(outcome.value for outcome, verdict in TABLE.items() if verdict.lane is LaneNext.HALTED)
TOO_SHORT = "too short"
"""The window was over before the session was ready; time and again that means that nothing is ever written."""

_OUTAGES = frozenset({Outcome.UNAVAILABLE.value, Outcome.UNCERTAIN.value, TOO_SHORT})


class _WindowRun:
    """One window under one fence: the one that is open when the session is ready, be it the one after `window`."""

    def __init__(self, lane: LaneWriter, window: WindowRow, fence: int) -> None:
        self._lane = lane
        self.window = window
        self._writer = Writer(lane.owner, lane.lane, fence)
        self._left = lane.calendar.max_records
        self._lease: Lease | None = None
        self._renewed_at: datetime = lane.clock.now()
        self._tools = Tools(
            lane.database, lane.erp, lane.clock, lane.settings, lane.preflight, self._alive, lane.observer
        )

    def write(self) -> Ending | None:
        """How it ended; None when somebody else has closed the window meanwhile."""
        lane, fence = self._lane, self._writer.fence or 0
        self._lease = lane.seats.take(
            lane.lane, owner=lane.owner, purpose=PURPOSE, fence=fence, lease_s=lane.settings.lease_s
        )
        try:
            with lane.erp.open(lane.lane, fence=fence, purpose=PURPOSE) as session:
                if not self._open(fence):
                    return self._gone()
                check_newest(self._tools, self._writer, session)
                probe_doubts(self._tools, self._writer, session, has_time=lambda: self._fitting(1) > 0)
                look_again(self._tools, self._writer, session)
                return self._drain(session)
        finally:
            with suppress(TryLater):  # a lease that cannot be given back expires by itself
                lane.seats.give_back(self._lease)

    def _open(self, fence: int) -> bool:
        lane, now = self._lane, self._lane.clock.now()
        with lane.database.write() as connection:
            check_fence(connection, lane.lane, fence)
            self.window = windows.to_write(connection, lane.lane, now) or self.window
            return windows.open_window(connection, self.window.id, fence, now)

    def _gone(self) -> Ending | None:
        """No window is open any more: this one's time is over, or somebody else has closed it."""
        return self._too_short() if self._lane.clock.now() >= self.window.closes_at else None

    def _drain(self, session: ErpSession) -> Ending:
        """Batch after batch; each is sent while the one before it is written, so that Sage never waits."""
        current = self._begun(self._claimed(session))
        while isinstance(current, BatchRun):
            current = self._follow(session, current)
        return current

    def _follow(self, session: ErpSession, current: BatchRun) -> BatchRun | Ending:
        """Ends the current batch, and gives the one that is under way behind it, or is to be."""
        behind = Behind(lambda: self._claimed(session, behind=current.size))
        try:
            line = current.finish(meanwhile=behind.begin if self._may_overlap(current) else lambda: None)
        except StaleFence:
            raise
        except Exception:
            behind.abandon()
            raise
        if line is not None:
            behind.finish()
            return Ending(line.outcome.value, line.text or line.outcome.value)
        return behind.taken() or self._begun(self._claimed(session))

    def _may_overlap(self, current: BatchRun) -> bool:
        return current.may_overlap and self._lane.settings.in_flight > 1

    def _claimed(self, session: ErpSession, *, behind: int = 0) -> BatchRun | Ending:
        """The next batch, claimed but not begun, where so many records are still to be written before it."""
        lane = self._lane
        if self._left <= 0:
            return Ending("size")
        limit = self._fitting(min(lane.settings.batch_size, self._left), behind)
        if not limit:
            return self._out_of_time()
        self._alive()
        batch = claim(
            lane.database, lane.lane, fence=self._writer.fence, window_id=self.window.id, owner=lane.owner,
            limit=limit, now=lane.clock.now(),
        )  # fmt: skip
        if batch is None:
            return Ending("empty")
        self._left -= len(batch.records)
        return BatchRun(self._tools, self._writer, session, batch)

    @staticmethod
    def _begun(batch: BatchRun | Ending) -> BatchRun | Ending:
        return batch.begin() if isinstance(batch, BatchRun) else batch

    def _out_of_time(self) -> Ending:
        if self._left < self._lane.calendar.max_records:
            return Ending("time")
        return self._too_short()

    @staticmethod
    def _too_short() -> Ending:
        return Ending(TOO_SHORT, "no time was left once the session was ready; give the calendar longer windows")

    def _fitting(self, records: int, behind: int = 0) -> int:
        """So many records, or half, or a quarter..., as still end before the window does; 0 when not even one does.

        `behind` are written before them.
        """
        row, lane = self.window, self._lane
        window = Window(row.scheduled_for, row.opens_at, row.closes_at, lane.calendar.guard_s)
        while records and not may_start(
            window, lane.clock.now(), (records + behind) * lane.settings.seconds_per_record
        ):
            records //= 2
        return records

    def _alive(self) -> None:
        """Renews the lease when a third of its life is over; raises `StaleFence` when it is no longer ours."""
        now, life_s = self._lane.clock.now(), self._lane.settings.lease_s
        if self._lease and abs((now - self._renewed_at).total_seconds()) > life_s / 3:
            self._lease = self._lane.seats.renew(self._lease, life_s)
            self._renewed_at = now
