"""Two writers that follow the write protocol on the real ledger step by step, and tell a model what each step does."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import select

from bridge.errors import StaleFence
from bridge.ledger import flight, schema
from bridge.ledger.claims import Batch, begin_writing, claim, issue_fence
from bridge.ledger.outcomes import Rules, Writer, commit_findings, commit_results
from bridge.ledger.rows import Record
from bridge.ledger.store import Database
from bridge.outcomes import Outcome
from bridge.ports.clock import FixedClock
from bridge.ports.erp import Finding, ResultLine, Verdict
from tests.builders import LANE, NOW
from tests.ledger_model import LedgerModel
from tests.whimsical_sage import Request, WhimsicalSage

CANNOT_READ = frozenset({Outcome.UNAVAILABLE, Outcome.LOCKED, Outcome.NO_SEAT, Outcome.UNAUTHORISED})
"""Answers after which a probe has found nothing out."""


@dataclass
class Pen:
    """One writer, and how far it has come. Without a fence it has just been started."""

    name: str
    fence: int = 0
    is_logged_on: bool = False
    batch: Batch | None = None
    looked_up: tuple[Record, ...] | None = None
    request: Request | None = None
    lines: list[ResultLine] = field(default_factory=list)

    @property
    def writer(self) -> Writer:
        """On whose behalf it commits."""
        return Writer(self.name, LANE, self.fence)


class Crew:
    """The writers with their ledger, their Sage and the model. `fence` is the newest that the ledger gave out."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock, self.sage, self.model, self.fence = FixedClock(NOW), WhimsicalSage(), LedgerModel(), 0
        self.pens = {name: Pen(name) for name in "ab"}
        self._probes_at_send: dict[int, list[int]] = {}

    def step(self, name: str, whim: str) -> None:
        """The next step of a writer's protocol; `whim` is how Sage answers, if it is asked."""
        pen = self.pens[name]
        if not pen.fence:
            self.take_over(name)
        elif not pen.is_logged_on:
            self._log_on(pen, whim)
        elif pen.batch is None:
            self._claim(pen)
        elif pen.looked_up is None:
            self._look_up(pen, pen.batch)
        elif pen.request is None:
            self._send(pen, pen.batch, pen.looked_up)
        elif pen.request.waiting and not pen.request.is_closed:
            pen.lines += self.sage.write_next(pen.request, whim)
        elif pen.lines:
            self._commit(pen)
        else:
            self._conclude(pen, pen.batch, pen.request)

    def take_over(self, name: str) -> None:
        """A new fence; what any writer had in flight is turned."""
        self.follow_fence(issue_fence(self.database, LANE, by=name, now=self.clock.now()))
        self.pens[name] = Pen(name, self.fence)

    def follow_fence(self, fence: int) -> None:
        """The ledger gave out a fence, to a writer or to a sweep."""
        assert fence > self.fence
        self.fence = fence
        self.model.turn(self.clock.now())

    def stop(self, name: str) -> None:
        """The writer is gone with all that it knew. Sage may still be at its request."""
        self.pens[name] = Pen(name)

    def go_on_unheard(self, whim: str) -> None:
        """Sage works on at a request whose writer is gone."""
        request = self.sage.running
        is_heard = any(pen.request is request for pen in self.pens.values())
        if request and request.waiting and not request.is_closed and not is_heard:
            self.sage.write_next(request, whim)

    def _log_on(self, pen: Pen, whim: str) -> None:
        """Ends whatever an older session was doing, then asks Sage about every doubt."""
        if not self._reaches_sage(pen, self.sage.log_on):
            return
        pen.is_logged_on = True
        findings = [self.sage.probe(record) for record in flight.in_doubt(self.database, LANE, 10)]
        if whim in CANNOT_READ:
            findings = [Finding(each.record_id, Verdict.UNREADABLE, each.number) for each in findings]
        self._find(pen, findings)

    def _find(self, pen: Pen, findings: Sequence[Finding]) -> bool:
        now = self.clock.now()
        if not self._takes(pen, lambda: commit_findings(self.database, pen.writer, findings, Rules(), now=now)):
            return False
        for finding in findings:
            self.model[finding.record_id].find(finding, now)
        return True

    def _claim(self, pen: Pen) -> None:
        now, due = self.clock.now(), self.model.due(self.clock.now())[:2]

        def take_some() -> None:
            pen.batch = claim(
                self.database, LANE, fence=pen.fence, window_id=None, owner=pen.name, limit=2, now=now
            )  # fmt: skip

        if self._takes(pen, take_some):
            assert [record.id for record in (pen.batch.records if pen.batch else ())] == due
            for record_id in due:
                self.model[record_id].claim(now)

    def _look_up(self, pen: Pen, batch: Batch) -> None:
        """What may have begun before is probed; what is there already is not written."""
        begun = [record for record in batch.records if record.needs_probe and record.number]
        if not self._reaches_sage(pen, self.sage.check):
            return
        findings = [self.sage.probe(record) for record in begun]
        present = [finding.record_id for finding in findings if finding.verdict is not Verdict.ABSENT]
        now = self.clock.now()
        if not self._takes(pen, lambda: flight.doubt(self.database, pen.writer, present, why="maybe", now=now)):
            return
        for record_id in present:
            self.model[record_id].doubt(now)
        if self._find(pen, findings):
            pen.looked_up = tuple(record for record in batch.records if record.id not in present)

    def _send(self, pen: Pen, batch: Batch, records: tuple[Record, ...]) -> None:
        numbers = {record.id: self.sage.reserve() for record in records}  # too many; those that have one keep it
        part = Batch(batch.id, batch.lane, batch.fence, batch.document, records)
        going: list[Record] = []
        now = self.clock.now()

        def begin() -> None:
            going.extend(begin_writing(self.database, part, numbers, by=pen.name, now=now))

        if not self._takes(pen, begin):
            return
        expected = [record.id for record in records if self.model[record.id].begin(numbers[record.id], now)]
        assert [record.id for record in going] == expected
        self._note_sent(going)
        pen.request = self.sage.send(pen.fence, going)

    def _note_sent(self, records: Sequence[Record]) -> None:
        """What was sent before is not sent again without a probe between the two."""
        with self.database.read() as connection:
            decided = select(schema.probe.c.record_id).where(schema.probe.c.verdict != Verdict.UNREADABLE.value)
            probed = Counter(connection.execute(decided).scalars())
        for record in records:
            before = self._probes_at_send.setdefault(record.id, [])
            assert not before or probed[record.id] > before[-1], f"record {record.id} is sent again unprobed"
            before.append(probed[record.id])

    def _commit(self, pen: Pen) -> None:
        now, lines = self.clock.now(), pen.lines
        if self._takes(pen, lambda: commit_results(self.database, pen.writer, lines, Rules(), now=now)):
            pen.lines = []
            for line in lines:
                self._note_outcome(line)

    def _note_outcome(self, line: ResultLine) -> None:
        self.model[line.record_id].conclude(line, self.clock.now())
        if line.outcome is Outcome.NEVER_BEGUN:
            self._probes_at_send[line.record_id].pop()

    def _conclude(self, pen: Pen, batch: Batch, request: Request) -> None:
        """What has no line is decided by the agent's notes; what was not part of the request is given back."""
        left, now = flight.unanswered(self.database, batch.id), self.clock.now()
        never_begun = [record_id for record_id in left if record_id not in request.begun]
        lost = [record_id for record_id in left if record_id in request.begun]

        def decide() -> None:
            flight.settle_unanswered(self.database, pen.writer, never_begun, lost, Rules(), why="no line", now=now)

        if not self._takes(pen, decide):
            return
        for record_id in never_begun:
            self._note_outcome(ResultLine(record_id, Outcome.NEVER_BEGUN))
        for record_id in lost:
            self.model[record_id].doubt(now)
        if self._takes(
            pen, lambda: flight.put_back(self.database, pen.writer, batch.id, why="left", outcome="done", now=now)
        ):
            self.pens[pen.name] = Pen(pen.name, pen.fence, is_logged_on=True)

    def _takes(self, pen: Pen, call: Callable[[], Any]) -> bool:
        """Whether the ledger took a writer's call. One with an old fence is refused, always, and no other ever is."""
        if pen.fence == self.fence:
            call()
            return True
        with pytest.raises(StaleFence):
            call()
        self.stop(pen.name)
        return False

    def _reaches_sage(self, pen: Pen, call: Callable[[int], None]) -> bool:
        """Whether Sage takes a call of this fence. One that it refuses is older in the ledger too."""
        try:
            call(pen.fence)
        except StaleFence:
            assert pen.fence < self.fence
            self.stop(pen.name)
            return False
        return True
