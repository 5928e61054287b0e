"""Orders wait for their customer's record and follow it, on both databases; also when both move in one moment."""

from typing import Any

import pytest

from bridge.documents import Address, Customer
from bridge.errors import LostRace
from bridge.ledger.customer_waits import customer_condition
from bridge.ledger.customers import add_customer, find_customer, heal_orders, refresh_customer
from bridge.ledger.moves import Step, move
from bridge.ledger.people import discard, replay
from bridge.ledger.rows import Reason, Record
from bridge.ledger.settle import Settlement, settle
from bridge.ledger.store import Database
from bridge.ledger.trace import open_alarms, trace
from bridge.outcomes import Outcome
from bridge.states import NEEDS_PERSON, State
from tests.builders import NOW, a_customer, an_order, the
from tests.crowds import at_once
from tests.ledger_walks import change, walk, write

LATER = NOW.replace(hour=20)
BUYER = Customer(source_id="c9", site_id="main", name="Acme", address=Address())


def waiting(database: Database, customer: Record, source_id: str = "1") -> Record:
    """An order that was read before its customer was decided."""
    order = an_order(database, source_id, customer=customer)
    with database.write() as connection:
        condition = customer_condition(customer.id)
        return move(connection, order, Step(State.HELD, "waits", "test", changes={"condition": condition}), NOW)


def outcome_of(database: Database, customer: Record, state: State) -> Record:
    """The customer's record comes to this, by its writer or a person; its orders are told of it or not."""
    outcomes = {State.CONFIRMED: Outcome.CONFIRMED, State.REVIEW: Outcome.CUSTOMER_MISSING, State.DEAD: Outcome.UNKNOWN}
    if state in outcomes:
        return write(database, customer, outcomes[state], text="two of them fit")
    return walk(database, customer, state)


def test_a_confirmed_customer_lets_all_its_orders_go_and_no_other(database: Database) -> None:
    customer, other = a_customer(database, "c1"), a_customer(database, "c2", priority=1)
    orders = [waiting(database, customer, "1"), waiting(database, customer, "2")]
    apart = waiting(database, other, "3")
    outcome_of(database, customer, State.CONFIRMED)
    for order in orders:
        now = the(database, order)
        assert (now.state, now.condition) == (State.READY, None)
        assert trace(database, order.id).moves[-1].why == f"customer is {the(database, customer).number}"
    assert the(database, apart).state is State.HELD


@pytest.mark.parametrize("state", sorted(NEEDS_PERSON))
def test_a_customer_that_needs_a_person_takes_its_orders_along_and_brings_them_back(
    database: Database, state: State
) -> None:
    customer = a_customer(database)
    order = waiting(database, customer)
    outcome_of(database, customer, state)
    now = the(database, order)
    assert (now.state, now.reason_code, now.reason_field, now.reason_value) == (
        State.REVIEW, "customer missing", "customer", "c1",
    )  # fmt: skip
    assert "two of them fit" in (now.reason_text or "")
    assert f"customer:{customer.id}" in [alarm.key for alarm in open_alarms(database)]
    replay(database, [customer.id], by="Ann", why="merged in Sage", now=NOW)
    write(database, customer, Outcome.CONFIRMED)
    now = the(database, order)
    assert (now.state, now.reason_code, now.condition) == (State.READY, None, None)
    assert f"customer:{customer.id}" not in [alarm.key for alarm in open_alarms(database)]


def test_an_order_that_a_person_has_given_up_stays_given_up(database: Database) -> None:
    customer = a_customer(database)
    order = waiting(database, customer)
    outcome_of(database, customer, State.REVIEW)
    discard(database, order.id, by="Ann", why="a test order", now=NOW)
    replay(database, [customer.id], by="Ann", why="merged in Sage", now=NOW)
    write(database, customer, Outcome.CONFIRMED)
    assert (the(database, order).state, heal_orders(database, by="steward", now=LATER)) == (State.DISCARDED, 0)


DECIDED = [
    (State.CONFIRMED, State.READY),
    (State.REVIEW, State.REVIEW),
    (State.DEAD, State.REVIEW),
    (State.CANCELLED, State.REVIEW),
    (State.DISCARDED, State.REVIEW),
]


