"""A trial reads and keeps nothing; a comparison names what differs; what differs is shown again when asked."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from bridge.documents import StockFigure
from bridge.flows.comparing import Difference, differences, show_all_again
from bridge.flows.settings import ReaderSettings
from bridge.flows.stock import StockRules
from bridge.flows.trial import Trial
from bridge.ledger.passes import Pass, is_being_read, present_pass, read_again
from bridge.ledger.shown import Observed, waiting_to_be_shown
from bridge.ports.reading import STOCK, ErpRow
from bridge.shown import Shown
from mappings.stock import StockView
from tasks.stock_read import read
from tasks.storefront_show import show_all
from tests.builders import SITE
from tests.task_rig import LANE, TaskRig
from tests.unit import mapping_samples


@pytest.fixture
def rig(rig: TaskRig) -> TaskRig:
    view = StockView(mapping_samples.LANE, StockRules(buffer={}))
    settings = ReaderSettings(page_rows=2, hold_s=1e-9)  # so that every pass is cut
    lane = replace(rig.ports.lanes[LANE], views={Shown.STOCK: view}, has_reader_seat=True, reading=settings)
    rig.change(lanes={LANE: lane})
    for item in ("AXE", "BOLT", "CORD"):
        put(rig, item, 5)
    return rig


def put(rig: TaskRig, item: str, on_hand: int) -> None:
    columns = {
        "ItemCode": item, "WarehouseCode": "000", "QuantityOnHand": Decimal(on_hand),
        "QuantityOnSalesOrder": Decimal(0), "QuantityOnBackOrder": Decimal(0),
    }  # fmt: skip
    rig.erp.company(LANE).shelves.put(STOCK, ErpRow(f"{item}|000", columns))


def tried(rig: TaskRig) -> Trial:
    """A trial to its end; it is cut after every page."""
    trial = Trial()
    rig.change(trial=trial)
    for _ in range(9):
        if read(LANE):
            break
    rig.change(trial=None)
    return trial


def read_all(rig: TaskRig) -> None:
    while not read(LANE):
        pass
    show_all("clarity")


def test_a_trial_tells_what_would_be_kept_and_keeps_nothing(rig: TaskRig) -> None:
    trial = tried(rig)
    assert (trial.observed, trial.pages) == (Observed(new=3), 2)
    assert [each.key for each in trial.found] == ["AXE@000", "BOLT@000", "CORD@000"]
    assert rig.records("stock") == []
    with rig.database.read() as connection:
        assert present_pass(connection, LANE, "stock/stock") == Pass()


def test_a_trial_is_over_once_it_has_read_all(rig: TaskRig) -> None:
    trial = tried(rig)
    rig.change(trial=trial)
    assert not read(LANE)
    assert trial.pages == 2


def test_what_a_site_shows_otherwise_is_named_field_by_field_and_shown_again(rig: TaskRig) -> None:
    read_all(rig)
    shelf = rig.shop.shelf.documents[StockFigure]
    shelf["AXE@000"] = shelf["AXE@000"].model_copy(update={"available": Decimal(99)})
    del shelf["BOLT@000"]
    found = list(differences(rig.ports, Shown.STOCK, tried(rig).found))
    assert found == [
        Difference("clarity", SITE, "AXE@000", "available", "5", "99"),
        Difference("clarity", SITE, "BOLT@000", "", "there", "not shown"),
    ]
    assert show_all_again(rig.ports, Shown.STOCK, found) == 2
    assert show_all_again(rig.ports, Shown.STOCK, found) == 0, "both are on their way already"
    rig.pass_time(seconds=1)
    show_all("clarity")
    assert list(differences(rig.ports, Shown.STOCK, tried(rig).found)) == []


def test_a_flow_is_read_again_at_once_and_only_what_differs_is_sent(rig: TaskRig) -> None:
    read_all(rig)
    put(rig, "CORD", 4)
    now = rig.pass_time(minutes=1)
    with rig.database.write() as connection:
        read_again(connection, LANE, "stock", now - timedelta(days=30), now=now)
        assert is_being_read(connection, LANE, "stock")
    while not read(LANE):
        pass
    with rig.database.read() as connection:
        assert not is_being_read(connection, LANE, "stock")
        assert waiting_to_be_shown(connection, "stock") == 1
    show_all("clarity")
    with rig.database.read() as connection:
        assert waiting_to_be_shown(connection, "stock") == 0
