"""How fast items sell: the few that make most units are A; what sells in a gap is counted over empty ones too."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.flows.velocity import (
    ItemClass,
    Pace,
    Sale,
    Velocity,
    VelocityRules,
    classes_by_units,
    measured,
    units_per_gap,
)
from tests.builders import NOW

RULES = VelocityRules()
GAPS_S = {ItemClass.A: 3600.0, ItemClass.B: 14_400.0, ItemClass.C: 86_400.0}
SOLD = st.dictionaries(st.sampled_from("abcdefghij"), st.decimals("0.01", 1000, places=2), min_size=1)


def sale(hours: float, units: str = "1", item: str = "WIDGET") -> Sale:
    return Sale(item, Decimal(units), NOW + timedelta(hours=hours))


def test_the_first_eighty_percent_of_all_units_are_made_by_the_items_of_a() -> None:
    units = {"BOLT": Decimal(70), "NUT": Decimal(15), "AXE": Decimal(9), "CORD": Decimal(5), "PIN": Decimal(1)}
    classes = {item: each.value for item, each in classes_by_units(units, RULES).items()}
    assert classes == {"BOLT": "A", "NUT": "A", "AXE": "B", "CORD": "B", "PIN": "C"}


@given(SOLD, st.decimals("0.05", "0.95", places=2), st.decimals(0, "0.05", places=2))
def test_the_items_of_a_make_their_share_and_not_one_is_too_many(
    units: Mapping[str, Decimal], a_share: Decimal, b_share: Decimal
) -> None:
    classes = classes_by_units(units, VelocityRules(a_share=a_share, b_share=b_share))
    total = sum(units.values())
    fast = [units[item] for item, each in classes.items() if each is ItemClass.A]
    assert sum(fast) >= total * a_share > sum(fast) - min(fast)
    slower = [units[item] for item, each in classes.items() if each is not ItemClass.A]
    assert min(fast) >= max(slower, default=Decimal(0))


@pytest.mark.parametrize(
    ("quantile", "units"), [("1", "9"), ("0.96", "9"), ("0.95", "3"), ("0.90", "2"), ("0.85", "0"), ("0.01", "0")]
)
def test_what_sells_in_a_gap_is_counted_over_all_gaps(quantile: str, units: str) -> None:
    """Of twenty hours three saw a sale: two of one each, three, and nine."""
    sales = [sale(0.1), sale(0.9), sale(7, "3"), sale(19.5, "9")]
    assert units_per_gap(sales, NOW, 3600, 20, Decimal(quantile)) == Decimal(units)


@given(
    st.lists(st.tuples(st.integers(0, 99 * 60), st.integers(1, 50)), max_size=30),
    st.decimals("0.01", 1, places=2),
    st.sampled_from([1, 4, 24]),
)
def test_in_that_share_of_the_gaps_no_more_is_sold(sold: list[tuple[int, int]], quantile: Decimal, hours: int) -> None:
    sales = [sale(minute / 60, str(units)) for minute, units in sold]
    bound = units_per_gap(sales, NOW, hours * 3600, 100 / hours, quantile)
    gaps = [sum(units for minute, units in sold if minute // 60 // hours == gap) for gap in range(-(-100 // hours))]
    assert sum(units <= bound for units in gaps) >= quantile * len(gaps)
    assert bound == 0 or bound in gaps


def test_each_item_is_measured_over_the_gaps_of_its_class() -> None:
    rules = VelocityRules(days=4, quantile=Decimal(1))
    sales = [
        sale(1, "50"),
        sale(2, "50"),
        sale(30, "3", "PIN"),
        sale(31, "1", "PIN"),
        sale(1, "2", "SET"),
        sale(3, "2", "SET"),
    ]
    velocity = measured(sales, rules, NOW, GAPS_S, classes={"SET": ItemClass.B})
    assert velocity == Velocity(
        {
            "WIDGET": Pace(ItemClass.A, Decimal(50)),
            "PIN": Pace(ItemClass.B, Decimal(4)),
            "SET": Pace(ItemClass.B, Decimal(4)),
        },
        is_known=True,
    )


@given(st.dictionaries(st.text(max_size=5), st.builds(Pace, st.sampled_from(ItemClass), st.decimals(0, 99, places=2))))
def test_what_is_kept_is_what_was_measured(paces: dict[str, Pace]) -> None:
    for velocity in (Velocity(paces, is_known=True), Velocity()):
        assert Velocity.from_json(velocity.to_json()) == velocity
