"""Customers are matched before they are made: who is found, who is made, and when a person must say."""

import pytest

from bridge.ledger.store import Database
from bridge.outcomes import Outcome
from bridge.ports.erp import CustomerHit, CustomerQuery
from bridge.rules import LaneRules
from bridge.writing.customers import judge_match, query_of
from tests.builders import a_customer

CREATE, REVIEW = LaneRules(customer_missing="create"), LaneRules(customer_missing="review")


def hit(number: str, by: str = "email") -> CustomerHit:
    return CustomerHit(number, f"Name of {number}", by)


def asked(number: str | None = None, name: str | None = "Acme") -> CustomerQuery:
    return CustomerQuery(1, number=number, email="a@example.com", name=name)


CASES = {
    "one fits": (asked(), [hit("A1")], CREATE, Outcome.CONFIRMED, "matched by email: A1 Name of A1"),
    "one fits where none may be made": (asked(), [hit("A1", "name")], REVIEW, Outcome.CONFIRMED, "matched by name"),
    "two fit": (asked(), [hit("A1"), hit("A2")], CREATE, Outcome.CUSTOMER_MISSING, "2 customers fit by email (A1, A2)"),
    "the number that it names is unknown": (
        asked("B7"), [], CREATE, Outcome.CUSTOMER_MISSING, "account B7, which the ERP does not have",
    ),
    "none fits and none may be made": (asked(), [], REVIEW, Outcome.CUSTOMER_MISSING, "does not have this customer"),
    "none fits and it has no name": (asked(name=None), [], CREATE, Outcome.CUSTOMER_MISSING, "without a name"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_a_look_up_means(sqlite_database: Database, case: str) -> None:
    query, hits, rules, outcome, text = CASES[case]
    line = judge_match(a_customer(sqlite_database), query, hits, rules)
    assert line
    assert (line.outcome, line.number) == (outcome, hits[0].number if outcome is Outcome.CONFIRMED else None)
    assert text in (line.text or "")


def test_whom_nobody_knows_is_made(sqlite_database: Database) -> None:
    assert judge_match(a_customer(sqlite_database), asked(), [], CREATE) is None


def test_a_customer_is_asked_for_by_what_its_record_says(sqlite_database: Database) -> None:
    record = a_customer(sqlite_database, email="Ann@Example.COM", account_number="acme")
    assert query_of(record) == CustomerQuery(record.id, "ACME", "ann@example.com", "Acme", "10001")
