"""The ledger as a dict: what each call must make of a record, told a second time and as plainly as possible."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from bridge.ledger.rows import Record
from bridge.ledger.withdrawals import WITHDRAWN
from bridge.outcomes import TABLE
from bridge.ports.clock import CLOCK_SKEW
from bridge.ports.erp import Finding, ResultLine, Verdict
from bridge.states import NEEDS_PERSON, State

LIMIT = 3
GIVEN_UP = {State.CANCELLED, State.DISCARDED}


@dataclass
class Modelled:
    """One order. `told` are the contents that a change record was made of, by version; `dropped` are
    the versions of those that a person has given up. One that `rests` waits for more than to be read again. Each
    change touches it."""

    wanted: int
    due: datetime
    touched: datetime
    state: State = State.RECEIVED
    version: int = 0
    needs_read: bool = True
    number: str | None = None
    failures: int = 0
    content: str | None = None
    rests: bool = False
    told: dict[int, str | None] = field(default_factory=dict)
    dropped: set[int] = field(default_factory=set)

    @property
    def is_outdated(self) -> bool:
        return self.needs_read or self.wanted > self.version

    @property
    def is_waiting(self) -> bool:
        return self.state in {State.RECEIVED, State.READY, State.HELD, State.UNCERTAIN}

    def touch(self, now: datetime) -> None:
        """It is changed. What a clock dated that was ahead of this one is due at once."""
        if self.touched > now + CLOCK_SKEW:
            self.due = min(self.due, now)
        self.touched = now

    def want(self, version: int, now: datetime) -> None:
        """An event of this version came."""
        if version <= self.wanted:
            return
        self.touch(now)
        self.wanted = version
        self.needs_read = self.needs_read or self.state not in GIVEN_UP
        if self.state is State.READY:
            self.state = State.HELD

    def settle(self, target: State, version: int, content: str, now: datetime) -> None:
        """Its document was read. After the write this makes a change record instead, once for each content."""
        self.touch(now)
        is_stale = version < self.wanted
        self.version, self.needs_read = version, is_stale
        if self.state is State.CONFIRMED:
            read = WITHDRAWN if target is State.CANCELLED else content
            last = self.told[max(self.told)] if self.told else self.content
            if read != last:
                self.told.setdefault(version, read)
            return
        if self.rests and target is State.READY:
            self.due = now
        self.content, self.rests = content, target is not State.READY
        self.state = State.HELD if is_stale and target is State.READY else target

    def turn(self, now: datetime) -> None:
        """A newer fence, or a sweep."""
        turned = {State.CLAIMED: State.READY, State.WRITING: State.UNCERTAIN}
        if self.state in turned:
            self.touch(now)
            self.state = turned[self.state]

    def claim(self, now: datetime) -> None:
        """A writer took it into its batch."""
        self.touch(now)
        self.state = State.CLAIMED

    def begin(self, number: str, now: datetime) -> bool:
        """WRITING, unless something newer is wanted by now."""
        self.touch(now)
        if self.is_outdated:
            self.state, self.needs_read = State.HELD, True
            return False
        self.state, self.number = State.WRITING, self.number or number
        return True

    def conclude(self, line: ResultLine, now: datetime) -> None:
        """The outcome of a write."""
        if self.state is not State.WRITING:
            return
        verdict = TABLE[line.outcome]
        is_last = verdict.counts_as_failure and self.failures + 1 >= LIMIT
        self._leave(State.DEAD if is_last else verdict.state, now, is_failure=verdict.counts_as_failure)

    def find(self, finding: Finding, now: datetime) -> None:
        """What a probe said."""
        if self.state is not State.UNCERTAIN or finding.verdict is Verdict.UNREADABLE:
            return
        if finding.verdict is Verdict.ABSENT:
            is_failure = self.number is not None
            is_last = is_failure and self.failures + 1 >= LIMIT
            self._leave(State.DEAD if is_last else State.READY, now, is_failure=is_failure)
            return
        self._leave(State.CONFIRMED if finding.verdict is Verdict.OURS else State.REVIEW, now, is_failure=False)

    def doubt(self, now: datetime) -> None:
        """Nobody knows what became of it."""
        self._leave(State.UNCERTAIN, now, is_failure=False)

    def replay(self, now: datetime) -> None:
        """A person sends it the ordinary way again."""
        self.touch(now)
        self.state, self.failures, self.needs_read, self.due = State.HELD, 0, True, now
        self.rests = False

    def _leave(self, state: State, now: datetime, *, is_failure: bool) -> None:
        self.touch(now)
        self.state, self.needs_read, self.rests = state, self.is_outdated, state in {State.HELD, *NEEDS_PERSON}
        if is_failure:
            self.failures, self.due = self.failures + 1, now


class LedgerModel(dict[int, Modelled]):
    """Orders by the id of their record."""

    def due(self, now: datetime) -> list[int]:
        """What a claim must take, in its order."""
        ready = [(each.due, key) for key, each in self.items() if each.state is State.READY and each.due <= now]
        return [key for _, key in sorted(ready)]

    def recall(self, now: datetime) -> None:
        """What waits until the day that a clock ahead had shown is due now."""
        for each in self.values():
            if each.is_waiting and each.touched > now + CLOCK_SKEW and each.due > now:
                each.touch(now)

    def turn(self, now: datetime) -> None:
        """What was in flight has lost its writer."""
        for each in self.values():
            each.turn(now)

    def discard(self, record: Record) -> None:
        """A person has given an order up, or the change of one."""
        if record.parent_id is None:
            self[record.id].state, self[record.id].needs_read = State.DISCARDED, False
        else:
            self[record.parent_id].dropped.add(record.version)

    def facts(self) -> dict[tuple[str, str], tuple[str, ...]]:
        """Document and source id of every record that there must be, with what must be true of it."""
        found: dict[tuple[str, str], tuple[str, ...]] = {}
        for key, each in self.items():
            facts = (each.state, each.number, each.wanted, each.version, each.needs_read, each.failures)
            found["order", str(key)] = tuple(str(fact) for fact in facts)
            if each.state is State.CONFIRMED:
                found["acknowledgement", str(key)] = (State.READY.value,)
            for version in each.told:
                state = State.DISCARDED if version in each.dropped else State.REVIEW
                found["order.change", f"{key}@{version}"] = (state.value,)
        return found


def facts_of(rows: Iterable[Record]) -> dict[tuple[str, str], tuple[str, ...]]:
    """What is true of the ledger's records, in the words of `LedgerModel.facts`."""
    rows = list(rows)
    ids = {row.source_id: str(row.id) for row in rows if row.document == "order"}
    found = {}
    for row in rows:
        source_id, at, version = row.source_id.partition("@")
        key = (row.document, f"{ids[source_id]}{at}{version}")
        facts = (row.state, row.number, row.wanted_version, row.version, row.needs_read, row.failures)
        found[key] = tuple(str(fact) for fact in facts) if row.document == "order" else (row.state.value,)
    return found
