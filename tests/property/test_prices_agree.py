"""Two who read the reference on their own charge the same: our rules of price, and those of the simulated Sage."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.documents import PriceFigure
from bridge.flows.price import Buyer, PriceBook, PriceRules
from bridge.ports.reading import ErpRow
from mappings.price import Accounts, OnShow, PriceView
from sandbox.sage100.admin import SageAdmin
from sandbox.sage100.pricing import price_for
from sandbox.sage100.store import Store
from tests.unit import mapping_samples

DAY = date(2026, 11, 21)
COMPANY = "ABC"
LEVELS = ("", "A", "B")
_MONEY = st.decimals(0, 500, places=4)
_next_item = count()


@dataclass
class Sage:
    """The simulated installation and its price rules."""

    admin: SageAdmin
    store: Store

    def price(self, item: str, level: str, customer: str, quantity: Decimal) -> Decimal:
        buyer: Any = {"ARDivisionNo": "00", "CustomerNo": customer, "PriceLevel": level}
        row = next(each for each in self.admin.rows(COMPANY, "CI_Item") if each["ItemCode"] == item)
        return price_for(self.store, COMPANY, buyer, row, quantity=quantity, on_day=DAY.strftime("%Y%m%d"))


@pytest.fixture(scope="module")
def sage(tmp_path_factory: pytest.TempPathFactory) -> Sage:
    admin = SageAdmin.create(tmp_path_factory.mktemp("sage") / "sage.db")
    return Sage(admin, Store(admin.path))


@st.composite
def methods(draw: st.DrawFn) -> dict[str, Any]:
    """How a row prices: breaks that grow, of which the last may or may not be all nines; never less than nothing."""
    method = draw(st.sampled_from("CDMOP"))
    limits = sorted(draw(st.sets(st.integers(1, 500), min_size=1, max_size=4)))
    if draw(st.booleans()):
        limits.append(99_999_999)
    figure = {"D": st.decimals(0, 100, places=3), "P": st.decimals(0, 10, places=4)}.get(method, _MONEY)
    cells: dict[str, Any] = {"PricingMethod": method}
    for place in range(1, 6):
        cells[f"BreakQuantity{place}"] = Decimal(limits[place - 1] if place <= len(limits) else 0)
        cells[f"DiscountMarkup{place}"] = draw(figure) if place <= len(limits) else Decimal(0)
    return cells


@st.composite
def tables(draw: st.DrawFn) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """An item, perhaps in a promotion, and rows for any of the keys under which Sage looks for its price."""
    number = next(_next_item)
    code, price_code = f"ITEM{number}", f"{number % 10_000:04}"
    item = {
        "ItemCode": code, "PriceCode": draw(st.sampled_from(["", price_code])), "ItemType": "1",
        "StandardUnitPrice": draw(st.decimals(10, 500, places=4)), "StandardUnitCost": draw(_MONEY),
        "AverageUnitCost": draw(_MONEY), "LastTotalUnitCost": draw(_MONEY),
        "SaleMethod": draw(st.sampled_from("NDP")), "SalesPromotionPrice": draw(_MONEY),
        "SalesPromotionDiscountPercent": draw(st.decimals(0, 100, places=3)),
        "SaleStartingDate": draw(st.sampled_from(["20260101", "20261121", "20261122"])),
        "SaleEndingDate": draw(st.sampled_from(["20261120", "20261121", "20261231"])),
    }  # fmt: skip
    blank = dict.fromkeys(("PriceCode", "ItemCode", "CustomerPriceLevel", "ARDivisionNo", "CustomerNo"), "")
    keys = [
        {"PriceCodeRecord": "2", "ItemCode": code, "ARDivisionNo": "00", "CustomerNo": "ACME"},
        *({"PriceCodeRecord": "1", "ItemCode": code, "CustomerPriceLevel": level} for level in LEVELS),
        *({"PriceCodeRecord": "0", "PriceCode": price_code, "CustomerPriceLevel": level} for level in LEVELS),
    ]
    chosen = [key for key in keys if draw(st.booleans())]
    return item, [{**blank, **key, **draw(methods())} for key in chosen]


def sold(sage: Sage, item: dict[str, Any], rows: list[dict[str, Any]]) -> tuple[ErpRow, list[ErpRow]]:
    """Puts the item and its rows into Sage, and says them as a reader has them."""
    sage.admin.add_items(COMPANY, [item])
    sage.admin.add_rows(COMPANY, "IM_PriceCode", rows)
    return ErpRow(item["ItemCode"], item), [ErpRow("|".join(list(row.values())[:6]), row) for row in rows]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tables(), st.sampled_from(LEVELS), st.sampled_from(["ACME", "ZETA"]), st.integers(1, 600))
def test_what_we_expect_is_what_sage_charges(
    sage: Sage, table: tuple[dict[str, Any], list[dict[str, Any]]], level: str, customer: str, quantity: int
) -> None:
    item, rows = sold(sage, *table)
    buyer = ErpRow(f"00|{customer}", {"ARDivisionNo": "00", "CustomerNo": customer, "PriceLevel": level})
    charge = PriceView(mapping_samples.LANE, PriceRules()).expected(item, buyer, Decimal(quantity), DAY, rows)
    assert charge.price == sage.price(item.key, level, customer, Decimal(quantity))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tables(), st.sampled_from(LEVELS), st.integers(1, 600))
def test_what_is_shown_is_what_sage_charges_without_a_promotion(
    sage: Sage, table: tuple[dict[str, Any], list[dict[str, Any]]], level: str, quantity: int
) -> None:
    item, rows = sold(sage, {**table[0], "SaleMethod": "N"}, table[1])
    view = PriceView(mapping_samples.LANE, PriceRules())
    figures = view.figures(
        view.items([item]), view.rows(rows), Accounts(), OnShow({item.key: set(LEVELS[1:])}), datetime.now(UTC)
    )
    [shown] = [
        each.document
        for each in figures
        if isinstance(each.document, PriceFigure) and (each.document.price_list_code or "") == level
    ]
    assert price_in(shown, Decimal(quantity)) == sage.price(item.key, level, "ZETA", Decimal(quantity))


def price_in(figure: PriceFigure, quantity: Decimal) -> Decimal:
    """The price that a shopper finds there for one of so many."""
    reached = [each.unit_price for each in figure.breaks if each.min_quantity <= quantity]
    return reached[-1] if reached else figure.list_price


@given(tables(), st.sampled_from(LEVELS))
def test_the_quantities_of_a_price_grow_and_its_last_has_no_end(
    table: tuple[dict[str, Any], list[dict[str, Any]]], level: str
) -> None:
    view = PriceView(mapping_samples.LANE, PriceRules())
    [item] = view.items([ErpRow("I", table[0])])
    tiers = PriceBook(view.rows([ErpRow("", row) for row in table[1]])).tiers(item, Buyer(level))
    limits = [tier.limit for tier in tiers[:-1]]
    assert limits == sorted(set(filter(None, limits)))
    assert tiers[-1].limit is None
