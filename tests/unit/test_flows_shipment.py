"""Which invoices are shipments, and which of the storefront's lines are in them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.flows.shipment import (
    InvoicedLine,
    ShipmentHead,
    ShipmentRules,
    Told,
    WrittenLine,
    has_left,
    tell,
)

WRITTEN = (WrittenLine("a", 1, "BOLT"), WrittenLine("b", 2, "NUT"), WrittenLine("c", 3, "BOLT"))


def head(type_: str = "IN", status: str = "S") -> ShipmentHead:
    return ShipmentHead("0000007", type_, "0000123", "20260302", "UPS", status, "000")


def line(item: str, quantity: str, *, place: str = "", item_type: str = "1", kit: str = "") -> InvoicedLine:
    return InvoicedLine("", place, "", item, item_type, kit, Decimal(quantity))


@pytest.mark.parametrize(
    ("type_", "status", "is_posted", "left"),
    [
        ("IN", "S", False, True),
        ("IN", "N", False, False),
        ("IN", "L", False, False),
        ("IN", "", True, True),
        ("IN", "N", True, True),
        ("CM", "S", False, False),
        ("CM", "", True, False),
        ("XD", "D", False, False),
    ],
)
def test_what_has_left_the_house(type_: str, status: str, is_posted: bool, left: bool) -> None:
    assert has_left(head(type_, status), ShipmentRules(), is_posted=is_posted) is left


def test_a_lane_may_count_what_is_only_invoiced() -> None:
    rules = ShipmentRules.model_validate({"ship_statuses": ["N", "L", "S"]})
    assert has_left(head(status="N"), rules, is_posted=False)


def test_a_line_is_told_by_its_item_wherever_it_stands() -> None:
    assert tell(WRITTEN, [line("NUT", "4", place="000009")]) == Told((("b", Decimal(4)),))


def test_lines_of_one_item_are_told_by_their_places() -> None:
    lines = [line("BOLT", "1", place="000003"), line("BOLT", "2", place="000001")]
    assert tell(WRITTEN, lines) == Told((("a", Decimal(2)), ("c", Decimal(1))))


def test_what_cannot_be_told_is_named() -> None:
    lines = [line("BOLT", "1"), line("SAW", "1", place="000001"), line("BOLT", "1", place="000002")]
    assert tell(WRITTEN, lines) == Told((), ("BOLT", "SAW"))


def test_charges_and_parts_of_kits_are_passed_over() -> None:
    lines = [line("/FREIGHT", "1", item_type="5"), line("SCREW", "8", kit="000001"), line("NUT", "0")]
    assert tell(WRITTEN, lines) == Told(())


@given(st.lists(st.tuples(st.sampled_from(["BOLT", "NUT", "SAW"]), st.integers(0, 4), st.decimals(0, 99, places=1))))
def test_nothing_is_told_twice_and_nothing_is_made_up(rows: list[tuple[str, int, Decimal]]) -> None:
    lines = [line(item, str(quantity), place=f"{place:06}") for item, place, quantity in rows]
    told = tell(WRITTEN, lines)
    sums = {
        item: sum((each.quantity for each in lines if each.item == item), Decimal(0)) for item in ("BOLT", "NUT", "SAW")
    }
    by_item = {"BOLT": ("a", "c"), "NUT": ("b",)}
    quantities = dict(told.quantities)
    for item, ids in by_item.items():
        found = sum((quantities.get(line_id, Decimal(0)) for line_id in ids), Decimal(0))
        assert found == sums[item] if item not in told.untold else found < sums[item]
