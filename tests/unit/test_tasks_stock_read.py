"""`stock.read`: every page is kept with its place, whole items only, and never in a writer's way."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from bridge.documents import StockFigure
from bridge.flows.reading import KEYS_AT_ONCE
from bridge.flows.settings import ReaderSettings
from bridge.flows.stock import StockRules
from bridge.ledger import windows
from bridge.ledger.claims import issue_fence
from bridge.ledger.passes import present_pass
from bridge.ports.reading import STOCK, ErpRow
from bridge.shown import Shown
from mappings.stock import StockView
from tasks.stock_read import read
from tasks.storefront_show import show_all
from tests.builders import an_order
from tests.task_rig import LANE, TaskRig
from tests.unit import mapping_samples

PLAIN = StockRules(buffer={})


def put(rig: TaskRig, item: str, on_hand: int, *, allocated: int = 0, warehouse: str = "000") -> None:
    columns = {
        "ItemCode": item, "WarehouseCode": warehouse, "QuantityOnHand": Decimal(on_hand),
        "QuantityOnSalesOrder": Decimal(allocated), "QuantityOnBackOrder": Decimal(0),
    }  # fmt: skip
    rig.erp.company(LANE).shelves.put(STOCK, ErpRow(f"{item}|{warehouse}", columns))


def use(rig: TaskRig, rules: StockRules = PLAIN, *, has_own_seat: bool = True, **reading: object) -> None:
    lane = replace(
        rig.ports.lanes[LANE], views={Shown.STOCK: StockView(mapping_samples.LANE, rules)},
        has_reader_seat=has_own_seat, reading=ReaderSettings.model_validate(reading),
    )  # fmt: skip
    rig.change(lanes={LANE: lane})


def shown(rig: TaskRig, *skus: str) -> dict[str, int]:
    """What the storefront shows now."""
    show_all("clarity")
    found = rig.shop.shown(StockFigure, [f"{sku}@000" for sku in skus])
    return {key.partition("@")[0]: int(each.available) for key, each in found.items() if isinstance(each, StockFigure)}


def test_what_may_be_sold_is_shown(rig: TaskRig) -> None:
    use(rig)
    put(rig, "AXE", 10, allocated=3)
    put(rig, "BOLT", 5)
    assert read(LANE)
    assert rig.nudges() == [("storefront.show", ["clarity"])]
    assert shown(rig, "AXE", "BOLT") == {"AXE": 7, "BOLT": 5}


def test_orders_that_wait_here_are_taken_off(rig: TaskRig) -> None:
    use(rig)
    put(rig, "WIDGET", 10)
    an_order(rig.database)  # two of them
    read(LANE)
    assert shown(rig, "WIDGET") == {"WIDGET": 8}


def test_only_what_changed_is_sent_again(rig: TaskRig) -> None:
    use(rig)
    put(rig, "AXE", 10)
    put(rig, "BOLT", 5)
    read(LANE)
    show_all("clarity")
    rig.pass_time(hours=2)
    put(rig, "BOLT", 4)
    read(LANE)
    assert {record.source_id: record.state for record in rig.records("stock")} == {
        "AXE@000": "CONFIRMED", "BOLT@000": "READY",
    }  # fmt: skip
    assert shown(rig, "AXE", "BOLT") == {"AXE": 10, "BOLT": 4}


def test_nothing_is_read_before_it_is_due(rig: TaskRig) -> None:
    use(rig)
    put(rig, "AXE", 10)
    assert read(LANE)
    put(rig, "AXE", 9)
    assert not read(LANE)
    assert shown(rig, "AXE") == {"AXE": 10}


def test_each_class_is_read_in_its_own_time(rig: TaskRig) -> None:
    use(rig, StockRules.model_validate({"buffer": {}, "classes": {"AXE": "A", "BOLT": "B"}, "other_class": "C"}))
    seen = []
    for hours in range(25):
        for item in ("AXE", "BOLT", "CORD"):
            put(rig, item, 100 + hours)
        read(LANE)
        seen.append(shown(rig, "AXE", "BOLT", "CORD"))
        rig.pass_time(hours=1)
    assert [each["AXE"] for each in seen] == [100 + hours for hours in range(25)]
    assert [each["BOLT"] for each in seen] == [100 + hours - hours % 4 for hours in range(25)]
    assert [each["CORD"] for each in seen] == [100] * 24 + [124]


def test_a_pass_over_a_class_reads_whole_items_and_goes_on_where_it_was_cut(rig: TaskRig) -> None:
    fast = {f"I{number:03}": "A" for number in range(KEYS_AT_ONCE + 1)}
    rules = {"buffer": {}, "classes": fast, "other_class": "C", "locations": {"000": ["000", "001"]}}
    use(rig, StockRules.model_validate(rules), hold_s=1e-9)
    for item in fast:
        put(rig, item, 1)
        put(rig, item, 30, warehouse="001")
    while not read(LANE):
        pass
    first, last = min(fast), max(fast)
    for item in (first, last):
        put(rig, item, 5, warehouse="001")
    rig.pass_time(hours=1)
    assert not read(LANE)
    assert shown(rig, first, last) == {first: 6, last: 31}
    assert read(LANE)
    assert shown(rig, first, last) == {first: 6, last: 6}
    assert not read(LANE)


def test_what_sells_much_is_read_often_once_enough_orders_have_been_seen(rig: TaskRig) -> None:
    velocity = {"least_orders": 3, "days": 10}
    use(rig, StockRules.model_validate({"buffer": {}, "velocity": velocity}))
    for item in ("CORD", "WIDGET"):
        put(rig, item, 100)
    for number in range(2):
        an_order(rig.database, f"{number}")
    assert read(LANE)
    rig.pass_time(hours=1)
    put(rig, "CORD", 90)
    assert read(LANE)
    assert shown(rig, "CORD") == {"CORD": 90}, "too few orders: every item is fast"
    an_order(rig.database, "2")
    rig.pass_time(hours=24)
    assert read(LANE)
    rig.pass_time(hours=1)
    for item in ("CORD", "WIDGET"):
        put(rig, item, 80)
    assert read(LANE)
    assert shown(rig, "CORD", "WIDGET") == {"CORD": 90, "WIDGET": 74}, "three orders of two widgets wait"
    rig.pass_time(hours=23)
    assert read(LANE)
    assert shown(rig, "CORD") == {"CORD": 80}


def test_an_item_that_a_pages_edge_parts_is_counted_whole(rig: TaskRig) -> None:
    use(rig, PLAIN.model_copy(update={"locations": {"000": ("000", "001")}}), page_rows=2)
    put(rig, "AXE", 1)
    put(rig, "BOLT", 2)
    put(rig, "BOLT", 30, warehouse="001")
    put(rig, "CORD", 4)
    assert read(LANE)
    assert shown(rig, "AXE", "BOLT", "CORD") == {"AXE": 1, "BOLT": 32, "CORD": 4}


def test_a_pass_is_cut_when_its_time_is_over_and_goes_on_later(rig: TaskRig) -> None:
    use(rig, page_rows=2, hold_s=1e-9)
    for item in ("AXE", "BOLT", "CORD"):
        put(rig, item, 5)
    assert not read(LANE)
    assert shown(rig, "AXE", "BOLT", "CORD") == {"AXE": 5, "BOLT": 5}
    assert read(LANE)
    assert shown(rig, "CORD") == {"CORD": 5}
    assert rig.seats.held() == []


def test_who_shares_the_seat_waits_for_a_writer_that_has_work(rig: TaskRig) -> None:
    use(rig, has_own_seat=False)
    put(rig, "AXE", 5)
    rig.open_window()
    an_order(rig.database)
    assert not read(LANE)
    assert rig.records("stock") == []


def test_who_shares_the_seat_is_done_before_the_next_window(rig: TaskRig) -> None:
    use(rig, has_own_seat=False)
    put(rig, "AXE", 5)
    rig.clock.set(rig.clock.now().replace(minute=14, second=55))
    assert not read(LANE)
    rig.clock.set(rig.clock.now() + timedelta(seconds=10))
    assert read(LANE)


def test_nothing_is_read_in_a_black_out_or_outside_the_hours(rig: TaskRig) -> None:
    put(rig, "AXE", 5)
    use(rig, hours=[{"start": "16:00", "end": "18:00"}])
    assert not read(LANE)
    use(rig, hours=[{"start": "14:00", "end": "18:00"}])
    assert read(LANE)


def test_a_locked_erp_costs_nothing_but_time(rig: TaskRig) -> None:
    use(rig)
    put(rig, "AXE", 5)
    rig.erp.faults.lock(LANE)
    assert not read(LANE)
    assert rig.alarms() == {}
    rig.erp.faults.unlock(LANE)
    assert read(LANE)


def test_a_refused_log_on_halts_the_lane_and_is_not_tried_again(rig: TaskRig, monkeypatch: pytest.MonkeyPatch) -> None:
    use(rig)
    put(rig, "AXE", 5)
    rig.erp.faults.refuse_logon(LANE)
    assert not read(LANE)
    assert rig.alarms() == {f"halted:{LANE}": "at once"}

    def tried(*_: object, **__: object) -> None:
        raise AssertionError("a halted lane was tried again")

    monkeypatch.setattr(rig.erp, "open_reader", tried)
    assert not read(LANE)


def test_an_oversold_item_is_remarked(rig: TaskRig) -> None:
    use(rig)
    put(rig, "AXE", 3, allocated=5)
    read(LANE)
    [record] = rig.records("stock")
    assert record.flags == "oversold by 2"
    assert shown(rig, "AXE") == {"AXE": 0}


def test_a_page_that_is_lost_to_an_older_reader_is_not_kept(rig: TaskRig, monkeypatch: pytest.MonkeyPatch) -> None:
    """A newer reader takes over between the reading of a page and its commit."""
    use(rig)
    put(rig, "AXE", 5)
    view = rig.ports.lanes[LANE].views[Shown.STOCK]
    figures = view.figures

    def overtaken(rows: Sequence[ErpRow], *more: object) -> object:
        issue_fence(rig.database, f"{LANE}/stock", by="another", now=rig.clock.now())
        return figures(rows, *more)

    monkeypatch.setattr(view, "figures", overtaken)
    assert not read(LANE)
    assert rig.records("stock") == []
    with rig.database.read() as connection:
        assert not present_pass(connection, LANE, "stock/stock").is_under_way
        assert windows.lane_row(connection, f"{LANE}/stock") is not None
