"""The writer of one lane: takes a seat and a fence, works through one window, and gives the seat back."""

from dataclasses import dataclass
from datetime import datetime

from bridge.errors import LaneLocked, Misconfigured, NoSeat, StaleFence, Throttled, Unauthorised, Uncertain, Unreachable
from bridge.ledger import flight, windows
from bridge.ledger.alarms import close_alarm, raise_alarm
from bridge.ledger.claims import claim, issue_fence
from bridge.ledger.outcomes import Writer, commit_findings
from bridge.ledger.store import Database
from bridge.ledger.windows import WindowRow
from bridge.outcomes import TABLE, BatchNext, LaneNext, Outcome, Urgency
from bridge.ports import erp
from bridge.ports.clock import Clock
from bridge.ports.erp import Erp, ErpSession, Finding, ProbeKey, Verdict
from bridge.ports.seats import Lease, Seats
from bridge.rules import LIFTED_BY_ERP
from bridge.windows.calendar import LaneCalendar
from bridge.windows.due import Window, may_start
from bridge.writing.batch import BatchRun, Tools
from bridge.writing.mapped import Mapped, with_customer
from bridge.writing.settings import Preflight, WriterSettings

PURPOSE = "writer"
ENDED_BY: dict[type[Exception], Outcome] = {
    LaneLocked: Outcome.LOCKED,
    NoSeat: Outcome.NO_SEAT,
    Unauthorised: Outcome.UNAUTHORISED,
    Misconfigured: Outcome.UNAUTHORISED,
    Unreachable: Outcome.UNAVAILABLE,
    Throttled: Outcome.UNAVAILABLE,
    Uncertain: Outcome.UNCERTAIN,
}


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

    def write_window(self) -> str | None:
        """Works through the lane's present window, if it has one; says how it ended, or None when nothing was open.

        Safe to call at any time, twice, or by two workers: one of them finds the lane taken or its fence stale.
        """
        with self.database.read() as connection:
            window = windows.to_write(connection, self.lane, self.clock.now())
            standing = windows.lane_row(connection, self.lane)
        if window is None or (standing and standing.halted) or self._is_being_written():
            return None
        fence = issue_fence(self.database, self.lane, by=self.owner, now=self.clock.now())
        run = _WindowRun(self, window, fence)
        try:
            ended_by = run.write()
        except StaleFence:
            return "stale fence"
        except tuple(ENDED_BY) as error:
            ended_by = self._after(error, standing.last_end if standing else None)
        with self.database.write() as connection:
            windows.close_window(connection, window.id, ended_by=ended_by, now=self.clock.now())
        return ended_by

    def _is_being_written(self) -> bool:
        return any(lease.lane == self.lane and lease.purpose == PURPOSE for lease in self.seats.held())

    def _after(self, error: Exception, last_end: str | None) -> str:
        """What an error that ended the window means for the lane; its text is kept where a person sees it."""
        outcome = next(ENDED_BY[kind] for kind in type(error).__mro__ if kind in ENDED_BY)
        verdict, now = TABLE[outcome], self.clock.now()
        with self.database.write() as connection:
            if verdict.lane is LaneNext.HALTED:
                windows.halt(connection, self.lane, reason=str(error), now=now)
            elif last_end == outcome.value and outcome in {Outcome.UNAVAILABLE, Outcome.UNCERTAIN}:
                text = f"lane {self.lane}: {outcome} again, {error}"
                raise_alarm(connection, f"outage:{self.lane}", Urgency.HIGH, text, now)
        return outcome.value


