"""Customers before orders: each is matched before it is created, and doubt about who it is goes to a person."""

from bridge.documents import Customer
from bridge.ledger.rows import Record
from bridge.outcomes import Outcome
from bridge.ports.erp import CustomerHit, CustomerQuery, ResultLine
from bridge.rules import LaneRules


def query_of(record: Record) -> CustomerQuery:
    """How to look up the customer that a record stands for: its ERP number, then e-mail, then name and postal code."""
    customer = Customer.model_validate_json(record.content or "{}")
    return CustomerQuery(
        record_id=record.id,
        number=customer.account_number.upper() if customer.account_number else None,
        email=customer.email.lower() if customer.email else None,
        name=customer.name,
        postal_code=customer.address.postal_code,
    )


def judge_match(record: Record, query: CustomerQuery, hits: list[CustomerHit], rules: LaneRules) -> ResultLine | None:
    """What a look-up means: found, a person must say, or None for "create it". Pure."""
    if len(hits) == 1:
        text = f"matched by {hits[0].by}: {hits[0].number} {hits[0].name}"
        return ResultLine(record.id, Outcome.CONFIRMED, hits[0].number, text=text)
    if hits:
        numbers = ", ".join(hit.number for hit in hits[:5])
        text = f"{len(hits)} customers fit by {hits[0].by} ({numbers}); a person must say which it is"
        return ResultLine(record.id, Outcome.CUSTOMER_MISSING, field=hits[0].by, value=query.email, text=text)
    if query.number:
        text = f"the storefront says account {query.number}, which the ERP does not have"
        return ResultLine(record.id, Outcome.CUSTOMER_MISSING, field="accountNumber", value=query.number, text=text)
    if rules.customer_missing == "review" or not query.name:
        text = "the ERP does not have this customer" if query.name else "a customer without a name cannot be created"
        return ResultLine(record.id, Outcome.CUSTOMER_MISSING, field="name", value=query.name, text=text)
    return None
