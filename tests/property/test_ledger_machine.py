"""Random trade beside a plain model: two writers, a whimsical Sage, news, people, kills and time.

Each record is where the model says, and Sage holds each order once at most, whatever comes between any two commits.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from bridge.errors import LostRace, Refused
from bridge.ledger import schema
from bridge.ledger.ahead import recall
from bridge.ledger.claims import turn_expired
from bridge.ledger.intake import Taken, take
from bridge.ledger.manifests import balance
from bridge.ledger.migrate import migrate
from bridge.ledger.people import discard, replay
from bridge.ledger.reading import to_read
from bridge.ledger.rows import Reason, Record, record_of
from bridge.ledger.settle import Settlement, settle
from bridge.ledger.store import Database
from bridge.outcomes import Outcome
from bridge.ports.clock import CLOCK_SKEW
from bridge.states import FINAL, INITIAL, NEEDS_PERSON, State, is_legal
from tests.builders import LANE, NOW, an_arrival, the
from tests.databases import delete_rows
from tests.effort import effort, weighed
from tests.ledger_crew import Crew
from tests.ledger_model import Modelled, facts_of
from tests.whimsical_sage import WHIMS

TARGETS = st.sampled_from([State.READY] * 3 + [State.HELD, State.REVIEW, State.CANCELLED, State.DEAD])
CONTENTS = st.sampled_from(["as placed", "edited"])
PENS, WHIM, WHICH = st.sampled_from("ab"), st.sampled_from(WHIMS), st.integers(0, 9)
STEPS = st.lists(st.tuples(st.sampled_from("a" * 15 + "b"), WHIM), min_size=6, max_size=24)
CLOCK_ERRORS = st.sampled_from([timedelta(), timedelta(minutes=-20), timedelta(days=30)])
DEEDS = {
    "write": (8, st.tuples(STEPS)),
    "place": (4, st.tuples()),
    "arrive": (7, st.tuples(st.sampled_from("12345"), st.sampled_from([1, 1, 1, 0, -1]))),
    "read": (8, st.tuples(WHICH, TARGETS, CONTENTS, st.booleans(), st.booleans())),
    "take_over": (2, st.tuples(PENS)),
    "kill": (2, st.tuples(PENS)),
    "go_on_unheard": (2, st.tuples(WHIM)),
    "decide": (3, st.tuples(WHICH, st.booleans())),
    "pass_time": (2, st.tuples(st.sampled_from([1, 60, 601]))),
    "set_clock_wrong": (1, st.tuples(CLOCK_ERRORS)),
    "write_and_fall_silent": (2, st.tuples(STEPS, CLOCK_ERRORS, st.sampled_from([1, 601]))),
    "sweep": (1, st.tuples()),
    "post": (1, st.tuples()),
    "somebody_takes_a_number": (1, st.tuples(WHICH)),
}
"""What happens, how often, and with what; the methods of the machine by their names."""

LEASED = frozenset({State.CLAIMED, State.WRITING})
IN_ERP = frozenset({State.WRITING, State.UNCERTAIN, State.CONFIRMED})
"""Where an order can be that Sage has; in any other state it would be taken for absent."""


class LedgerMachine(RuleBasedStateMachine):
    """The rules call the real ledger and tell the model; what must hold is asked after each."""

    database: ClassVar[Database]

    @initialize()
    def begin(self) -> None:
        delete_rows(self.database)
        self.crew = Crew(self.database)
        self.clock, self.model = self.crew.clock, self.crew.model
        self.true_time, self.clock_error = self.clock.now(), timedelta()
        self.readings: list[Record] = []
        self.numbers: dict[int, str] = {}
        self.place()
        self.place()

    @rule(deed=weighed(DEEDS))
    def go_on(self, deed: tuple[str, tuple[Any, ...]]) -> None:
        """One of the deeds below."""
        name, arguments = deed
        getattr(self, name)(*arguments)

    def place(self) -> None:
        """A new order comes and is read."""
        source_id = str(len(self.model) + 1)
        self.arrive(source_id)
        self.look()
        self.readings = [record for record in self.readings if record.source_id == source_id]
        self.read_what_was_seen()

    def read_what_was_seen(self, content: str = "as placed", *, stale: bool = False) -> None:
        """A reader settles at once what it looked at."""
        while self.readings:
            self.read(0, State.READY, content, stale, overtaken=False)

    def arrive(self, source_id: str, newer: int = 1) -> None:
        """An event of the next version, of one that is known, or of an older one."""
        known = [record.wanted_version for record in self._records() if record.source_id == source_id]
        version = max(1, (known[0] if known else 0) + newer)
        arrival, now = an_arrival(source_id, version=version), self.clock.now()
        if take(self.database, [arrival], [], by="intake", now=now) == Taken(new=1):
            [record] = [each for each in self._records() if (each.document, each.source_id) == ("order", source_id)]
            self.model.setdefault(record.id, Modelled(version, now, now)).want(version, now)

    def look(self) -> None:
        """A reader looks what is to be read; it settles later, when much may have happened."""
        with self.database.read() as connection:
            self.readings = to_read(connection, "clarity", 10, self.clock.now())

    def read(self, which: int, goal: State, content: str, stale: bool, overtaken: bool) -> None:
        """A reader settles what it looked at; news may have come in between."""
        if not self.readings:
            self.look()
        if not self.readings:
            return
        record = self.readings.pop(which % len(self.readings))
        if overtaken:
            self.arrive(record.source_id)
        is_older = stale and goal is not State.CANCELLED and record.wanted_version > 1
        is_dead = goal is State.DEAD and not is_legal(record.state, goal)
        target = State.REVIEW if is_dead else goal
        version = record.wanted_version - is_older
        reason = Reason("some reason", "some text") if target in NEEDS_PERSON else None
        outcome = Settlement(target, "read", version, reason=reason, columns={"content_hash": content})
        if the(self.database, record).revision != record.revision:
            with pytest.raises(LostRace):
                self._settle(record, outcome)
            return
        self._settle(record, outcome)
        self.model[record.id].settle(target, version, content, self.clock.now())

    def _settle(self, record: Record, outcome: Settlement) -> None:
        with self.database.write() as connection:
            settle(connection, record, outcome, by="reader", now=self.clock.now())

    def write(self, steps: list[tuple[str, str]]) -> None:
        """Both writers go on, step by step, as Sage answers; what must hold must hold after each step."""
        self.pass_time(1)
        for name, whim in steps:
            self.crew.step(name, whim)
            self.sage_has_each_order_once_at_most_and_the_ledger_knows_of_it()

    def write_and_fall_silent(self, steps: list[tuple[str, str]], error: timedelta, span_s: int) -> None:
        """The writers go on by a clock that may be wrong, and stop; it is set right, a sweep finds what they left."""
        self.set_clock_wrong(error)
        self.write(steps)
        self.set_clock_wrong(timedelta())
        self.pass_time(span_s)
        self.sweep()

    def take_over(self, name: str) -> None:
        self.crew.take_over(name)

    def kill(self, name: str) -> None:
        self.crew.stop(name)

    def go_on_unheard(self, whim: str) -> None:
        self.crew.go_on_unheard(whim)

    def post(self) -> None:
        """Sage moves its open orders on; their numbers are free in the open table again."""
        sage = self.crew.sage
        sage.posted.update(sage.open)
        sage.open.clear()

    def somebody_takes_a_number(self, which: int) -> None:
        """A person at Sage types an order in under a number that is reserved for one of ours."""
        sage = self.crew.sage
        free = [each.number for each in self.model.values() if each.number and each.number not in sage.posted]
        if free:
            sage.open.setdefault(free[which % len(free)], "theirs")

    def pass_time(self, span_s: int) -> None:
        self.true_time += timedelta(seconds=span_s)
        self.set_clock_wrong(self.clock_error)

    def set_clock_wrong(self, error: timedelta) -> None:
        """The clock is wrong by so much until it is set again."""
        self.clock_error = error
        self.clock.set(self.true_time + error)

    def sweep(self) -> None:
        """What a writer left that is overdue is turned, its fence is old then; what a wrong clock put off is due."""
        now = self.clock.now()
        batches = [row for row in self._table("batch") if row.closed_at is None]
        overdue = [row for row in batches if row.expires_at <= now or row.opened_at > now + CLOCK_SKEW]
        with self.database.write() as connection:
            recall(connection, now)
        self.model.recall(now)
        assert turn_expired(self.database, by="steward", now=now) == len(overdue)
        if overdue:
            self.crew.follow_fence(self.crew.fence + 1)

    def decide(self, which: int, is_discarded: bool) -> None:
        """A person replays or gives up one record, be it one that waits for a person or not."""
        records = self._records()
        record = records[which % len(records)]
        may = record.state in NEEDS_PERSON and (is_discarded or record.document == "order")
        if not may:
            with pytest.raises(Refused, match=f"record {record.id} "):
                self._decide(record, is_discarded=is_discarded)
            return
        self._decide(record, is_discarded=is_discarded)
        if record.document == "order" and not is_discarded:
            self.model[record.id].replay(self.clock.now())
        else:
            self.model.discard(record)

    def _decide(self, record: Record, *, is_discarded: bool) -> None:
        if is_discarded:
            discard(self.database, record.id, by="Ann", why="of no use", now=self.clock.now())
        else:
            replay(self.database, [record.id], by="Ann", why="mended", now=self.clock.now())

    @invariant()
    def each_record_is_where_the_model_says(self) -> None:
        assert facts_of(self._records()) == self.model.facts()

    @invariant()
    def the_journal_is_a_chain_of_legal_moves_to_where_the_record_is(self) -> None:
        at: dict[int, str] = {}
        for line in self._table("move"):
            assert line.origin == at.get(line.record_id)
            legal = line.target == INITIAL if line.origin is None else is_legal(State(line.origin), State(line.target))
            assert legal, f"{line.origin} -> {line.target}"
            at[line.record_id] = line.target
        assert at == {record.id: record.state for record in self._records()}

    @invariant()
    def the_manifests_balance_with_the_ledger(self) -> None:
        with self.database.read() as connection:
            found = balance(connection, LANE, NOW - timedelta(days=1), NOW + timedelta(days=365))
        assert found.gaps == ()
        assert sum(entry.records for entry in found.entries) == sum(
            record.state is State.CONFIRMED for record in self._records() if record.lane == LANE
        )

    @invariant()
    def a_reserved_number_never_changes(self) -> None:
        numbers = {record.id: record.number for record in self._records() if record.number}
        assert self.numbers.items() <= numbers.items()
        orders = [number for key, number in numbers.items() if key in self.model]
        assert len(orders) == len(set(orders))
        self.numbers = numbers

    @invariant()
    def one_open_batch_of_the_newest_fence_holds_what_is_in_a_writers_hands(self) -> None:
        open_batches = {row.id: row.fence for row in self._table("batch") if row.closed_at is None}
        for record in self._records():
            assert (record.batch_id is not None) == (record.state in LEASED)
            if record.batch_id is not None:
                assert open_batches[record.batch_id] == record.fence == self.crew.fence

    @invariant()
    def a_dead_letter_is_open_for_each_dead_record_and_for_no_other(self) -> None:
        letters = [row.record_id for row in self._table("dead_letter") if row.closed_at is None]
        assert sorted(letters) == [record.id for record in self._records() if record.state is State.DEAD]

    @invariant()
    def sage_has_each_order_once_at_most_and_the_ledger_knows_of_it(self) -> None:
        in_sage = Counter(self.crew.sage.holdings())
        in_sage.pop("theirs", None)
        assert set(in_sage.values()) <= {1}
        orders = [record for record in self._records() if record.document == "order"]
        assert {record.stamp for record in orders if record.state is State.CONFIRMED} <= set(in_sage)
        assert set(in_sage) <= {record.stamp for record in orders if record.state in IN_ERP}

    def teardown(self) -> None:
        """When all is calm and everything is tried once more, every order gets in or rests where a person sees it.

        News revive what is dead, a person replays what is in review.
        """
        if not hasattr(self, "crew"):
            return
        self.set_clock_wrong(timedelta())
        self.sweep()
        for record_id in [key for key, each in self.model.items() if each.state is State.REVIEW]:
            self._decide(the(self.database, record_id), is_discarded=False)
            self.model[record_id].replay(self.clock.now())
        for stale in (True, False, False, False):
            self.pass_time(3600)
            self.take_over("a")
            for source_id in [record.source_id for record in self._records() if record.document == "order"]:
                self.arrive(source_id)
            self.a_dead_letter_is_open_for_each_dead_record_and_for_no_other()
            self.look()
            self.read_what_was_seen("edited", stale=stale)
            self.each_record_is_where_the_model_says()
            for _ in range(10 * len(self.model)):
                if not self._moving():
                    break
                self.crew.step("a", Outcome.CONFIRMED)
        assert self._moving() == []
        self.each_record_is_where_the_model_says()
        self.a_dead_letter_is_open_for_each_dead_record_and_for_no_other()
        self.sage_has_each_order_once_at_most_and_the_ledger_knows_of_it()

    def _moving(self) -> list[int]:
        """The orders that neither are where they stay nor wait for a person or a reader."""
        rests = {*FINAL, *NEEDS_PERSON, State.HELD}
        return [key for key, each in self.model.items() if each.state not in rests]

    def _records(self) -> list[Record]:
        return [record_of(row) for row in self._table("record")]

    def _table(self, name: str) -> list[Any]:
        table = schema.metadata.tables[name]
        with self.database.read() as connection:
            return list(connection.execute(select(table).order_by(table.c.id)))


def machine_on(opened: Database) -> type[LedgerMachine]:
    """The machine over this database."""
    return type("LedgerMachine", (LedgerMachine,), {"database": opened})


@pytest.fixture
def in_memory() -> Iterator[Database]:
    database = Database("sqlite://")
    migrate(database)
    yield database
    database.close()


def test_on_sqlite(in_memory: Database) -> None:
    run_state_machine_as_test(machine_on(in_memory), settings=effort(50))


def test_on_postgresql(postgres_url: str) -> None:
    database = Database(postgres_url)
    try:
        run_state_machine_as_test(machine_on(database), settings=effort(10))
    finally:
        database.close()
