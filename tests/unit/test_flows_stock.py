"""What a storefront may sell: on hand less what is promised less a buffer, and never more, never less than nothing."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.flows.stock import Level, StockRules, available, offered, shortage
from mappings.names import Skus

QUANTITIES = st.decimals(0, 10_000, places=2)
SHARES = st.decimals(0, 1, places=2)
TEN = Decimal("0.10")


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
    assert available(there, Decimal(waiting), Decimal(share), Decimal(floor)) == Decimal(left)


@given(QUANTITIES, QUANTITIES, QUANTITIES, SHARES, QUANTITIES)
def test_never_below_nothing_and_never_above_what_is_free(
    on_hand: Decimal, allocated: Decimal, waiting: Decimal, share: Decimal, floor: Decimal
) -> None:
    figure = available(Level("W", "000", on_hand, allocated), waiting, share, floor)
    assert 0 <= figure <= max(on_hand - allocated - waiting, Decimal(0))


@given(QUANTITIES, QUANTITIES, QUANTITIES, st.decimals("0.01", 100, places=2))
def test_one_more_promised_never_offers_more(
    on_hand: Decimal, allocated: Decimal, waiting: Decimal, more: Decimal
) -> None:
    there = Level("W", "000", on_hand, allocated)
    assert available(there, waiting + more, TEN, Decimal(0)) <= available(there, waiting, TEN, Decimal(0))


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


def test_more_promised_than_there_is_over_all_warehouses() -> None:
    assert shortage([level("5", "7"), level("1", warehouse="001")], Decimal(1)) == 2
    assert shortage([level("5", "3"), level("1", warehouse="001")], Decimal(3)) == 0


def test_an_item_is_offered_under_every_name_that_the_storefront_has_for_it() -> None:
    skus = Skus({"blue-widget": "WIDGET", "web-widget": "WIDGET", "*": "WIDGET"})
    assert skus.of("WIDGET") == ["blue-widget", "web-widget", "WIDGET"]
    assert skus.of("OTHER") == ["OTHER"]
