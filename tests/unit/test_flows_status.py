"""Where an order stands: by Sage's letters, and by what of it has really left the house."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.flows.status import (
    SHIPPED,
    LineState,
    OrderState,
    Standing,
    StatusRules,
    standing,
    standing_in_history,
)

QUANTITIES = st.decimals(0, 1000, places=2)


def order(status: str = "O", *, type_: str = "S", invoice: str = "", last_invoice: str = "") -> OrderState:
    return OrderState("0000123", type_, status, invoice, last_invoice)


def line(ordered: str, shipped: str = "0", back: str = "0", *, key: str = "000001", item_type: str = "1") -> LineState:
    return LineState(key, item_type, Decimal(ordered), Decimal(shipped), Decimal(back))


@pytest.mark.parametrize(
    ("state", "lines", "stands"),
    [
        (order("N"), [line("10")], Standing.OPEN),
        (order("O"), [line("10")], Standing.OPEN),
        (order("H"), [line("10", "4")], Standing.HELD),
        (order("C"), [line("10")], Standing.COMPLETE),
        (order(), [line("10"), line("4", back="4")], Standing.BACKORDERED),
        (order(), [line("10", "4", "6")], Standing.PARTLY_SHIPPED),
        (order(), [line("10", "10"), line("4")], Standing.PARTLY_SHIPPED),
        (order(), [line("10", "10"), line("4", "4")], Standing.COMPLETE),
        (order(type_="B", last_invoice="0000007"), [line("6", back="6")], Standing.PARTLY_SHIPPED),
        (order(), [line("10"), line("1", "1", item_type="5")], Standing.OPEN),  # a charge that was invoiced
        (order(), [line("1", "1", item_type="5")], Standing.COMPLETE),  # nothing but services
        (order(), [], Standing.OPEN),
        (order(type_="Q"), [line("10")], None),
        (order(type_="M"), [line("10")], None),
    ],
)
def test_where_an_open_order_stands(state: OrderState, lines: list[LineState], stands: Standing | None) -> None:
    assert standing(state, lines, {}) is stands


def test_what_is_invoiced_and_has_not_left_the_house_is_not_shipped() -> None:
    lines = [line("10", "10"), line("4", "4", key="000002")]
    ten, four = Decimal(10), Decimal(4)
    assert standing(order(), lines, {"000001": ten, "000002": four}) is Standing.OPEN
    assert standing(order(), lines, {"000002": four}) is Standing.PARTLY_SHIPPED


@pytest.mark.parametrize(
    ("letter", "stands"),
    [("A", None), ("C", Standing.COMPLETE), ("X", Standing.CANCELLED), ("Q", None), ("Z", None)],
)
def test_where_an_order_of_history_stands(letter: str, stands: Standing | None) -> None:
    assert standing_in_history(order(letter)) is stands


@given(st.lists(st.tuples(QUANTITIES, QUANTITIES), min_size=1, max_size=4))
def test_shipping_more_never_takes_an_order_back(figures: list[tuple[Decimal, Decimal]]) -> None:
    ordered = [ordered + shipped for ordered, shipped in figures]
    before = [LineState(str(key), "1", ordered[key], shipped, ordered[key] - shipped)
              for key, (_, shipped) in enumerate(figures)]  # fmt: skip
    after = [LineState(each.key, "1", each.ordered, each.ordered, Decimal(0)) for each in before]
    if standing(order(), before, {}) in SHIPPED:
        assert standing(order(), after, {}) is Standing.COMPLETE


def test_every_standing_has_a_word_unless_told_otherwise() -> None:
    assert set(StatusRules().words) == set(Standing)
