"""Customers: one customer's orders, invoices, payments, credit and terms, and what differs between both sides."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from starlette.responses import Response

from bridge.documents import Customer, CustomerTerms, Invoice, Receipt
from bridge.ledger.dossiers import Dossier, customers, dossier
from bridge.ledger.rows import Record
from bridge.shown import SHOWN
from bridge.states import NEEDS_PERSON, State
from desk.rendering import Desk
from desk.settings import Role
from desk.visits import NotThere, Page, Visit

_PAGE = 50
_PAID = frozenset({"paid", "void"})


def show(desk: Desk, visit: Visit) -> Response:
    """Customers to choose from, the newest first; or those who answer to a name."""
    wanted = visit.query("q")
    found = customers(desk.database, wanted, before=_id(visit.query("before")), limit=_PAGE)
    older = found[-1].id if len(found) == _PAGE and not wanted else None
    people = [(record, _document(record)) for record in found]
    return desk.page(visit, "customers.html", title="Customers", people=people, wanted=wanted, older=older)


def show_one(desk: Desk, visit: Visit) -> Response:
    """One customer from all sides."""
    number = visit.number("id")
    try:
        found = dossier(desk.database, number, before=_id(visit.query("before")), page=_PAGE)
    except KeyError:
        raise NotThere(f"no record {number} in the ledger") from None
    return desk.page(visit, "customer.html", title=_title(found.customer), **_facts(found))


def _facts(found: Dossier) -> dict[str, Any]:
    invoices = [Invoice.model_validate_json(each.content) for each in found.invoices if each.content]
    receipts = [Receipt.model_validate_json(each.content) for each in found.receipts if each.content]
    unpaid = [each for each in invoices if each.state not in _PAID]
    return {
        "found": found,
        "document": _document(found.customer),
        "terms": CustomerTerms.model_validate_json(found.terms.content)
        if found.terms and found.terms.content
        else None,
        "unpaid": unpaid,
        "owed": _owed(unpaid),
        "receipts": receipts,
        "held": [each for each in found.orders if each.state is State.HELD or each.state in NEEDS_PERSON],
        "differences": list(differences(found)),
    }


def differences(found: Dossier) -> Iterator[tuple[Record, str]]:
    """What the storefront and the ERP do not agree on, or have not told each other yet, each with its record. Pure."""
    for order in found.orders:
        if order.erp_total is not None and order.amount is not None and order.erp_total != order.amount:
            yield order, f"{order.amount} {order.currency} at the storefront, {order.erp_total} in Sage"
        elif order.flags:
            yield order, order.flags
    for record in found.unsettled:
        if record.state in NEEDS_PERSON:
            yield record, "waits for a person"
        elif record.document in SHOWN:
            yield record, "Sage's newer value is not shown at the storefront yet"
        else:
            yield record, "is not in Sage yet"


def _owed(invoices: list[Invoice]) -> dict[str, Decimal]:
    """What is owed by currency; a credit memo takes off."""
    sums: dict[str, Decimal] = {}
    for each in invoices:
        sums[each.currency] = sums.get(each.currency, Decimal(0)) + each.balance_due
    return sums


def _title(customer: Record) -> str:
    return f"Customer {customer.number or customer.source_id}"


def _document(customer: Record) -> Customer | None:
    return Customer.model_validate_json(customer.content) if customer.content else None


def _id(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None


routes = (
    Page("GET", "/customers", Role.VIEW, show),
    Page("GET", "/customers/{id}", Role.VIEW, show_one),
)
