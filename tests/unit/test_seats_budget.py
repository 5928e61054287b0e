"""The seat budget by purpose and by hour."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from bridge.seats.budget import SeatAllowance, SeatBudget

BUDGET = SeatBudget.model_validate(
    {
        "total": 4,
        "per_purpose": {"writer": 2, "reader": 3},
        "time_zone": "America/Chicago",
        "hours": [
            {"days": ["mon", "tue", "wed", "thu", "fri"], "start": "07:00", "end": "18:00", "total": 2},
            {"days": ["mon"], "start": "08:00", "end": "09:00", "total": 1},
        ],
    }
)


@pytest.mark.parametrize(
    ("now", "purpose", "allowed"),
    [
        ("2026-11-21T16:00", "writer", SeatAllowance(4, 2)),  # a Saturday
        ("2026-11-20T16:00", "writer", SeatAllowance(2, 2)),  # Friday, 10:00 in Chicago
        ("2026-11-20T16:00", "reader", SeatAllowance(2, 2)),
        ("2026-11-21T01:00", "reader", SeatAllowance(4, 3)),  # still Friday there, 19:00
        ("2026-11-23T14:30", "writer", SeatAllowance(1, 1)),  # Monday, 08:30: the lowest of two spans
        ("2026-11-21T16:00", "replay", SeatAllowance(4, 4)),  # unnamed: the total alone
    ],
)
def test_the_allowance_of_a_moment(now: str, purpose: str, allowed: SeatAllowance) -> None:
    assert BUDGET.allowance(purpose, datetime.fromisoformat(now).replace(tzinfo=UTC)) == allowed


def test_hours_can_only_lower_the_total() -> None:
    with pytest.raises(ValidationError, match="raise total instead"):
        SeatBudget.model_validate({"total": 1, "hours": [{"start": "08:00", "end": "18:00", "total": 2}]})


def test_a_negative_budget_is_refused() -> None:
    with pytest.raises(ValidationError, match="greater than or equal to 0"):
        SeatBudget.model_validate({"per_purpose": {"writer": -1}})
