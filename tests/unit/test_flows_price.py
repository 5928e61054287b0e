"""What a price is made of, and how it is shown: the order of search, the methods, breaks, lists and contracts."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from bridge.documents import PriceBreak, PriceFigure
from bridge.flows.price import Buyer, Charge, PriceBook, PriceRules, Source
from bridge.flows.showing import Figure
from bridge.ports.reading import ErpRow
from mappings.price import Accounts, OnShow, PriceView, items_of, price_keys
from tests.unit import mapping_samples

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY = date(2026, 11, 21)
ANYBODY = Buyer()
ACME = Buyer("A", "00", "ACME")
NO_END = 99_999_999

PIPE: dict[str, Any] = {
    "ItemCode": "PIPE", "ItemType": "1", "PriceCode": "STD", "StandardUnitPrice": Decimal(10),
    "StandardUnitCost": Decimal(6), "AverageUnitCost": Decimal(7), "LastTotalUnitCost": Decimal(8), "SaleMethod": "N",
    "SaleStartingDate": "", "SaleEndingDate": "", "SalesPromotionPrice": Decimal(0),
    "SalesPromotionDiscountPercent": Decimal(0),
}  # fmt: skip
CONTRACT = {"PriceCodeRecord": "2", "ItemCode": "PIPE", "ARDivisionNo": "00", "CustomerNo": "ACME"}
BY_LEVEL = {"PriceCodeRecord": "1", "ItemCode": "PIPE", "CustomerPriceLevel": "A"}
BY_ITEM = {"PriceCodeRecord": "1", "ItemCode": "PIPE"}
CODE_BY_LEVEL = {"PriceCodeRecord": "0", "PriceCode": "STD", "CustomerPriceLevel": "A"}
BY_CODE = {"PriceCodeRecord": "0", "PriceCode": "STD"}


def row(key: dict[str, str], method: str = "O", **steps: str | int) -> ErpRow:
    """A price row; `to_10="9"` is a figure of 9 up to ten, `on` the one that has no end."""
    limits = [int(name[3:]) if name != "on" else NO_END for name in steps]
    columns: dict[str, Any] = {"PricingMethod": method, **key}
    for place in range(1, 6):
        columns[f"BreakQuantity{place}"] = Decimal(limits[place - 1] if place <= len(limits) else 0)
        figure = list(steps.values())[place - 1] if place <= len(limits) else 0
        columns[f"DiscountMarkup{place}"] = Decimal(str(figure))
    parts = ("PriceCodeRecord", "PriceCode", "ItemCode", "CustomerPriceLevel", "ARDivisionNo", "CustomerNo")
    return ErpRow("|".join(key.get(part, "") for part in parts), columns)


def view(**rules: Any) -> PriceView:
    return PriceView(mapping_samples.LANE, PriceRules.model_validate(rules))


def charged(
    rows: Sequence[ErpRow], buyer: Buyer = ACME, quantity: int = 1, item: dict[str, Any] = PIPE, **rules: Any
) -> Charge:
    level, division, number = buyer.level, buyer.division, buyer.number
    customer = ErpRow("", {"PriceLevel": level, "ARDivisionNo": division, "CustomerNo": number})
    return view(**rules).expected(ErpRow("PIPE", item), customer, Decimal(quantity), DAY, rows)


def shown(rows: Sequence[ErpRow], on_show: OnShow | None = None, **rules: Any) -> list[Figure]:
    there = view(**rules)
    return there.figures(
        there.items([ErpRow("PIPE", PIPE)]), there.rows(rows), Accounts(), on_show or OnShow(), NOON
    )  # fmt: skip


def test_the_search_goes_from_the_contract_to_the_standard_price() -> None:
    found = [
        (CONTRACT, Source.CONTRACT), (BY_LEVEL, Source.ITEM_BY_LEVEL), (BY_ITEM, Source.ITEM),
        (CODE_BY_LEVEL, Source.CODE_BY_LEVEL), (BY_CODE, Source.CODE),
    ]  # fmt: skip
    rows = [row(key, on=place) for place, (key, _) in enumerate(found, start=1)]
    charges = [charged(rows[first:]) for first in range(6)]
    assert charges[:5] == [Charge(Decimal(place), by) for place, (_, by) in enumerate(found, start=1)]
    assert charges[5] == Charge(Decimal(10), Source.STANDARD)
    assert charged(rows, ANYBODY) == Charge(Decimal(3), Source.ITEM)
    assert view().expected(ErpRow("PIPE", PIPE), None, Decimal(1), DAY, rows).by is Source.ITEM


def test_a_contract_of_the_same_number_in_another_division_is_anothers() -> None:
    assert charged([row(CONTRACT, on=1)], Buyer("", "01", "ACME")).by is Source.STANDARD


@pytest.mark.parametrize(
    ("method", "figure", "price"),
    [("C", "2.5", "8.5"), ("D", "15", "8.5"), ("M", "25", "7.5"), ("O", "9.125", "9.125"), ("P", "0.75", "9.25")],
)
def test_the_methods(method: str, figure: str, price: str) -> None:
    assert charged([row(BY_CODE, method, on=figure)]).price == Decimal(price)


@pytest.mark.parametrize(("cost", "price"), [("standard", 6), ("average", 7), ("last", 8)])
def test_which_cost_is_marked_up_is_a_setting(cost: str, price: int) -> None:
    assert charged([row(BY_CODE, "C", on=1)], cost=cost).price == price + 1


@pytest.mark.parametrize(("quantity", "price"), [(1, 9), (10, 9), (11, 8), (100, 8), (101, 7), (5000, 7)])
def test_the_first_break_that_reaches_the_quantity_counts(quantity: int, price: int) -> None:
    assert charged([row(BY_ITEM, to_10=9, to_100=8, on=7)], quantity=quantity).price == price
    assert charged([row(BY_ITEM, to_10=9, to_100=8, to_500=7)], quantity=quantity).price == price


def test_a_break_below_one_before_it_is_never_reached() -> None:
    book = PriceBook(view().rows([row(BY_ITEM, to_10=9, to_5=8, on=7)]))
    [item] = view().items([ErpRow("PIPE", PIPE)])
    assert [(tier.limit, tier.price) for tier in book.tiers(item, ANYBODY)] == [(10, 9), (None, 7)]


def test_a_row_without_breaks_holds_for_every_quantity() -> None:
    bare = row(BY_ITEM)
    priced = ErpRow(bare.key, {**bare.columns, "DiscountMarkup1": Decimal(4)})
    assert charged([priced], quantity=700).price == 4


def test_a_promotion_is_charged_and_never_shown() -> None:
    sale = {"SaleMethod": "P", "SalesPromotionPrice": Decimal(4), "SaleStartingDate": "20261121"}
    assert charged([], item={**PIPE, **sale}) == Charge(Decimal(4), Source.PROMOTION)
    assert charged([row(BY_ITEM, on=3)], item={**PIPE, **sale}).by is Source.ITEM
    [figure] = view().figures(view().items([ErpRow("PIPE", {**PIPE, **sale})]), [], Accounts(), OnShow(), NOON)
    assert figure.document == PriceFigure(sku="PIPE", currency="USD", list_price=Decimal(10))


def test_breaks_are_shown_from_the_step_above_the_one_before() -> None:
    [figure] = shown([row(BY_ITEM, to_10=9, to_100=8, on=7)])
    breaks = (
        PriceBreak(min_quantity=Decimal(11), unit_price=Decimal(8)),
        PriceBreak(min_quantity=Decimal(101), unit_price=Decimal(7)),
    )
    assert figure.document == PriceFigure(sku="PIPE", currency="USD", list_price=Decimal(9), breaks=breaks)
    [fine] = shown([row(BY_ITEM, to_10=9, on=7)], step="0.5")
    assert isinstance(fine.document, PriceFigure)
    assert fine.document.breaks[0].min_quantity == Decimal("10.5")


def test_every_level_that_bears_on_the_item_is_a_list() -> None:
    other = {**BY_LEVEL, "ItemCode": "ROPE", "CustomerPriceLevel": "C"}
    figures = shown([row(BY_LEVEL, on=4), row({**CODE_BY_LEVEL, "CustomerPriceLevel": "B"}, on=5), row(other, on=6)])
    assert prices(figures) == {None: 10, "A": 4, "B": 5}
    assert prices(shown([row(BY_LEVEL, on=4)], lists={"A": "wholesale"})) == {None: 10, "wholesale": 4}


def test_a_list_that_lost_its_row_shows_the_price_that_holds_then() -> None:
    on_show = OnShow({"PIPE": {"wholesale"}})
    assert prices(shown([], on_show, lists={"A": "wholesale"})) == {None: 10, "wholesale": 10}
    assert prices(shown([row(BY_ITEM, on=3)], on_show)) == {None: 3, "wholesale": 3}


def test_a_contract_of_nobody_here_is_remarked() -> None:
    figures = shown([row(CONTRACT, on=4), row({**CONTRACT, "CustomerNo": "ZETA"}, on=5)])
    assert prices(figures) == {None: 10}
    assert figures[0].remark == "no account here has the contract of ACME, ZETA"


def test_a_price_that_cannot_be_worked_out_is_left_out_and_remarked() -> None:
    figures = shown([row(BY_LEVEL, "X", on=4), row({**BY_LEVEL, "CustomerPriceLevel": "B"}, "P", on=11)])
    assert prices(figures) == {None: 10}
    assert figures[0].remark == "A: pricing method 'X' is unknown; B: pricing method P comes to -1"


def test_a_remark_fits_into_the_ledger() -> None:
    [figure] = shown([row({**CONTRACT, "CustomerNo": f"CUST{number:03}"}, on=4) for number in range(50)])
    assert figure.remark is not None
    assert len(figure.remark) == 128


def test_charges_have_no_price_on_show() -> None:
    assert view().items([ErpRow("/C", {**PIPE, "ItemCode": "/C", "ItemType": "4"})]) == []


def test_the_keys_of_the_rows_that_bear_on_an_item() -> None:
    items = view().items([ErpRow("PIPE", PIPE), ErpRow("ROPE", {**PIPE, "ItemCode": "ROPE", "PriceCode": ""})])
    assert price_keys(items) == ("1||PIPE", "2||PIPE", "0|STD", "1||ROPE", "2||ROPE")
    rows = view().rows([row(BY_LEVEL), row(CONTRACT), row(BY_CODE)])
    assert items_of(rows) == ("PIPE",)


def prices(figures: Sequence[Figure]) -> dict[str | None, Decimal]:
    """The prices by list; None is the standard one."""
    documents = [figure.document for figure in figures]
    return {each.price_list_code: each.list_price for each in documents if isinstance(each, PriceFigure)}
