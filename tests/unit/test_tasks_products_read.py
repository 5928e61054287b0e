"""`products.read`: what a shopkeeper changed of the ERP's is put right, what he deleted is told, and nothing else."""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from bridge.documents import ItemFacts, PriceFigure, StockFigure
from bridge.errors import Refused, Throttled, Unauthorised
from bridge.events.pending import WAIT_S
from bridge.flows.drift import REST
from bridge.flows.showing import Figure, keep
from bridge.ledger.claims import claim
from bridge.ledger.rows import Record
from bridge.ledger.shown import begin_showing
from bridge.ports.events import Event
from bridge.shown import Shown, showing_lane
from bridge.states import State
from tasks import products_read
from tasks.events_intake import intake
from tasks.ledger_sweep import sweep
from tasks.products_read import read
from tasks.storefront_show import show_all
from tests.builders import SITE
from tests.ledger_walks import change
from tests.task_rig import LANE, SITE_LANE, TaskRig

AXE = ItemFacts(sku="AXE", uom="EACH", is_active=True, is_taxable=True, tax_code="TX", weight=Decimal(2))
LANE_OF_ITEMS = showing_lane("clarity", Shown.ITEM)


def see(rig: TaskRig, facts: ItemFacts = AXE) -> None:
    """A reader has seen the item in the ERP so."""
    with rig.database.write() as connection:
        keep(connection, rig.ports, LANE, Shown.ITEM, [Figure(facts, rig.clock.now())])


@pytest.fixture
def rig(rig: TaskRig) -> TaskRig:
    """The ERP's axe is on show, and nobody has been woken yet."""
    see(rig)
    show_all("clarity")
    assert product(rig).state is State.CONFIRMED
    return rig


def product(rig: TaskRig, sku: str = "AXE") -> Record:
    [found] = [record for record in rig.records("item") if record.source_id == sku]
    return found


def announce(rig: TaskRig, sku: str = "AXE", *, version: int = 2, action: str = "updated", site: str = SITE) -> None:
    """The site's webhook speaks of a product."""
    body = {"siteId": site, "resource": {"type": "product", "id": sku, "version": version}}
    topic = f"product.{action}"
    event = Event("clarity", f"evt_{sku}_{action}_{version}", topic, json.dumps(body).encode(), rig.clock.now())
    rig.door.append([event])
    intake()


def meddle(rig: TaskRig, version: int = 2, **fields: Any) -> None:
    """A shopkeeper changes what is the ERP's, and the site tells of it."""
    rig.shop.shelf.documents[ItemFacts]["AXE"] = AXE.model_copy(update=fields)
    announce(rig, version=version)


def delete(rig: TaskRig, version: int = 2) -> None:
    """A shopkeeper deletes the axe."""
    del rig.shop.shelf.documents[ItemFacts]["AXE"]
    announce(rig, version=version, action="deleted")


def on_show(rig: TaskRig) -> object:
    return rig.shop.shown(ItemFacts, ["AXE"]).get("AXE")


def test_what_is_the_erps_is_shown_again_with_every_difference_told(rig: TaskRig) -> None:
    meddle(rig, uom="PALLET", is_taxable=False)
    assert rig.nudges() == [("documents.read", ["clarity"]), ("products.read", ["clarity"])]
    assert (read("clarity"), read("clarity")) == (1, 0)
    assert rig.nudges() == [("storefront.show", ["clarity"])]
    [told] = {row.why for row in rig.rows("move") if "drift" in row.why}
    assert told == ("drift: the site had uom PALLET, the ERP has EACH; the site had is_taxable False, the ERP has True")
    assert show_all("clarity") == 1
    assert on_show(rig) == AXE
    assert (product(rig).state, product(rig).needs_read) == (State.CONFIRMED, False)


def test_the_events_of_a_product_are_kept_with_what_is_shown_of_it(rig: TaskRig) -> None:
    announce(rig)
    assert [(row.topic, row.record_id) for row in rig.rows("event")] == [("product.updated", product(rig).id)]


def test_our_own_change_is_no_drift(rig: TaskRig) -> None:
    announce(rig)
    assert read("clarity") == 1
    assert (show_all("clarity"), rig.states("item"), rig.alarms()) == (0, {"AXE": "CONFIRMED"}, {})


def test_a_product_that_was_never_shown_stays_raw_and_is_not_asked_for(rig: TaskRig) -> None:
    announce(rig, "POSTER")
    announce(rig, "AXE", site="elsewhere", version=3)
    rig.shop.fail_next("shown", Unauthorised("asked for nothing"))
    assert read("clarity") == 0
    assert [row.record_id for row in rig.rows("event")] == [None, None]
    assert (len(rig.records("item")), rig.rows("dead_letter")) == (1, [])


def test_events_of_a_connection_without_a_site_stay_raw(rig: TaskRig) -> None:
    rig.change_connection(trusts_body=True)
    announce(rig)
    assert (product(rig).needs_read, read("clarity")) == (False, 0)


def test_what_is_on_its_way_anyway_is_not_compared(rig: TaskRig) -> None:
    see(rig, AXE.model_copy(update={"weight": Decimal(3)}))
    meddle(rig, uom="PALLET")
    read("clarity")
    assert {row.why for row in rig.rows("move") if "drift" in row.why} == set()
    show_all("clarity")
    assert on_show(rig) == AXE.model_copy(update={"weight": Decimal(3)})