@pytest.mark.parametrize(("decided", "follows"), DECIDED)
def test_an_order_that_missed_its_customers_outcome_is_healed_once(
    database: Database, decided: State, follows: State
) -> None:
    customer = a_customer(database)
    outcome_of(database, customer, decided)
    order, patient = waiting(database, customer), waiting(database, a_customer(database, "c2"), "2")
    assert heal_orders(database, by="steward", now=LATER) == 1
    now = the(database, order)
    assert (now.state, the(database, patient).state) == (follows, State.HELD)
    assert trace(database, order.id).moves[-1].by == "steward"
    if follows is State.READY:
        assert (now.condition, now.due_at) == (None, LATER)
    else:
        assert (now.reason_code, now.condition) == ("customer missing", customer_condition(customer.id))
    assert heal_orders(database, by="steward", now=LATER) == 0


def test_an_order_in_review_for_its_customer_is_healed_too(database: Database) -> None:
    customer = a_customer(database)
    order = waiting(database, customer)
    outcome_of(database, customer, State.REVIEW)
    change(database, customer, state=State.CONFIRMED.value, number="C1")
    assert heal_orders(database, by="steward", now=LATER) == 1
    assert the(database, order).state is State.READY


@pytest.mark.parametrize("attempt", range(4))
def test_an_order_read_in_the_moment_of_its_customers_outcome_is_never_forgotten(
    database: Database, attempt: int
) -> None:
    customer = a_customer(database)
    order = change(database, walk(database, an_order(database, "1", customer=customer), State.HELD), needs_read=True)
    condition = customer_condition(customer.id)

    def read(mine: Database) -> None:
        with mine.write() as connection:
            known = find_customer(connection, order, "c1")
            assert known
            is_confirmed = known.state is State.CONFIRMED
            waits = Settlement(State.HELD, "waits", 1, condition=condition)
            goes = Settlement(State.READY, "mapped", 1)
            settle(connection, order, goes if is_confirmed else waits, by="reader", now=NOW)

    wrong = at_once(
        database,
        read,
        lambda mine: write(mine, customer, Outcome.CONFIRMED),
        lambda mine: heal_orders(mine, by="s", now=NOW),
    )
    assert [error for error in wrong if not isinstance(error, LostRace)] == []
    heal_orders(database, by="steward", now=LATER)
    assert the(database, customer).state is State.CONFIRMED
    assert the(database, order).state is State.READY


# The customer's record itself


def add(database: Database, order: Record, **columns: Any) -> Record:
    facts = {"mapped": "{}", "refused": None, "mapping_version": "1", **columns}
    with database.write() as connection:
        return add_customer(connection, order, BUYER, by="reader", now=NOW, **facts)


def refresh(database: Database, known: Record, customer: Customer = BUYER, mapped: str | None = "{}") -> Record:
    with database.write() as connection:
        return refresh_customer(connection, known, customer, mapped=mapped, mapping_version="2", by="reader", now=LATER)


def test_one_record_is_made_per_account_and_lane(database: Database) -> None:
    order, elsewhere = an_order(database, "1"), an_order(database, "2", lane="sage100:XYZ")
    made = add(database, order)
    assert (made.state, made.priority, made.lane) == (State.READY, 0, order.lane)
    with pytest.raises(LookupError, match="customer c9 exists by now"):
        add(database, order)
    assert add(database, elsewhere).lane == "sage100:XYZ"
    with database.read() as connection:
        assert find_customer(connection, order, "c9") == made
        assert find_customer(connection, order, "c10") is None


def test_one_that_cannot_be_mapped_waits_for_a_person(database: Database) -> None:
    made = add(database, an_order(database), mapped=None, refused=Reason("rejected", "no state", field="regionCode"))
    assert (made.state, made.reason_field) == (State.REVIEW, "regionCode")


@pytest.mark.parametrize("state", sorted(NEEDS_PERSON))
def test_one_that_waits_for_a_person_is_tried_again_when_an_order_brings_other_facts(
    database: Database, state: State
) -> None:
    known = walk(database, add(database, an_order(database)), state)
    assert refresh(database, known) == known, "the same facts"
    assert refresh(database, known, mapped=None) == known, "facts that cannot be mapped"
    now = refresh(database, known, BUYER.model_copy(update={"name": "Acme Inc."}))
    assert (now.state, now.due_at, now.mapping_version, now.reason_code) == (State.READY, LATER, "2", None)
    assert "Acme Inc." in (now.content or "")
    closed = [letter.closed_by for letter in trace(database, known.id).dead_letters]
    assert closed == (["reader"] if state is State.DEAD else [])


def test_one_that_is_on_its_way_is_left_alone(database: Database) -> None:
    known = add(database, an_order(database))
    assert refresh(database, known, BUYER.model_copy(update={"name": "Acme Inc."})) == known
