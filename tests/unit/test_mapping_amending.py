"""What people amend is laid over an order, for as long as its storefront does not say something else there."""

from typing import Any

import pytest

from bridge.documents import Order
from bridge.erp.sage100.dictionary import SageDictionary
from bridge.errors import Refused
from mappings import LaneMapping, MapContext, MappingSet
from mappings.amending import Amended, Corrections, amendment_of, laid_over, path_of
from tests.builders import NOW
from tests.unit.mapping_samples import LANE, line, order

TWO = order(line(id="a", sku="BOLT"), line(id="b", sku="NUTT"))


def amended(given: Order, path: str, value: str, *, now_says: Order | None = None) -> Amended:
    corrections = Corrections().amended_by(amendment_of(given, 1, path, value), "Ann", NOW)
    return laid_over(now_says or given, corrections)


def codes(lane: LaneMapping, items: dict[str, str], given: Order = TWO) -> list[Any]:
    made = MappingSet.load(lane, SageDictionary.load("2018")).map_order(given, MapContext("ACME", items))
    return [columns["ItemCode"] for columns in made.lines]


def test_one_field_is_another_and_the_rest_is_as_it_was() -> None:
    made = amended(TWO, "lines[1].sku", " NUT ")
    assert [each.sku for each in made.order.lines] == ["BOLT", "NUT"]
    assert (made.told, made.overtaken) == (TWO, ())
    assert made.remarks == ("lines[1].sku amended by Ann",)
    assert made.order.model_copy(update={"lines": TWO.lines}) == TWO


def test_a_line_is_known_by_its_id_wherever_it_stands_by_now() -> None:
    turned = TWO.model_copy(update={"lines": (TWO.lines[1], TWO.lines[0])})
    made = amended(TWO, "lines[1].sku", "NUT", now_says=turned)
    assert [each.sku for each in made.order.lines] == ["NUT", "BOLT"]
    assert made.remarks == ("lines[0].sku amended by Ann",)


@pytest.mark.parametrize("sku", ["NUT-2", "NUT"], ids=["otherwise", "the same way"])
def test_what_the_storefront_changes_itself_wins(sku: str) -> None:
    mended = TWO.model_copy(update={"lines": (TWO.lines[0], TWO.lines[1].model_copy(update={"sku": sku}))})
    made = amended(TWO, "lines[1].sku", "NUT", now_says=mended)
    assert made.order == mended
    [(amendment, told)] = made.overtaken
    assert (path_of(mended, amendment), told) == ("lines[1].sku", sku)


def test_an_amendment_of_a_line_that_is_gone_is_overtaken() -> None:
    shorter = TWO.model_copy(update={"lines": TWO.lines[:1]})
    made = amended(TWO, "lines[1].sku", "NUT", now_says=shorter)
    assert (made.order, [told for _, told in made.overtaken]) == (shorter, [None])
    assert made.remarks == ("lines[gone].sku: the storefront's own change goes before that of Ann",)


def test_an_empty_value_empties_a_field_and_a_missing_part_comes_to_be() -> None:
    assert amended(TWO, "ship_to.company", "").order.ship_to.company is None
    without = order(shipping_method=None)
    made = amended(without, "shipping_method.code", "UPS").order
    assert made.shipping_method
    assert made.shipping_method.code == "UPS"


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("totals.total", "1", "totals.total cannot be amended; these can: bill_to.city"),
        ("lines[0].quantity", "1", "cannot be amended"),
        ("source_id", "1", "cannot be amended"),
        ("lines[2].sku", "NUT", "the order has 2 lines, counted from 0"),
        ("lines[0].sku", " ", "cannot be empty"),
        ("lines.sku", "NUT", "cannot be amended"),
    ],
)
def test_what_cannot_be_amended_is_refused_with_what_can(path: str, value: str, told: str) -> None:
    with pytest.raises(Refused, match=told.replace("[", r"\[")):
        amendment_of(TWO, 1, path, value)


def test_an_alias_goes_before_the_lanes_own_table() -> None:
    table = LANE.model_copy(update={"items": {"nutt": "OLD", "web-nut": "NUT-M8", "*": "OTHERS"}})
    assert codes(table, {}) == ["OTHERS", "OLD"]
    assert codes(table, {"nutt": "nut"}) == ["OTHERS", "NUT"], "a code of the ERP is nobody's other"
    assert codes(table, {"nutt": "Web-Nut"}) == ["OTHERS", "NUT-M8"], "another name of an item that the table knows"
    assert codes(LANE, {"nutt": "NUT"}) == ["BOLT", "NUT"]


def test_the_journal_is_told_of_an_alias_that_the_order_needed() -> None:
    aliased = Corrections().named_by("sage100:ABC", ("NUTT", "NUT"), "Ann", NOW)
    aliased = aliased.named_by("sage100:ABC", ("SCREW", "S"), "Bob", NOW)
    made = laid_over(TWO, aliased)
    assert (made.order, made.remarks) == (TWO, ("'nutt' is NUT by an alias of Ann",))
    assert made.context.items == {"nutt": "NUT", "screw": "S"}
