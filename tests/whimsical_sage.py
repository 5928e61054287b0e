"""Sage as far as the ledger can tell: two tables, one session a fence, and answers that may or may not come."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bridge.errors import StaleFence
from bridge.ledger.rows import Record
from bridge.outcomes import TABLE, BatchNext, Outcome
from bridge.ports.erp import Finding, ResultLine, Verdict

STORED_IN_SILENCE, LOST_IN_SILENCE = "stored, no answer", "not stored, no answer"
WHIMS = (*[Outcome.CONFIRMED] * 5, *[STORED_IN_SILENCE, LOST_IN_SILENCE] * 2, *Outcome)
"""What Sage may make of a record; what happens most is there most."""


@dataclass
class Request:
    """One request on its way through Sage. `begun` are the agent's notes; `is_closed` when nothing more can begin."""

    fence: int
    waiting: list[Record]
    begun: set[int] = field(default_factory=set)
    is_closed: bool = False


@dataclass
class WhimsicalSage:
    """`open` and `posted` are stamps by number; the number of a posted order is free in the open table again."""

    open: dict[str, str] = field(default_factory=dict)
    posted: dict[str, str] = field(default_factory=dict)
    fence: int = 0
    last_number: int = 0
    running: Request | None = None

    def log_on(self, fence: int) -> None:
        """A session of this fence; whatever an older one had under way is proven ended first. Raises `StaleFence`."""
        self.check(fence)
        if self.running:
            self.running.is_closed = True
        self.fence, self.running = fence, None

    def check(self, fence: int) -> None:
        """Raises `StaleFence` for a session that a newer one has ended."""
        if fence < self.fence:
            raise StaleFence(f"Sage has a session of fence {self.fence}, {fence} is older")

    def reserve(self) -> str:
        """A number that nobody has had."""
        self.last_number += 1
        return f"{self.last_number:07d}"

    def send(self, fence: int, records: Sequence[Record]) -> Request:
        """Takes a request in; its records are written one by one, as `write_next` is asked. Raises `StaleFence`."""
        self.check(fence)
        self.running = Request(fence, list(records))
        return self.running

    def write_next(self, request: Request, whim: str) -> list[ResultLine]:
        """What Sage answers to the next record of a request: its line, those of a batch that ended here, or nothing."""
        record = request.waiting.pop(0)
        request.begun.add(record.id)
        number = record.number or ""
        if whim in {STORED_IN_SILENCE, LOST_IN_SILENCE}:
            request.is_closed = True
            if whim == STORED_IN_SILENCE:
                self.open.setdefault(number, record.stamp)
            return []
        outcome = Outcome(whim)
        is_confirmed = TABLE[outcome].state == "CONFIRMED"
        if is_confirmed and number in self.open:
            outcome = Outcome.CONFLICT
        if is_confirmed or outcome is Outcome.UNCERTAIN:
            self.open.setdefault(number, record.stamp)
        lines = [ResultLine(record.id, outcome, number, field="x" if outcome is Outcome.REJECTED else None)]
        if TABLE[outcome].batch is BatchNext.ENDS:
            lines += [ResultLine(each.id, Outcome.NEVER_BEGUN) for each in request.waiting]
            request.waiting.clear()
        request.is_closed = not request.waiting
        return lines

    def probe(self, record: Record) -> Finding:
        """What is under the record's number, wherever it may be by now."""
        number = record.number or ""
        stamp = self.open.get(number) or self.posted.get(number)
        if stamp is None:
            return Finding(record.id, Verdict.ABSENT, number)
        verdict = Verdict.OURS if stamp == record.stamp else Verdict.ANOTHERS
        return Finding(record.id, verdict, number, place="open", found_stamp=stamp)

    def holdings(self) -> list[str]:
        """Every stamp in Sage, as often as it is there."""
        return [*self.open.values(), *self.posted.values()]
