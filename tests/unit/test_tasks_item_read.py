"""`item.read`: what Sage owns of a product is shown, everything at night and what was changed by day."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from bridge.documents import ItemFacts
from bridge.flows.item import ItemRules
from bridge.flows.settings import ReaderSettings
from bridge.ledger.trace import open_alarms
from bridge.ports.reading import ITEM, ErpRow
from bridge.shown import Shown
from mappings.item import ItemView
from tasks.item_read import read
from tasks.storefront_show import show_all
from tests.task_rig import LANE, NOW, TaskRig
from tests.unit import mapping_samples

LONG_AGO = NOW - timedelta(days=9)


def put(rig: TaskRig, item: str, changed_at: datetime = LONG_AGO, **columns: str) -> None:
    row = {
        "ItemCode": item, "ItemType": "1", "StandardUnitOfMeasure": "EACH", "InactiveItem": "N", "TaxClass": "TX",
        "ShipWeight": "1", **columns,
    }  # fmt: skip
    rig.erp.company(LANE).shelves.put(ITEM, ErpRow(item, row, changed_at=changed_at))


def use(rig: TaskRig, **reading: object) -> None:
    lane = replace(
        rig.ports.lanes[LANE], views={Shown.ITEM: ItemView(mapping_samples.LANE, ItemRules())},
        has_reader_seat=True, reading=ReaderSettings.model_validate({"overlap_s": 60, **reading}),
    )  # fmt: skip
    rig.change(lanes={LANE: lane})


def weights(rig: TaskRig, *skus: str) -> dict[str, Decimal | None]:
    """What the storefront shows now."""
    show_all("clarity")
    found = rig.shop.shown(ItemFacts, skus)
    return {sku: each.weight for sku, each in found.items() if isinstance(each, ItemFacts)}


def test_products_are_shown_and_charges_are_not(rig: TaskRig) -> None:
    use(rig)
    put(rig, "AXE")
    put(rig, "/FREIGHT", ItemType="5")
    assert read(LANE)
    assert rig.nudges() == [("storefront.show", ["clarity"])]
    assert weights(rig, "AXE", "/FREIGHT") == {"AXE": 1}
    assert rig.states("item") == {"AXE": "CONFIRMED"}


def test_by_day_what_was_changed_is_read_and_at_night_what_bears_no_stamp(rig: TaskRig) -> None:
    use(rig)
    put(rig, "AXE")
    put(rig, "BOLT")
    assert read(LANE)
    put(rig, "AXE", ShipWeight="2")  # in bulk, without a new stamp
    put(rig, "BOLT", rig.pass_time(minutes=20), ShipWeight="2")
    assert read(LANE)
    assert weights(rig, "AXE", "BOLT") == {"AXE": 1, "BOLT": 2}
    assert rig.alarms() == {}
    rig.pass_time(hours=24)
    assert read(LANE)
    assert weights(rig, "AXE", "BOLT") == {"AXE": 2, "BOLT": 2}
    [alarm] = open_alarms(rig.database)
    assert (alarm.key, alarm.text) == (f"drift:{LANE}:item", "1 item changed in Sage without a stamp")
    rig.pass_time(hours=24)
    assert read(LANE)
    assert rig.alarms() == {}


def test_nothing_is_read_before_it_is_due(rig: TaskRig) -> None:
    use(rig)
    put(rig, "AXE")
    assert read(LANE)
    put(rig, "AXE", rig.pass_time(minutes=10), ShipWeight="2")
    assert not read(LANE)
    rig.pass_time(minutes=5)
    assert read(LANE)
    assert weights(rig, "AXE") == {"AXE": 2}


def test_a_night_that_is_cut_goes_on_as_one(rig: TaskRig) -> None:
    use(rig, page_rows=1, hold_s=1e-9)
    for item in ("AXE", "BOLT"):
        put(rig, item)
    assert [read(LANE), read(LANE), read(LANE)] == [False, True, False]
    rig.pass_time(hours=25)
    put(rig, "BOLT", ShipWeight="7")
    assert [read(LANE), read(LANE), read(LANE)] == [False, True, False]
    assert weights(rig, "BOLT") == {"BOLT": 7}
    rig.pass_time(hours=1)
    assert read(LANE)
    rig.pass_time(hours=1)
    put(rig, "BOLT", ShipWeight="8")
    assert read(LANE)
    assert weights(rig, "BOLT") == {"BOLT": 7}, "the night is over, so only what was changed is read"


def test_what_bears_a_stamp_is_read_while_a_night_is_cut(rig: TaskRig) -> None:
    use(rig, page_rows=1, hold_s=1e-9)
    for item in ("AXE", "BOLT", "CORD"):
        put(rig, item)
    while not read(LANE):
        pass
    rig.pass_time(hours=25)
    assert not read(LANE), "one page of the night"
    put(rig, "BOLT", rig.pass_time(minutes=20), ShipWeight="7")
    assert not read(LANE)
    assert weights(rig, "BOLT") == {"BOLT": 7}
    assert read(LANE)
    assert rig.alarms() == {}


def test_a_weight_that_is_no_number_is_remarked(rig: TaskRig) -> None:
    use(rig)
    put(rig, "AXE", ShipWeight="2 LB")
    read(LANE)
    [record] = rig.records("item")
    assert record.flags == "ShipWeight '2 LB' is no number"
    assert weights(rig, "AXE") == {"AXE": None}
