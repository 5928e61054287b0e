"""The real writer under random trade: killed at any call, frozen there while another writes, misled by clock and Sage.

P1, P2 and P4 are asked after every rule, P3 and the end of it all once calm has come.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import ClassVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from bridge.erp.memory_faults import MemoryFaults
from bridge.ledger import schema
from bridge.ledger.migrate import migrate
from bridge.ledger.people import discard, replay
from bridge.ledger.store import Database
from bridge.outcomes import Outcome
from bridge.states import FINAL, NEEDS_PERSON, State
from bridge.writing import batch, committer
from tests.builders import LANE
from tests.effort import effort
from tests.mortal import Life, PromptCommitter
from tests.writer_stage import BAD_ITEM, BREAKS_SESSION, BUDGET, NO_JSON, QUARTER_S, Event, WriterStage

LIMIT = 3
CALM_WINDOWS = 8
GOOD = "123"
SOURCE_IDS = st.sampled_from([*GOOD, BAD_ITEM, NO_JSON, BREAKS_SESSION])
PENS = st.sampled_from("ab")
CLOCK_ERRORS = st.sampled_from([timedelta(), timedelta(hours=-1), timedelta(hours=2), timedelta(days=30)])
ANSWERS = (
    Outcome.REJECTED, Outcome.RECORD_BUSY, Outcome.CUSTOMER_MISSING, Outcome.BROKE_OFF, Outcome.CONFLICT,
    Outcome.UNAVAILABLE,
)  # fmt: skip
EVENTS = ("killed", "killed", "killed", "other writes", "news", "posted", "swept", "late", "clock ahead", "clock back")
IN_ERP = frozenset({State.WRITING, State.UNCERTAIN, State.CONFIRMED})
"""Where an order can be that Sage has; in any other state it would be taken for absent."""


class WriterMachine(RuleBasedStateMachine):
    """`harms` counts what may cost an order one of its attempts; `touched` are orders that something was done to."""

    database: ClassVar[Database]

    @initialize()
    def begin(self) -> None:
        with self.database.write() as connection:
            for table in reversed(schema.metadata.sorted_tables):
                connection.execute(table.delete())
        self.stage = WriterStage(self.database)
        self.told: dict[str, int] = {}
        self.touched: set[str] = set()
        self.harms = 0
        for source_id in GOOD:
            self.arrive(source_id)

    @rule(source_id=SOURCE_IDS)
    def arrive(self, source_id: str) -> None:
        """An order is placed, or changed, and read."""
        self._hear(source_id)
        self.stage.read()

    @rule()
    def read(self) -> None:
        self.stage.read()

    @rule(name=PENS, waits=st.booleans(), plan=st.dictionaries(st.integers(1, 45), st.sampled_from(EVENTS), max_size=3))
    def write(self, name: str, waits: bool, plan: dict[int, str]) -> None:
        """A writer runs, in the next window or in the present one, and something comes between its calls."""
        if waits:
            self.stage.pass_time(QUARTER_S)
        self.stage.tick()
        self.stage.write(name, {call: self._event(what, name) for call, what in plan.items()})

    def _event(self, what: str, name: str) -> Event:
        stage = self.stage
        events: dict[str, Event] = {
            "killed": Life.end,
            "other writes": lambda _: stage.write("b" if name == "a" else "a"),
            "news": lambda _: self._hear("1"),
            "posted": lambda _: stage.post(),
            "swept": lambda _: stage.sweep(),
            "late": lambda _: stage.pass_time(601),
            "clock ahead": lambda _: stage.set_clock_wrong(timedelta(days=30)),
            "clock back": lambda _: stage.set_clock_wrong(timedelta(hours=-1)),
        }

        def come(life: Life) -> None:
            self.harms += what not in {"news", "posted"}
            events[what](life)

        return come

    @rule(source_id=SOURCE_IDS, is_stored=st.booleans())
    def lose_answer(self, source_id: str, is_stored: bool) -> None:
        """The next write of this order is not answered."""
        faults = self.stage.erp.faults
        self._harm(source_id, faults.fail_after_commit if is_stored else faults.fail_before_commit)

    @rule(source_id=SOURCE_IDS, outcome=st.sampled_from(ANSWERS))
    def refuse(self, source_id: str, outcome: Outcome) -> None:
        """Sage does not store this order the next time, and says so."""
        self._harm(source_id, lambda stamp: self.stage.erp.faults.answer(stamp, outcome))

    @rule(lines=st.integers(0, 3))
    def lose_connection(self, lines: int) -> None:
        self.harms += 1
        self.stage.erp.faults.lose_connection_after(lines)

    @rule(how=st.sampled_from([MemoryFaults.lock, MemoryFaults.refuse_logon]))
    def shut_out(self, how: object) -> None:
        how(self.stage.erp.faults, LANE)

    @rule()
    def calm(self) -> None:
        self.stage.calm()

    @rule()
    def post(self) -> None:
        self.stage.post()

    @rule(which=st.integers(0, 5))
    def somebody_takes_a_number(self, which: int) -> None:
        orders = [order for order in self.stage.orders() if order.number]
        if orders:
            order = orders[which % len(orders)]
            self.touched.add(order.source_id)
            self.stage.take_number(order.number or "")

    @rule(which=st.integers(0, 5), is_discarded=st.booleans())
    def decide(self, which: int, is_discarded: bool) -> None:
        """A person replays or gives up an order that waits for one."""
        waiting = [order for order in self.stage.orders() if order.state in NEEDS_PERSON]
        if not waiting:
            return
        order, now = waiting[which % len(waiting)], self.stage.clock.now()
        self.touched.add(order.source_id)
        if is_discarded:
            discard(self.database, order.id, by="Ann", why="of no use", now=now)
        else:
            replay(self.database, [order.id], by="Ann", why="mended", now=now)

    @rule(error=CLOCK_ERRORS)
    def set_clock(self, error: timedelta) -> None:
        self.stage.set_clock_wrong(error)

    @rule()
    def sweep(self) -> None:
        self.stage.sweep()

    @invariant()
    def p1_no_order_that_was_told_is_missing(self) -> None:
        wanted = {order.source_id: order.wanted_version for order in self.stage.orders()}
        assert wanted == self.told

    @invariant()
    def p2_sage_has_each_order_once_at_most_and_the_ledger_knows_of_it(self) -> None:
        in_sage = Counter(stamp for stamp in self.stage.company.stamps() if stamp != "theirs")
        orders = self.stage.orders()
        assert set(in_sage.values()) <= {1}
        assert {order.stamp for order in orders if order.state is State.CONFIRMED} <= set(in_sage)
        assert set(in_sage) <= {order.stamp for order in orders if order.state in IN_ERP}

    @invariant()
    def p4_no_more_sessions_than_the_budget_and_none_without_a_lease(self) -> None:
        assert self.stage.wrongs == []
        assert len(self.stage.seats.held()) <= BUDGET

    def teardown(self) -> None:
        """Calm: within a few windows all is in Sage, or rests where a person sees it (P1, P2), poison or not (P3)."""
        if not hasattr(self, "stage"):
            return
        self.stage.set_clock_wrong(timedelta())
        self.stage.calm()
        for _ in range(CALM_WINDOWS):
            self.stage.pass_time(QUARTER_S)
            self.stage.sweep()
            self.stage.read()
            self.stage.tick()
            self.stage.write("a")
        at = {order.source_id: order.state for order in self.stage.orders()}
        assert set(at.values()) <= {*FINAL, *NEEDS_PERSON}, at
        spared = set(GOOD) - self.touched if self.harms < LIMIT else set()
        assert {at[source_id] for source_id in spared} <= {State.CONFIRMED}, at
        self.p1_no_order_that_was_told_is_missing()
        self.p2_sage_has_each_order_once_at_most_and_the_ledger_knows_of_it()
        self.p4_no_more_sessions_than_the_budget_and_none_without_a_lease()
        assert (self.stage.seats.held(), self.stage.erp.sessions) == ([], [])

    def _hear(self, source_id: str) -> None:
        self.told[source_id] = self.told.get(source_id, 0) + 1
        self.stage.arrive(source_id, self.told[source_id])

    def _harm(self, source_id: str, fault: object) -> None:
        self.touched.add(source_id)
        self.harms += 1
        for order in self.stage.orders():
            if order.source_id == source_id:
                fault(order.stamp)


@pytest.fixture
def in_memory() -> Iterator[Database]:
    database = Database("sqlite://")
    migrate(database)
    yield database
    database.close()


def test_the_writer_keeps_its_promises(in_memory: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "Committer", PromptCommitter)
    monkeypatch.setattr(committer, "LINGER_S", 0)
    machine = type("WriterMachine", (WriterMachine,), {"database": in_memory})
    run_state_machine_as_test(machine, settings=effort(60, 20))