def test_what_is_told_of_while_it_is_sent_is_left_to_the_sending(rig: TaskRig) -> None:
    see(rig, AXE.model_copy(update={"weight": Decimal(3)}))
    batch = claim(
        rig.database, LANE_OF_ITEMS, fence=None, window_id=None, owner="w", limit=9, now=rig.clock.now(), lease_s=60
    )
    assert batch
    begin_showing(rig.database, batch, by="w", now=rig.clock.now())
    announce(rig)
    assert (product(rig).state, product(rig).needs_read, read("clarity")) == (State.WRITING, True, 0)
    rig.pass_time(minutes=2)
    sweep()
    show_all("clarity")
    assert (product(rig).state, product(rig).needs_read) == (State.CONFIRMED, False)


def test_a_site_that_does_not_keep_what_it_is_shown_is_not_fought_with(rig: TaskRig) -> None:
    for version in (2, 3):
        meddle(rig, version, uom="PALLET")
        read("clarity")
        show_all("clarity")
    assert (product(rig).state, product(rig).reason_field) == (State.REVIEW, "uom")
    assert "review:drift/uom" in rig.alarms()


def test_a_drift_that_comes_back_after_a_while_is_answered_again(rig: TaskRig) -> None:
    for version in (2, 3):
        meddle(rig, version, uom="PALLET")
        read("clarity")
        show_all("clarity")
        rig.pass_time(seconds=2 * REST.total_seconds())
    assert (rig.states("item"), on_show(rig)) == ({"AXE": "CONFIRMED"}, AXE)


def test_a_product_that_is_deleted_is_an_alarm_and_not_put_back(rig: TaskRig) -> None:
    delete(rig)
    assert read("clarity") == 1
    assert rig.alarms() == {"deleted:clarity:AXE": "normal"}
    assert (show_all("clarity"), on_show(rig), rig.states("item")) == (0, None, {"AXE": "CONFIRMED"})


def test_a_product_that_comes_back_is_no_alarm_and_has_the_erps_facts_again(rig: TaskRig) -> None:
    delete(rig)
    read("clarity")
    meddle(rig, version=3, weight=None)
    read("clarity")
    assert rig.alarms() == {}
    show_all("clarity")
    assert on_show(rig) == AXE


def test_a_product_that_a_site_sells_from_now_on_has_its_stock_and_prices_at_once(rig: TaskRig) -> None:
    """They had been refused, since the site did not know the product; nothing of them has changed in the ERP."""
    stock = StockFigure(sku="AXE", location_code="000", available=Decimal(5), as_of=rig.clock.now())
    prices = [
        PriceFigure(sku="AXE", currency="USD", list_price=Decimal(9), price_list_code=each) for each in (None, "B")
    ]
    with rig.database.write() as connection:
        keep(connection, rig.ports, LANE, Shown.STOCK, [Figure(stock, rig.clock.now())])
        keep(connection, rig.ports, LANE, Shown.PRICE, [Figure(each, rig.clock.now()) for each in prices])
    show_all("clarity")
    for document in (Shown.ITEM, Shown.STOCK, Shown.PRICE):
        for record in rig.records(document):
            change(rig.database, record, number=None)
    rig.shop.shelf.documents.clear()
    rig.shop.shelf.documents[ItemFacts]["AXE"] = AXE.model_copy(update={"weight": None})
    announce(rig, version=1, action="created")
    assert (read("clarity"), show_all("clarity")) == (1, 4)
    assert on_show(rig) == AXE
    assert rig.shop.shown(StockFigure, ["AXE@000"]) == {"AXE@000": stock}
    assert rig.shop.shown(PriceFigure, ["AXE", "AXE@B"]).keys() == {"AXE", "AXE@B"}
    announce(rig, version=2)
    assert (read("clarity"), show_all("clarity")) == (1, 0)


def test_a_product_that_the_erp_sells_no_more_may_be_deleted(rig: TaskRig) -> None:
    see(rig, AXE.model_copy(update={"is_active": False}))
    show_all("clarity")
    delete(rig)
    assert (read("clarity"), rig.alarms()) == (1, {})


def test_while_the_site_is_away_the_rest_waits(rig: TaskRig) -> None:
    meddle(rig, uom="PALLET")
    rig.shop.fail_next("shown", Throttled("slow down", after_s=30))
    assert read("clarity") == 0
    assert product(rig).needs_read
    rig.pass_time(seconds=30 + WAIT_S)
    assert read("clarity") == 1
    show_all("clarity")
    assert on_show(rig) == AXE


def test_a_refused_logon_halts_the_connection(rig: TaskRig) -> None:
    announce(rig)
    rig.shop.fail_next("shown", Unauthorised("the secret has expired"))
    assert read("clarity") == 0
    assert rig.alarms() == {f"halted:{SITE_LANE}": "at once"}
    rig.resume(SITE_LANE)
    assert read("clarity") == 1


def test_a_refusal_and_a_fault_of_ours_hold_up_no_other(rig: TaskRig, monkeypatch: pytest.MonkeyPatch) -> None:
    see(rig, AXE.model_copy(update={"sku": "SAW"}))
    show_all("clarity")
    announce(rig, "SAW")
    meddle(rig, uom="PALLET")
    rig.shop.fail_next("shown", Refused("what is that?", field="sku", value="AXE"))
    assert read("clarity") == 2
    assert list(rig.alarms()) == [f"fault:{SITE_LANE}"]

    def breaks(*_: object, **__: object) -> Sequence[object]:
        raise KeyError("of ours")

    monkeypatch.setattr(products_read, "answer", breaks)
    announce(rig, "SAW", version=3)
    assert (read("clarity"), product(rig, "SAW").needs_read) == (1, False)