class _WindowRun:
    """One window under one fence."""

    def __init__(self, lane: LaneWriter, window: WindowRow, fence: int) -> None:
        self._lane = lane
        self._window = window
        self._writer = Writer(lane.owner, lane.lane, fence)
        self._left = lane.calendar.max_records
        self._lease: Lease | None = None
        self._renewed_at: datetime = lane.clock.now()

    def write(self) -> str:
        lane, fence = self._lane, self._writer.fence or 0
        self._lease = lane.seats.take(
            lane.lane, owner=lane.owner, purpose=PURPOSE, fence=fence, lease_s=lane.settings.lease_s
        )
        try:
            with lane.erp.open(lane.lane, fence=fence, purpose=PURPOSE) as session:
                with lane.database.write() as connection:
                    windows.open_window(connection, self._window.id, fence, lane.clock.now())
                    close_alarm(connection, f"outage:{lane.lane}", lane.clock.now())
                self._probe_doubts(session)
                self._look_again(session)
                return self._drain(session)
        finally:
            lane.seats.give_back(self._lease)

    def _drain(self, session: ErpSession) -> str:
        lane = self._lane
        tools = Tools(lane.database, lane.erp, lane.clock, lane.settings, lane.preflight, self._alive)
        while True:
            limit = min(lane.settings.in_flight, self._left)
            if limit <= 0:
                return "size"
            if not self._has_time_for(limit):
                return "time"
            self._alive()
            batch = claim(
                lane.database, lane.lane, fence=self._writer.fence, window_id=self._window.id, owner=lane.owner,
                limit=limit, now=lane.clock.now(),
            )  # fmt: skip
            if batch is None:
                return "empty"
            if BatchRun(tools, self._writer, session, batch).run() is BatchNext.ENDS:
                return Outcome.LOCKED.value
            self._left -= len(batch.records)

    def _has_time_for(self, records: int) -> bool:
        row, lane = self._window, self._lane
        window = Window(row.scheduled_for, row.opens_at, row.closes_at, lane.calendar.guard_s)
        return may_start(window, lane.clock.now(), records * lane.settings.seconds_per_record)

    def _alive(self) -> None:
        """Renews the lease when a third of its life is over; raises `StaleFence` when it is no longer ours."""
        now, life_s = self._lane.clock.now(), self._lane.settings.lease_s
        if self._lease and abs((now - self._renewed_at).total_seconds()) > life_s / 3:
            self._lease = self._lane.seats.renew(self._lease, life_s)
            self._renewed_at = now

    def _probe_doubts(self, session: ErpSession) -> None:
        """First of all: what the last writer left in doubt. The old session is proven ended by now."""
        lane = self._lane
        doubtful = flight.in_doubt(lane.database, lane.lane, lane.settings.probe_limit)
        rules = Tools(lane.database, lane.erp, lane.clock, lane.settings, lane.preflight, self._alive).rules
        for document in sorted({record.document for record in doubtful}):
            of_kind = [record for record in doubtful if record.document == document]
            keys = [ProbeKey(record.id, record.number, record.stamp) for record in of_kind if record.number]
            unsent = [Finding(record.id, Verdict.ABSENT, "") for record in of_kind if not record.number]
            findings = [*(session.probe(document, keys) if keys else []), *unsent]
            commit_findings(lane.database, self._writer, findings, rules, now=lane.clock.now())
            unreadable = [finding for finding in findings if finding.verdict is Verdict.UNREADABLE]
            if unreadable:
                text = f"{len(unreadable)} doubtful records of {lane.lane} could not be probed: {unreadable[0].text}"
                with lane.database.write() as connection:
                    raise_alarm(connection, f"probe:{lane.lane}", Urgency.HIGH, text, lane.clock.now())

    def _look_again(self, session: ErpSession) -> None:
        """Orders held for stock or credit: released when the ERP's figures allow it by now."""
        lane = self._lane
        held = flight.held_for(lane.database, lane.lane, LIFTED_BY_ERP, lane.settings.probe_limit)
        if not held:
            return
        numbers = flight.customer_numbers(lane.database, held)
        mapped = {
            record.id: with_customer(Mapped.from_json(record.mapped or ""), numbers.get(record.customer_record_id or 0))
            for record in held
        }
        wants = [lane.preflight.wants(mapped[record.id]) for record in held]
        facts: erp.Facts = session.facts(
            sorted({number for customers, _ in wants for number in customers}),
            sorted({code for _, items in wants for code in items}),
        )
        free = [record.id for record in held if lane.preflight.judge(record, mapped[record.id], facts) is None]
        flight.release(lane.database, self._writer, free, why="the condition is met", now=lane.clock.now())
