"""Stock under random trade, faults, kills and lost time: never more on offer than there was, and in the end the truth.

The ERP, the site and the ports are in memory; ledger, reading, sending and their tasks are the real ones.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from decimal import Decimal
from typing import Any, ClassVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from bridge.documents import StockFigure
from bridge.errors import Throttled, TidegateError, Uncertain, Unreachable
from bridge.flows import sending
from bridge.flows.settings import ReaderSettings
from bridge.flows.stock import StockRules
from bridge.ledger.migrate import migrate
from bridge.ledger.people import replay, waiting_for_person
from bridge.ledger.store import Database
from bridge.ports.erp import ResultLine
from bridge.ports.reading import STOCK, ErpRow
from bridge.ports.showing import Publication
from bridge.shown import Shown
from mappings.stock import StockView
from tasks.ledger_sweep import sweep
from tasks.stock_read import read
from tasks.storefront_show import show_all
from tests.builders import an_order
from tests.databases import delete_rows
from tests.effort import effort, weighed
from tests.task_rig import LANE, TaskRig, a_task_rig
from tests.unit import mapping_samples

ITEMS = ("AXE", "BOLT", "CORD", "WIDGET")
WAREHOUSES = ("000", "001")
RULES = StockRules.model_validate(
    {
        "locations": {"main": WAREHOUSES}, "buffer": {"A": "0.10", "C": "0.10"}, "other_class": "C",
        "every_s": {"A": 400, "C": 3600}, "classes": {"AXE": "A", "WIDGET": "A"},
    }
)  # fmt: skip
"""Axes and widgets are read between two readings of everything, by their keys."""
FAULTS: dict[str, tuple[TidegateError, bool]] = {
    "throttled": (Throttled("slow down", after_s=5), False),
    "away": (Unreachable("no route"), False),
    "no answer, not done": (Uncertain("no answer"), False),
    "no answer, done": (Uncertain("no answer"), True),
}
ITEM, QUANTITY, WHERE = st.sampled_from(ITEMS), st.integers(0, 60), st.sampled_from(WAREHOUSES)
DEEDS = {
    "move_stock": (6, st.tuples(ITEM, WHERE, QUANTITY, st.integers(0, 20))),
    "look": (5, st.tuples(st.sampled_from([0, 1, 2]))),
    "tell": (5, st.tuples(st.sampled_from([None, None, *FAULTS]))),
    "overtake": (2, st.tuples(ITEM, QUANTITY)),
    "die_while_telling": (2, st.tuples(st.booleans())),
    "order": (1, st.tuples()),
    "refuse": (1, st.tuples(ITEM)),
    "pass_time": (3, st.tuples(st.sampled_from([1, 400, 4000]))),
}


class Killed(BaseException):
    """The program is gone."""


class StockMachine(RuleBasedStateMachine):
    """`offered` is what each item might rightly be offered at, by any look that was taken."""

    database: ClassVar[Database]

    @initialize()
    def begin(self) -> None:
        delete_rows(self.database)
        self.stack = ExitStack()
        self.rig: TaskRig = self.stack.enter_context(a_task_rig(self.database))
        self.use(page_rows=250)
        self.levels: dict[tuple[str, str], tuple[int, int]] = {}
        self.orders = 0
        self.offered: dict[str, set[Decimal]] = {item: set() for item in ITEMS}
        for item in ITEMS:
            self.move_stock(item, "000", 10, 0)

    def use(self, **reading: Any) -> None:
        """Reads so from now on."""
        lane = replace(
            self.rig.ports.lanes[LANE], views={Shown.STOCK: StockView(mapping_samples.LANE, RULES)},
            has_reader_seat=True, reading=ReaderSettings.model_validate(reading),
        )  # fmt: skip
        self.rig.change(lanes={LANE: lane})

    @rule(deed=weighed(DEEDS))
    def go_on(self, deed: tuple[str, tuple[Any, ...]]) -> None:
        """One of the deeds below."""
        name, arguments = deed
        getattr(self, name)(*arguments)

    def move_stock(self, item: str, warehouse: str, on_hand: int, allocated: int) -> None:
        """Goods come, go and are promised; Sage stamps nothing of it."""
        self.levels[item, warehouse] = on_hand, allocated
        columns = {
            "ItemCode": item, "WarehouseCode": warehouse, "QuantityOnHand": Decimal(on_hand),
            "QuantityOnSalesOrder": Decimal(allocated), "QuantityOnBackOrder": Decimal(0),
        }  # fmt: skip
        self.rig.erp.company(LANE).shelves.put(STOCK, ErpRow(f"{item}|{warehouse}", columns))

    def order(self) -> None:
        """An order for two widgets is placed and waits here."""
        self.orders += 1
        an_order(self.database, f"{self.orders}")

    def look(self, rows: int) -> None:
        """A reading, whole, or cut after a page of so many rows."""
        self.use(page_rows=rows or 250, hold_s=1e-9 if rows else 60)
        for item in ITEMS:
            self.offered[item].add(self.right_figure(item))
        read(LANE)

    def tell(self, fault: str | None) -> None:
        """The storefront is told, or fails in its way."""
        if fault:
            error, after_effect = FAULTS[fault]
            self.rig.shop.fail_next("show", error, after_effect=after_effect)
        show_all("clarity")
        self.rig.shop.mend()

    def overtake(self, item: str, on_hand: int) -> None:
        """While the storefront is being told, what it is told changes, and is read."""
        show = self.rig.shop.show

        def slow(publications: Sequence[Publication]) -> list[ResultLine]:
            self.rig.pass_time(hours=2)
            self.move_stock(item, "000", on_hand, 0)
            self.look(0)
            return show(publications)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(self.rig.shop, "show", slow)
            show_all("clarity")

    def die_while_telling(self, is_told: bool) -> None:
        """The sender is killed before it has sent, or between the site's answer and its own commit."""

        def die(*_: object, **__: object) -> None:
            raise Killed

        with pytest.MonkeyPatch.context() as patch, suppress(Killed):  # or nothing was due
            patch.setattr(*((sending, "commit_results") if is_told else (self.rig.shop, "show")), die)
            show_all("clarity")

    def refuse(self, item: str) -> None:
        """The site takes an item no more, or takes it again; then a person replays what it had refused."""
        key, refused = f"{item}@main", self.rig.shop.shelf.refused
        if refused.pop(key, None) is None:
            refused[key] = "not sold here"
            return
        self.replay_all()

    def replay_all(self) -> None:
        """A person replays what was refused."""
        waiting = [record.id for record in waiting_for_person(self.database, document="stock")]
        replay(self.database, waiting, by="Ann", why="it is sold here now", now=self.rig.clock.now())

    def pass_time(self, span_s: int) -> None:
        """Time goes by, and the steward sweeps."""
        self.rig.pass_time(seconds=span_s)
        sweep()

    def right_figure(self, item: str) -> Decimal:
        """What may be offered now, by the rule in the plainest words."""
        there = [level for (name, _), level in self.levels.items() if name == item]
        waiting = 2 * self.orders if item == "WIDGET" else 0
        left = sum(on_hand - allocated for on_hand, allocated in there) - waiting
        return Decimal(max(left - -(-left // 10), 0))

    def on_offer(self) -> dict[str, Decimal]:
        """What the site offers, by item."""
        found = self.rig.shop.shown(StockFigure, [f"{item}@main" for item in ITEMS])
        return {key.partition("@")[0]: figure.available for key, figure in found.items()}  # type: ignore[attr-defined]

    @invariant()
    def what_is_on_offer_was_right_at_some_look(self) -> None:
        for item, figure in self.on_offer().items():
            assert figure in self.offered[item], f"{item} is offered at {figure}, never right: {self.offered[item]}"

    def teardown(self) -> None:
        """Calm: everything is read and told once more, and both sides agree; then there is nothing left to tell."""
        if not hasattr(self, "rig"):
            return
        self.rig.shop.shelf.refused.clear()
        self.replay_all()
        for _ in range(3):
            self.rig.pass_time(hours=2)
            sweep()
            self.look(0)
            show_all("clarity")
        assert self.on_offer() == {item: self.right_figure(item) for item in ITEMS}
        self.rig.pass_time(hours=2)
        self.look(0)
        assert show_all("clarity") == 0
        self.stack.close()


@pytest.fixture
def in_memory() -> Iterator[Database]:
    database = Database("sqlite://")
    migrate(database)
    yield database
    database.close()


def test_stock_converges(in_memory: Database) -> None:
    machine = type("StockMachine", (StockMachine,), {"database": in_memory})
    run_state_machine_as_test(machine, settings=effort(30, 25))
