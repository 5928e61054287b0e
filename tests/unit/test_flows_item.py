"""What a storefront is told of an item: its unit, whether it is sold and taxed, and what it weighs."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.documents import ItemFacts
from bridge.flows.item import ItemRules, weight_of
from bridge.flows.showing import Figure
from bridge.ports.reading import ErpRow
from mappings.item import ItemView
from tests.unit import mapping_samples

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def figures(rules: ItemRules | None = None, lane: dict[str, Any] | None = None, **columns: str) -> list[Figure]:
    facts = {
        "ItemCode": "AXE", "ItemType": "1", "StandardUnitOfMeasure": "EACH", "InactiveItem": "N", "TaxClass": "TX",
        "ShipWeight": "2.50",
    }  # fmt: skip
    view = ItemView(mapping_samples.LANE.model_copy(update=lane or {}), rules or ItemRules())
    return view.figures([ErpRow("AXE", facts | columns)], NOON)


def facts(*given: Any, **columns: Any) -> ItemFacts:
    [figure] = figures(*given, **columns)
    assert isinstance(figure.document, ItemFacts)
    return figure.document


def test_the_fields_that_sage_owns() -> None:
    assert facts() == ItemFacts(
        sku="AXE", uom="EACH", is_active=True, is_taxable=True, tax_code="TX", weight=Decimal("2.5")
    )


@pytest.mark.parametrize(
    ("columns", "field", "value"),
    [
        ({"InactiveItem": "Y"}, "is_active", False),
        ({"TaxClass": "NT"}, "is_taxable", False),
        ({"TaxClass": ""}, "is_taxable", True),
        ({"TaxClass": ""}, "tax_code", None),
        ({"ShipWeight": ""}, "weight", None),
        ({"ShipWeight": " 12 "}, "weight", Decimal(12)),
    ],
)
def test_what_a_column_says(columns: dict[str, str], field: str, value: object) -> None:
    assert getattr(facts(**columns), field) == value


def test_a_lane_has_words_of_its_own() -> None:
    rules = ItemRules(untaxed_classes=("EX",), tax_codes={"TX": "taxable", "EX": "exempt"})
    assert (facts(rules).is_taxable, facts(rules).tax_code) == (True, "taxable")
    assert (facts(rules, TaxClass="EX").is_taxable, facts(rules, TaxClass="EX").tax_code) == (False, "exempt")
    assert facts(None, {"units": {"piece": "EACH", "unit": "EACH", "*": "BOX"}}).uom == "piece"


def test_every_sku_of_an_item_is_told() -> None:
    told = figures(None, {"items": {"web-axe": "AXE"}})
    assert [figure.document.model_dump()["sku"] for figure in told] == ["web-axe", "AXE"]


@pytest.mark.parametrize("item_type", ["3", "4", "5"])
def test_charges_and_comments_are_no_products(item_type: str) -> None:
    assert figures(ItemType=item_type) == []
    assert len(figures(ItemRules(types=("1", item_type)), ItemType=item_type)) == 1


@pytest.mark.parametrize("weight", ["2 LB", "-1", "NaN", "1E40", "Infinity"])
def test_a_weight_that_is_none_is_a_remark(weight: str) -> None:
    [figure] = figures(ShipWeight=weight)
    assert isinstance(figure.document, ItemFacts)
    assert figure.document.weight is None
    assert figure.remark is not None
    assert figure.remark.startswith(f"ShipWeight {weight!r} is no ")


@given(st.text(max_size=10))
def test_any_text_is_a_weight_that_can_be_shown_or_refused(text: str) -> None:
    """Sage's column holds any text of ten characters."""
    try:
        weight = weight_of(text)
    except ValueError:
        return
    assert ItemFacts(sku="A", uom="EACH", is_active=True, is_taxable=True, weight=weight).weight == weight


@given(st.decimals(0, 9_999, places=4))
def test_a_number_is_its_own_weight(number: Decimal) -> None:
    assert weight_of(f"{number:f}") == number
