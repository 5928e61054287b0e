"""Sage's prices: the order of search, the five methods, breaks and promotions (reference 2.8; 6, point 10)."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sandbox.sage100.admin import SageAdmin
from sandbox.sage100.pricing import price_for
from sandbox.sage100.store import Store
from tests.unit.sandbox_sage_rig import Clerk, begin_order, make_sage, value

NO_END = 99_999_999
CONTRACT = {"PriceCodeRecord": "2", "ItemCode": "PIPE", "ARDivisionNo": "00", "CustomerNo": "ACME"}
BY_LEVEL = {"PriceCodeRecord": "1", "ItemCode": "PIPE", "CustomerPriceLevel": "A"}
BY_ITEM = {"PriceCodeRecord": "1", "ItemCode": "PIPE"}
CODE_BY_LEVEL = {"PriceCodeRecord": "0", "PriceCode": "STD", "CustomerPriceLevel": "A"}
BY_CODE = {"PriceCodeRecord": "0", "PriceCode": "STD"}
IN_ORDER = (CONTRACT, BY_LEVEL, BY_ITEM, CODE_BY_LEVEL, BY_CODE)


def shop(folder: Path, **options: Any) -> SageAdmin:
    """A pipe of price code STD that costs 6.00 and is sold at 10.00; ACME has price level A, ZETA none."""
    admin = make_sage(folder, **options)
    costs = {"StandardUnitCost": 6, "AverageUnitCost": 7, "LastTotalUnitCost": 8}
    admin.add_items("ABC", [{"ItemCode": "PIPE", "PriceCode": "STD", "StandardUnitPrice": 10, **costs}])
    admin.office("ABC").enter("AR_Customer", ARDivisionNo="00", CustomerNo="ACME", PriceLevel="A")
    return admin


def override(admin: SageAdmin, key: dict[str, str], price: str) -> None:
    rule = {"PricingMethod": "O", "BreakQuantity1": NO_END, "DiscountMarkup1": price}
    admin.add_rows("ABC", "IM_PriceCode", [{**key, **rule}])


def price(admin: SageAdmin, customer: str = "ACME", quantity: int = 1, day: str = "20261121") -> Decimal:
    store = Store(admin.path)
    buyer = next(row for row in admin.customers("ABC") if row["CustomerNo"] == customer)
    item = next(row for row in admin.rows("ABC", "CI_Item") if row["ItemCode"] == "PIPE")
    return price_for(store, "ABC", buyer, item, quantity=Decimal(quantity), on_day=day)


def test_the_search_goes_from_the_contract_to_the_standard_price(tmp_path: Path) -> None:
    admin = shop(tmp_path)
    found = [price(admin)]
    for place, key in reversed(list(enumerate(IN_ORDER, start=1))):
        override(admin, key, str(place))
        found.append(price(admin))
    assert found == [10, 5, 4, 3, 2, 1]
    assert price(admin, "ZETA") == 3, "without a level: the item's own row, before its price code"


@pytest.mark.parametrize(
    ("method", "figure", "expected"),
    [("C", "2.5", "8.5"), ("D", "15", "8.5"), ("M", "25", "7.5"), ("O", "9.125", "9.125"), ("P", "0.75", "9.25")],
)
def test_the_methods(tmp_path: Path, method: str, figure: str, expected: str) -> None:
    admin = shop(tmp_path)
    rule = {"PricingMethod": method, "BreakQuantity1": NO_END, "DiscountMarkup1": figure}
    admin.add_rows("ABC", "IM_PriceCode", [{**BY_CODE, **rule}])
    assert price(admin) == Decimal(expected)


@pytest.mark.parametrize(("cost", "expected"), [("standard", 6), ("average", 7), ("last", 8)])
def test_which_cost_is_marked_up_is_an_option(tmp_path: Path, cost: str, expected: int) -> None:
    admin = shop(tmp_path, price_cost=cost)
    admin.add_rows("ABC", "IM_PriceCode", [{**BY_CODE, "PricingMethod": "C", "DiscountMarkup1": 1}])
    assert price(admin) == expected + 1


@pytest.mark.parametrize(("quantity", "expected"), [(1, 9), (10, 9), (11, 8), (100, 8), (101, 7), (5000, 7)])
@pytest.mark.parametrize("last", [NO_END, 500])
def test_the_first_break_that_reaches_the_quantity_counts(
    tmp_path: Path, quantity: int, expected: int, last: int
) -> None:
    admin = shop(tmp_path)
    breaks = {"BreakQuantity1": 10, "BreakQuantity2": 100, "BreakQuantity3": last}
    figures = {"DiscountMarkup1": 9, "DiscountMarkup2": 8, "DiscountMarkup3": 7}
    admin.add_rows("ABC", "IM_PriceCode", [{**BY_ITEM, "PricingMethod": "O", **breaks, **figures}])
    assert price(admin, quantity=quantity) == expected


@pytest.mark.parametrize(
    ("cells", "day", "expected"),
    [
        ({"SaleMethod": "P", "SalesPromotionPrice": "7.5"}, "20261120", "9"),
        ({"SaleMethod": "P", "SalesPromotionPrice": "7.5"}, "20261121", "7.5"),
        ({"SaleMethod": "P", "SalesPromotionPrice": "7.5"}, "20261130", "7.5"),
        ({"SaleMethod": "P", "SalesPromotionPrice": "7.5"}, "20261201", "9"),
        ({"SaleMethod": "P", "SalesPromotionPrice": "9.5"}, "20261125", "9"),
        ({"SaleMethod": "D", "SalesPromotionDiscountPercent": "20"}, "20261125", "8"),
        ({"SaleMethod": "N", "SalesPromotionPrice": "1"}, "20261125", "9"),
    ],
)
def test_a_promotion_wins_where_it_is_in_effect_and_lower(
    tmp_path: Path, cells: dict[str, str], day: str, expected: str
) -> None:
    admin = shop(tmp_path)
    override(admin, BY_ITEM, "9")
    dates = {"SaleStartingDate": "20261121", "SaleEndingDate": "20261130"}
    admin.office("ABC").enter("CI_Item", ItemCode="PIPE", **dates, **cells)
    assert price(admin, day=day) == Decimal(expected)


def test_the_quantity_prices_an_order_line_unless_the_caller_does(tmp_path: Path) -> None:
    admin = shop(tmp_path)
    breaks = {"BreakQuantity1": 10, "DiscountMarkup1": 9, "BreakQuantity2": NO_END, "DiscountMarkup2": 8}
    admin.add_rows("ABC", "IM_PriceCode", [{**CONTRACT, "PricingMethod": "O", **breaks}])
    lines = begin_order(Clerk(admin).orders(), "0000001").oLines
    lines.nAddLine()
    lines.nSetValue("ItemCode$", "PIPE")
    seen = [value(lines, "UnitPrice")]
    for quantity in (10.0, 11.0):
        lines.nSetValue("QuantityOrdered", quantity)
        seen.append(value(lines, "UnitPrice"))
    assert seen == [9.0, 9.0, 8.0]
    assert (value(lines, "ExtensionAmt"), value(lines, "PriceOverridden$")) == (88.0, "N")
    lines.nSetValue("UnitPrice", 1.0)
    lines.nSetValue("QuantityOrdered", 12.0)
    assert (value(lines, "UnitPrice"), value(lines, "PriceOverridden$")) == (1.0, "Y")


def test_breaks_count_standard_units_and_a_box_costs_its_pieces(tmp_path: Path) -> None:
    admin = shop(tmp_path)
    unit = {"StandardUnitOfMeasure": "EACH", "SalesUnitOfMeasure": "BOX", "SalesUMConvFctr": Decimal(12)}
    admin.office("ABC").enter("CI_Item", ItemCode="PIPE", **unit)
    breaks = {"BreakQuantity1": 12, "DiscountMarkup1": 9, "BreakQuantity2": NO_END, "DiscountMarkup2": 8}
    admin.add_rows("ABC", "IM_PriceCode", [{**BY_ITEM, "PricingMethod": "O", **breaks}])
    lines = begin_order(Clerk(admin).orders(), "0000001").oLines
    lines.nAddLine()
    lines.nSetValue("ItemCode$", "PIPE")
    lines.nSetValue("QuantityOrdered", 1.0)
    assert value(lines, "UnitPrice") == 108.0
    lines.nSetValue("QuantityOrdered", 2.0)
    assert value(lines, "UnitPrice") == 96.0
