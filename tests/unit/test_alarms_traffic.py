"""When so few orders are no chance any more."""

from math import exp

import pytest

from bridge.alarms.traffic import Traffic, at_most


@pytest.mark.parametrize(
    ("seen", "expected", "probability"),
    [(0, 1.0, exp(-1)), (1, 1.0, 2 * exp(-1)), (2, 3.0, exp(-3) * (1 + 3 + 4.5)), (10, 3.0, 0.999708)],
)
def test_the_probability_is_that_of_the_tables(seen: int, expected: float, probability: float) -> None:
    assert at_most(seen, expected) == pytest.approx(probability, rel=1e-5)


def test_it_holds_where_e_to_the_minus_mean_is_zero() -> None:
    assert at_most(10_000, 10_000.0) == pytest.approx(0.5, abs=0.01)
    assert at_most(9_000, 10_000.0) < 1e-20


@pytest.mark.parametrize(
    ("seen", "weeks", "is_too_quiet"),
    [
        (0, [], False),
        (0, [0, 0], False),
        (0, [6], False),
        (0, [7], True),
        (0, [14, 0], True),
        (9, [20, 20, 20, 20], False),
        (7, [20, 20, 20, 20], True),
        (500, [20], False),
    ],
)
def test_an_hour_is_too_quiet_when_chance_explains_less_than_one_in_a_thousand(
    seen: int, weeks: list[int], is_too_quiet: bool
) -> None:
    assert Traffic(seen, weeks).is_too_quiet is is_too_quiet
