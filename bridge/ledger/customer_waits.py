"""Orders that wait for their customer's record, and what they wait for."""

from sqlalchemy import ColumnElement

from bridge.ledger import schema
from bridge.ledger.rows import Reason, Record
from bridge.states import State


def customer_condition(record_id: int) -> str:
    """The condition of an order that waits for its customer's record."""
    return f"customer:{record_id}"


NEEDS_DECISION = frozenset({State.REVIEW, State.DEAD, State.CANCELLED, State.DISCARDED})
"""States of a customer's record in which its orders wait for a person too."""

APPROVAL = "approval"
"""The reason of a customer's record that waits for a person's word, who gives it by replaying the record."""


def needs_decision(customer: Record) -> bool:
    """Whether orders of this customer wait for a person too; what only waits for approval is no case for them."""
    waits_for_word = customer.state is State.REVIEW and customer.reason_code == APPROVAL
    return customer.state in NEEDS_DECISION and not waits_for_word


def customer_missing(customer: Record) -> Reason:
    """Why an order of this customer waits for a person."""
    why = customer.reason_text or f"its record is {customer.state}"
    text = f"customer {customer.source_id} waits for a person: {why}"
    return Reason("customer missing", text, field="customer", value=customer.source_id)


def waits_for_customer(record_id: int, *states: State) -> ColumnElement[bool]:
    """Orders in these states that wait for the customer's record."""
    columns = schema.record.c
    return (columns.condition == customer_condition(record_id)) & columns.state.in_([state.value for state in states])
