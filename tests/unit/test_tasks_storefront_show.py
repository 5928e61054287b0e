"""`storefront.show`: what has changed goes out in batches, refusals rest apart, doubts are told again."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from bridge.documents import ItemFacts, StockFigure
from bridge.errors import Throttled, Unauthorised, Uncertain
from bridge.flows import sending
from bridge.flows.sending import DOUBT_S, TURN
from bridge.flows.showing import SHOWABLES, Figure, keep
from bridge.outcomes import Outcome
from bridge.ports.erp import ResultLine
from bridge.ports.showing import Publication
from bridge.shown import Shown
from tasks.ledger_sweep import sweep
from tasks.storefront_show import show_all
from tests.task_rig import LANE, SITE_LANE, TaskRig

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


def see(rig: TaskRig, **available: int) -> None:
    """The ERP has these items; each figure is as of now."""
    now = rig.clock.now()
    figures = [
        Figure(StockFigure(sku=sku, location_code="000", available=Decimal(figure), as_of=now), now)
        for sku, figure in available.items()
    ]
    with rig.database.write() as connection:
        keep(connection, rig.ports, LANE, Shown.STOCK, figures)


def on_show(rig: TaskRig, *skus: str) -> dict[str, int]:
    found = rig.shop.shown(StockFigure, [f"{sku}@000" for sku in skus])
    return {key.partition("@")[0]: int(each.available) for key, each in found.items() if isinstance(each, StockFigure)}


def test_it_is_shown_once(rig: TaskRig) -> None:
    see(rig, AXE=5, BOLT=7)
    assert show_all("clarity") == 2
    assert show_all("clarity") == 0
    assert on_show(rig, "AXE", "BOLT") == {"AXE": 5, "BOLT": 7}


def test_a_catalogue_leaves_the_orders_their_turn(rig: TaskRig, monkeypatch: pytest.MonkeyPatch) -> None:
    """A turn that is over begins no other batch, nor another kind; the next goes on there."""
    monkeypatch.setitem(SHOWABLES, Shown.STOCK, replace(SHOWABLES[Shown.STOCK], batch=1))
    at_once = rig.shop.show

    def slowly(publications: Sequence[Publication]) -> list[ResultLine]:
        rig.pass_time(seconds=TURN.total_seconds() * 0.6)
        return at_once(publications)

    see(rig, AXE=5, BOLT=7, COG=9)
    monkeypatch.setattr(rig.shop, "show", slowly)
    assert (show_all("clarity"), rig.states("stock").get("COG@000")) == (2, "READY")
    assert (show_all("clarity"), rig.states("stock").get("COG@000")) == (1, "CONFIRMED")


def test_a_throttled_site_is_given_a_rest(rig: TaskRig) -> None:
    see(rig, AXE=5)
    rig.shop.fail_next("show", Throttled("slow down", after_s=30))
    assert show_all("clarity") == 0
    assert rig.states("stock") == {"AXE@000": "READY"}
    assert show_all("clarity") == 0
    rig.pass_time(minutes=1)
    assert show_all("clarity") == 1


def test_what_may_have_arrived_is_shown_again_later(rig: TaskRig) -> None:
    see(rig, AXE=5)
    rig.shop.fail_next("show", Uncertain("no answer"), after_effect=True)
    assert show_all("clarity") == 0
    assert rig.states("stock") == {"AXE@000": "UNCERTAIN"}
    rig.pass_time(seconds=DOUBT_S + 1)
    assert show_all("clarity") == 1
    assert rig.states("stock") == {"AXE@000": "CONFIRMED"}


def test_a_refused_log_on_halts_all_that_goes_to_the_site(rig: TaskRig) -> None:
    see(rig, AXE=5)
    rig.shop.fail_next("show", Unauthorised("no such client"))
    assert show_all("clarity") == 0
    assert rig.alarms()[f"halted:{SITE_LANE}"] == "at once"
    assert show_all("clarity") == 0
    rig.resume(SITE_LANE)
    assert show_all("clarity") == 1


def unknown(publications: Sequence[Publication]) -> list[ResultLine]:
    """What a site answers of products that it does not sell."""
    return [
        ResultLine(each.record_id, Outcome.REJECTED, field="sku", text="no product", code="unknown_sku")
        for each in publications
    ]


def test_what_a_site_does_not_sell_is_nobodys_business(rig: TaskRig) -> None:
    """An ERP has many more items than a shop; none of those waits for a person."""
    see(rig, AXE=5)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rig.shop, "show", unknown)
        assert show_all("clarity") == 1
    assert (rig.states("stock"), rig.alarms()) == ({"AXE@000": "CONFIRMED"}, {})
    rig.pass_time(hours=1)
    see(rig, AXE=4)
    assert show_all("clarity") == 1
    assert on_show(rig, "AXE") == {"AXE": 4}


def test_what_a_site_refused_of_a_product_follows_as_soon_as_it_takes_the_product(rig: TaskRig) -> None:
    """The stock was read before the shop had the product, and has not changed since."""
    see(rig, AXE=5, BOLT=7)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rig.shop, "show", unknown)
        assert show_all("clarity") == 2
    axe = ItemFacts(sku="AXE", uom="EACH", is_active=True, is_taxable=True)
    with rig.database.write() as connection:
        keep(connection, rig.ports, LANE, Shown.ITEM, [Figure(axe, rig.clock.now())])
    assert show_all("clarity") == 1
    assert rig.states("stock") == {"AXE@000": "READY", "BOLT@000": "CONFIRMED"}
    assert show_all("clarity") == 1
    assert on_show(rig, "AXE", "BOLT") == {"AXE": 5}
    with rig.database.write() as connection:
        keep(connection, rig.ports, LANE, Shown.ITEM, [Figure(axe.model_copy(update={"uom": "BOX"}), rig.clock.now())])
    assert (show_all("clarity"), show_all("clarity")) == (1, 0)


def test_a_fault_of_ours_is_in_doubt_with_its_traceback(rig: TaskRig) -> None:
    see(rig, AXE=5)

    def burst(*_: object) -> None:
        raise ZeroDivisionError("ours")

    rig.shop.show = burst  # type: ignore[method-assign, assignment]
    assert show_all("clarity") == 0
    [record] = rig.records("stock")
    assert (record.state, "ZeroDivisionError" in (record.reason_text or "")) == ("UNCERTAIN", True)


def test_a_sender_that_dies_with_a_batch_loses_nothing(rig: TaskRig, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt("killed between the site's answer and the commit")

    see(rig, AXE=5)
    with monkeypatch.context() as patch:
        patch.setattr(sending, "commit_results", die)
        with pytest.raises(KeyboardInterrupt):
            show_all("clarity")
    see(rig, AXE=4)
    rig.pass_time(minutes=20)
    sweep()
    assert show_all("clarity") == 1
    assert on_show(rig, "AXE") == {"AXE": 4}
