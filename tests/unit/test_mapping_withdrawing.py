"""What a withdrawn order becomes in Sage: the reason fits into `Comment`, and the web order's number stays whole."""

from typing import Any

import pytest

from bridge.ledger.rows import Record
from bridge.ledger.store import Database
from bridge.recovery.matching import names_in
from bridge.rules import LaneRules
from bridge.writing.mapped import Mapped
from mappings.withdrawing import withdrawal
from tests.builders import an_order

HOLD = LaneRules()
NUMBERS = ["100234", "123456789", "1234567890", "WEB-2026-0100234", "1" * 19]


def sold(database: Database, number: str, **header: str) -> Record:
    return an_order(database, order_number=number, mapped=Mapped({"CustomerNo": "ACME", **header}).to_json())


@pytest.mark.parametrize("number", NUMBERS)
def test_a_held_order_keeps_its_number_at_the_end_of_its_comment(sqlite_database: Database, number: str) -> None:
    made = withdrawal(sold(sqlite_database, number, Comment=f"Web order {number}"[:30]), HOLD)
    assert made
    comment = str(made.header["Comment"])
    assert made.header["OrderStatus"] == "H"
    assert comment.startswith("Cancelled: ")
    assert len(comment) <= 30
    assert number in names_in(comment), "a restored ledger finds the order by it"


@pytest.mark.parametrize(
    ("number", "header", "comment"),
    [
        ("100234", {"Comment": "Web order 100234"}, "Cancelled: Web order 100234"),
        ("100234", {}, "Cancelled: 100234"),
        ("2" * 40, {}, "Cancelled: " + "2" * 19),
        ("Ж1", {}, "Cancelled: ?1"),
    ],
)
def test_the_comment(sqlite_database: Database, number: str, header: dict[str, str], comment: str) -> None:
    made = withdrawal(sold(sqlite_database, number, **header), HOLD)
    assert made
    assert made.header["Comment"] == comment


@pytest.mark.parametrize(
    ("rules", "header"),
    [
        ({"after_write_cancel": "cancel"}, {"OrderStatus": "X"}),
        (
            {"after_write_cancel": "cancel", "cancel_reason_code": "WEB"},
            {"OrderStatus": "X", "CancelReasonCode": "WEB"},
        ),
    ],
)
def test_a_removed_order_keeps_its_comment(
    sqlite_database: Database, rules: dict[str, Any], header: dict[str, str]
) -> None:
    made = withdrawal(sold(sqlite_database, "1", Comment="Web order 1"), LaneRules(**rules))
    assert made
    assert made.header == header


def test_a_person_is_given_no_columns(sqlite_database: Database) -> None:
    assert withdrawal(sold(sqlite_database, "1"), LaneRules(after_write_cancel="review")) is None
