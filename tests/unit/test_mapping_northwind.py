"""Real orders that nobody of this project made up: every one maps, and Sage's total is the storefront's."""

from collections import Counter

import pytest

from bridge.erp.sage100.dictionary import SageDictionary
from bridge.rules import LaneRules, Release, check_currency, check_totals, release
from mappings import LaneMapping, MapContext, MappingSet
from tests.unit.mapping_samples import northwind_orders, sage_total

_LANE = LaneMapping(ship_via={"SPEEDY": "SPEEDY", "UNITED": "UNITED", "FEDERAL": "FEDERAL"})


@pytest.mark.parametrize("version", ["4.40", "2026"])
def test_all_830_orders_map_with_equal_totals(version: str) -> None:
    mappings = MappingSet.load(_LANE, SageDictionary.load(version))
    ways: Counter[str] = Counter()
    count = 0
    for order in northwind_orders():
        result = mappings.map_order(order, MapContext(order.customer.account_number or ""))
        assert sage_total(result) == order.totals.total, order.order_number
        assert len(result.lines) == len(order.lines), "no discount needed a line of its own"
        ways.update("percent" if "LineDiscountPercent" in each else "price" for each in result.lines)
        count += 1
    assert count == 830
    assert ways["percent"] + ways["price"] == 2155
    assert ways["percent"] > 800


def test_all_830_orders_pass_the_checks_before_the_write() -> None:
    rules = LaneRules()
    for order in northwind_orders():
        assert check_currency(order, rules) is None
        assert check_totals(order) is None
        assert release(order, rules) is Release.RELEASE


def test_accents_of_the_code_page_arrive_and_long_addresses_wrap() -> None:
    mappings = MappingSet.load(_LANE, SageDictionary.load("2018"))
    headers = [mappings.map_order(order, MapContext("X")).header for order in northwind_orders()]
    assert "Münster" in {header["ShipToCity"] for header in headers}
    assert max(len(str(header.get("ShipToAddress1", ""))) for header in headers) <= 30
    assert any("ShipToAddress2" in header for header in headers), "46 characters of street need a second line"
