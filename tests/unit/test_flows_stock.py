"""What a storefront may sell: on hand less what is promised less a buffer, and never more, never less than nothing."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bridge.flows.stock import Buffer, Level, StockRules, available, offered, shortage
from bridge.flows.velocity import ItemClass, Pace, Velocity
from mappings.names import Skus

QUANTITIES = st.decimals(0, 10_000, places=2)
SHARES = st.decimals(0, 1, places=2)
TEN = Decimal("0.10")
BUFFERS = st.builds(
    lambda shares, units: Buffer(min(shares), max(shares), units), st.tuples(SHARES, SHARES), QUANTITIES
)


def level(on_hand: str, allocated: str = "0", warehouse: str = "000", item: str = "WIDGET") -> Level:
    return Level(item, warehouse, Decimal(on_hand), Decimal(allocated))


@pytest.mark.parametrize(
    ("there", "waiting", "share", "floor", "left"),
    [
        (level("100"), "0", "0", "0", "100"),
        (level("100", "20"), "0", "0", "0", "80"),
        (level("100", "20"), "5", "0", "0", "75"),
        (level("100", "20"), "5", "0.10", "0", "67"),  # 7.5 kept back is 8 whole ones
        (level("100"), "0", "0.05", "12", "88"),  # the floor is more
        (level("10"), "0", "0.05", "12", "0"),
        (level("10", "12"), "0", "0.05", "0", "0"),
        (level("10"), "10", "0", "0", "0"),
        (level("2.5"), "0", "0.10", "0", "1.5"),
    ],
)
def test_what_is_left(there: Level, waiting: str, share: str, floor: str, left: str) -> None:
    buffer = Buffer(Decimal(share), Decimal(share))
    assert available(there, Decimal(waiting), buffer, Decimal(floor)) == Decimal(left)


@given(QUANTITIES, QUANTITIES, QUANTITIES, BUFFERS, QUANTITIES)
def test_never_below_nothing_and_never_above_what_is_free(
    on_hand: Decimal, allocated: Decimal, waiting: Decimal, buffer: Buffer, floor: Decimal
) -> None:
    figure = available(Level("W", "000", on_hand, allocated), waiting, buffer, floor)
    assert 0 <= figure <= max(on_hand - allocated - waiting, Decimal(0))


@given(st.decimals("0.01", 10_000, places=2), BUFFERS)
def test_what_is_kept_back_stays_inside_the_band_to_the_next_whole_unit(left: Decimal, buffer: Buffer) -> None:
    kept = buffer.of(left)
    assert left * buffer.least <= kept < left * buffer.most + 1
    assert kept >= min(buffer.units, left * buffer.most)


@given(QUANTITIES, QUANTITIES, QUANTITIES, st.decimals("0.01", 100, places=2))
def test_one_more_promised_never_offers_more(
    on_hand: Decimal, allocated: Decimal, waiting: Decimal, more: Decimal
) -> None:
    there = Level("W", "000", on_hand, allocated)
    buffer = Buffer(TEN, TEN)
    assert available(there, waiting + more, buffer, Decimal(0)) <= available(there, waiting, buffer, Decimal(0))


def test_each_warehouse_is_a_location_unless_told_otherwise() -> None:
    rules = StockRules(buffer={})
    assert offered([level("5"), level("7", warehouse="001")], Decimal(0), rules) == {"000": 5, "001": 7}


def test_a_location_sums_its_warehouses_or_offers_the_fullest() -> None:
    levels = [level("5"), level("7", "1", warehouse="001"), level("9", warehouse="SCRAP")]
    locations = {"main": ("000", "001")}
    assert offered(levels, Decimal(2), StockRules(buffer={}, locations=locations)) == {"main": 9}
    assert offered(levels, Decimal(2), StockRules(buffer={}, locations=locations, several="largest")) == {"main": 4}


def test_the_buffer_is_that_of_the_items_class() -> None:
    rules = StockRules.model_validate({"classes": {"SLOW": "C"}})
    assert offered([level("100")], Decimal(0), rules) == {"000": 90}
    assert offered([level("100", item="SLOW")], Decimal(0), rules) == {"000": 95}


def measured(**per_gap: str) -> Velocity:
    """What sells of each item between two readings; all are A."""
    return Velocity({item: Pace(ItemClass.A, Decimal(units)) for item, units in per_gap.items()}, is_known=True)


@pytest.mark.parametrize(("per_gap", "left"), [("7", 93), ("6.2", 93), ("1", 95), ("40", 90)])
def test_a_buffer_by_sales_is_what_may_be_sold_until_the_next_reading_inside_its_band(per_gap: str, left: int) -> None:
    rules = StockRules(buffer_from="sales")
    assert offered([level("100")], Decimal(0), rules, measured(WIDGET=per_gap)) == {"000": left}


def test_a_wider_band_keeps_back_more_and_what_never_sold_the_least() -> None:
    rules = StockRules(buffer_from="sales", buffer_least=Decimal(0), buffer_most=Decimal("0.50"))
    velocity = measured(WIDGET="40")
    assert offered([level("100")], Decimal(0), rules, velocity) == {"000": 60}
    assert offered([level("100", item="NEVER")], Decimal(0), rules, velocity) == {"000": 100}


def test_before_sales_are_measured_the_share_of_the_class_is_kept_back() -> None:
    assert offered([level("100")], Decimal(0), StockRules(buffer_from="sales")) == {"000": 90}


def test_a_band_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"buffer_least 0\.2 is more than buffer_most 0\.10"):
        StockRules(buffer_least=Decimal("0.2"))


def test_people_class_an_item_before_its_sales_do_and_what_never_sold_is_slow() -> None:
    rules = StockRules.model_validate({"classes": {"SET": "B", "WIDGET": "C"}, "every_s": {"B": 60}})
    velocity = measured(WIDGET="1", GADGET="1")
    classes = {item: rules.class_of(item, velocity).value for item in ("SET", "WIDGET", "GADGET", "NEVER")}
    assert classes == {"SET": "B", "WIDGET": "C", "GADGET": "A", "NEVER": "C"}
    assert rules.items_of(ItemClass.A, velocity) == ("GADGET",)
    assert rules.class_of("NEVER", Velocity()) is ItemClass.A
    assert [rules.gap_s(each) for each in ItemClass] == [3600, 60, 86_400]


def test_more_promised_than_there_is_over_all_warehouses() -> None:
    assert shortage([level("5", "7"), level("1", warehouse="001")], Decimal(1)) == 2
    assert shortage([level("5", "3"), level("1", warehouse="001")], Decimal(3)) == 0


def test_an_item_is_offered_under_every_name_that_the_storefront_has_for_it() -> None:
    skus = Skus({"blue-widget": "WIDGET", "web-widget": "WIDGET", "*": "WIDGET"})
    assert skus.of("WIDGET") == ["blue-widget", "web-widget", "WIDGET"]
    assert skus.of("OTHER") == ["OTHER"]
