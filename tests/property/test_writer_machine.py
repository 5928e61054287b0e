"""The real writer under random trade: killed at any call, frozen there while another writes, misled by clock and Sage.

P1, P2 and P4 are asked after every rule, P3 and the end of it all once calm has come.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from bridge.ledger.migrate import migrate
from bridge.ledger.people import discard, replay
from bridge.ledger.rows import Record
from bridge.ledger.store import Database
from bridge.outcomes import Outcome
from bridge.states import FINAL, NEEDS_PERSON, State
from bridge.writing import batch, committer
from tests.builders import LANE
from tests.databases import delete_rows
from tests.effort import effort, weighed
from tests.mortal import Life, PromptCommitter
from tests.writer_stage import (
    BAD_ITEM,
    BREAKS_SESSION,
    BUDGET,
    ENDS_BATCH,
    NO_JSON,
    QUARTER_S,
    SLOW_CALL_S,
    Event,
    WriterStage,
)  # fmt: skip

LIMIT = 3
CALM_WINDOWS = 8
POISON = (BAD_ITEM, NO_JSON, ENDS_BATCH, BREAKS_SESSION)
ANSWERS = (
    Outcome.REJECTED, Outcome.RECORD_BUSY, Outcome.CUSTOMER_MISSING, Outcome.BROKE_OFF, Outcome.CONFLICT,
    Outcome.UNAVAILABLE,
)  # fmt: skip
EVENTS = (
    *["killed"] * 4, *["other writes"] * 2, *["late"] * 2, "news", "posted", "swept", "clock ahead", "clock back",
)  # fmt: skip
TRADE = ("news", "read", "posted", "swept", "calm")
WHIMS = (
    *["stores, no answer", "loses, no answer"] * 3, "connection lost", "locked", "log-on refused",
    "a person takes its number", *ANSWERS,
)  # fmt: skip
"""What happens most is there most."""

PLANS = st.just({}) | st.dictionaries(st.integers(1, 40), st.sampled_from(EVENTS), min_size=1, max_size=3)
"""What comes between a writer's calls, by the number of the call; a window with a batch has forty or so."""

PENS, WHICH = st.sampled_from("ab"), st.integers(0, 7)
CLOCK_ERRORS = st.sampled_from([timedelta(), timedelta(hours=-1), timedelta(hours=3), timedelta(days=30)])
DEEDS = {
    "place_and_write": (5, st.tuples(st.integers(1, 3), PLANS)),
    "write": (4, st.tuples(PENS, PLANS, st.booleans())),
    "place_and_write_slowly": (1, st.tuples(st.integers(1, 10))),
    "place": (1, st.tuples(st.integers(1, 3))),
    "poison": (1, st.tuples(st.sampled_from(POISON))),
    "sage_fails": (4, st.tuples(WHICH, st.sampled_from(WHIMS))),
    "decide": (1, st.tuples(WHICH, st.booleans())),
    "trade": (3, st.tuples(WHICH, st.sampled_from(TRADE))),
    "set_clock": (1, st.tuples(CLOCK_ERRORS)),
}
"""What happens, how often, and with what; the methods of the machine by their names."""

AT_REST = FINAL | NEEDS_PERSON


class WriterMachine(RuleBasedStateMachine):
    """`harms` counts what may cost an order one of its attempts; `touched` are orders that something was done to."""

    database: ClassVar[Database]

    @initialize()
    def begin(self) -> None:
        delete_rows(self.database)
        self.stage = WriterStage(self.database)
        self.told: dict[str, int] = {}
        self.touched: set[str] = set()
        self.harms = 0
        self.closed: dict[int, tuple[str, ...]] = {}
        self.place(2)

    @rule(deed=weighed(DEEDS))
    def go_on(self, deed: tuple[str, tuple[Any, ...]]) -> None:
        """One of the deeds below."""
        name, arguments = deed
        getattr(self, name)(*arguments)

    def place(self, orders: int) -> None:
        """New orders come and are read."""
        for _ in range(orders):
            self._hear(str(len(self.told)))
        self.stage.read()

    def poison(self, source_id: str) -> None:
        """An order that cannot be written comes, or another version of it."""
        self._hear(source_id)
        self.stage.read()

    def write(self, name: str, plan: dict[int, str], waits: bool) -> None:
        """A writer runs in the present window if that is open still, else in the next; something comes between."""
        events = {call: self._event(what, name) for call, what in plan.items()}
        if not waits:
            self.stage.tick()
        if waits or self.stage.write(name, events) is None:
            self.stage.pass_time(QUARTER_S)
            self.stage.tick()
            self.stage.write(name, events)

    def place_and_write(self, orders: int, plan: dict[int, str]) -> None:
        """What happens most: orders come, and in the next window they are written."""
        self.place(orders)
        self.write("a", plan, waits=True)

    def place_and_write_slowly(self, call: int) -> None:
        """Orders come; as they are written the clock is set back, and from then on each call takes its time."""
        self.place(3)
        self.write("a", {call: "clock back, slow"}, waits=True)

    def sage_fails(self, which: int, what: str) -> None:
        """Sage will do something odd with an order, or with all of them."""
        order = self._any(which)
        self.touched.add(order.source_id)
        self.harms += 1
        self._whims()[what](order)

    def _whims(self) -> dict[str, Callable[[Record], None]]:
        stage, faults = self.stage, self.stage.erp.faults
        return {
            "stores, no answer": lambda order: faults.fail_after_commit(order.stamp),
            "loses, no answer": lambda order: faults.fail_before_commit(order.stamp),
            "connection lost": lambda order: faults.lose_connection_after(order.id % 3),
            "locked": lambda _: faults.lock(LANE),
            "log-on refused": lambda _: faults.refuse_logon(LANE),
            "a person takes its number": lambda order: stage.take_number(order.number),
            **{what: lambda order, what=what: faults.answer(order.stamp, what) for what in ANSWERS},
        }

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

    def trade(self, which: int, what: str) -> None:
        """What goes on beside the writers; news are read later than they come."""
        stage = self.stage
        deeds: dict[str, Callable[[], object]] = {
            "news": lambda: self._hear(self._any(which).source_id),
            "read": stage.read,
            "posted": stage.post,
            "swept": stage.sweep,
            "calm": stage.calm,
        }
        deeds[what]()

    def set_clock(self, error: timedelta) -> None:
        self.stage.set_clock_wrong(error)

    def _event(self, what: str, name: str) -> Event:
        """What comes between two calls of this writer. All but news and postings may cost an order an attempt."""
        stage = self.stage
        events: dict[str, Event] = {
            "killed": Life.end,
            "other writes": lambda _: stage.write("b" if name == "a" else "a"),
            "news": lambda _: self._hear(str(len(self.told) - 1)),
            "posted": lambda _: stage.post(),
            "swept": lambda _: stage.sweep(),
            "late": lambda _: stage.pass_time(601),
            "clock ahead": lambda _: stage.set_clock_wrong(timedelta(days=30)),
            "clock back": lambda _: stage.set_clock_wrong(timedelta(hours=-1)),
            "clock back, slow": self._slow_and_set_back,
        }

        def come(life: Life) -> None:
            self.harms += what not in {"news", "posted"}
            events[what](life)

        return come

    def _slow_and_set_back(self, life: Life) -> None:
        """The writer's clock is set back, and each call takes its time: the lease must live on all the same."""
        self.stage.set_clock_wrong(timedelta(hours=-1))
        life.at_each_call(lambda: self.stage.pass_time(SLOW_CALL_S))

    @invariant()
    def p1_no_order_that_was_told_is_missing(self) -> None:
        wanted = {order.source_id: order.wanted_version for order in self.stage.orders()}
        assert wanted == self.told

    @invariant()
    def p2_and_p4_nothing_is_in_sage_twice_or_unknown_and_no_session_is_too_many(self) -> None:
        """Watched at each commit and at each call to Sage, and looked at here once more."""
        self.stage.watch.committed()
        assert self.stage.watch.wrongs == []
        assert len(self.stage.seats.held()) <= BUDGET

    @invariant()
    def an_order_that_failed_as_often_as_it_may_is_not_tried_again(self) -> None:
        assert set(self.stage.failures_at_retry()) <= set(range(LIMIT))

    @invariant()
    def a_closed_window_stays_as_it_was_closed(self) -> None:
        """But for one that a clock ahead had closed: it is as good as new."""
        closed = self.stage.closed_windows()
        kept = {key: how for key, how in self.closed.items() if key not in self.stage.recalled}
        assert kept.items() <= closed.items()
        self.closed = closed
        self.stage.recalled.clear()

    def teardown(self) -> None:
        """Calm: within a few windows all is in Sage, or rests where a person sees it (P1, P2), poison or not (P3)."""
        if not hasattr(self, "stage"):
            return
        self.stage.set_clock_wrong(timedelta())
        self.stage.sweep()
        self.stage.calm()
        for _ in range(CALM_WINDOWS):
            self.stage.pass_time(QUARTER_S)
            self.stage.sweep()
            self.stage.read()
            self.stage.tick()
            self.stage.write("a")
            if {order.state for order in self.stage.orders()} <= AT_REST:
                break
        at = {order.source_id: order.state for order in self.stage.orders()}
        assert set(at.values()) <= AT_REST, at
        spared = at.keys() - self.touched - set(POISON) if self.harms < LIMIT else set()
        assert {at[source_id] for source_id in spared} <= {State.CONFIRMED}, at
        self.p1_no_order_that_was_told_is_missing()
        self.p2_and_p4_nothing_is_in_sage_twice_or_unknown_and_no_session_is_too_many()
        assert (self.stage.seats.held(), self.stage.erp.sessions) == ([], [])

    def _any(self, which: int) -> Record:
        """One of the orders, the latest first."""
        orders = self.stage.orders()
        return orders[-1 - which % len(orders)]

    def _hear(self, source_id: str) -> None:
        self.told[source_id] = self.told.get(source_id, 0) + 1
        self.stage.arrive(source_id, self.told[source_id])


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
    run_state_machine_as_test(machine, settings=effort(40, 25))
