"""Finding a buyer among the ERP's customers, and the number of a new one."""

import re

from bridge.documents import Customer, Order
from bridge.ports.erp import CustomerQuery
from mappings.settings import LaneMapping

_NUMBER = re.compile(r"[0-9A-Z][0-9A-Z-]*")


def customer_query(document: Order | Customer, record_id: int) -> CustomerQuery:
    """How to look the buyer up: by the account's own number, then by e-mail, then by name with postal code."""
    buyer = document.customer if isinstance(document, Order) else document
    address = document.bill_to if isinstance(document, Order) else document.address
    email = buyer.email or address.email
    return CustomerQuery(
        record_id=record_id,
        number=buyer.account_number.upper() if buyer.account_number else None,
        email=email.lower() if email else None,
        name=buyer.name or address.company or address.name,
        postal_code=address.postal_code,
    )


def customer_number(customer: Customer, reserved: str, lane: LaneMapping) -> str:
    """The number of a new customer: the account's own if Sage can take it, else the reserved one.

    Sage's numbers are capitals and digits, and no longer than the company's setting (reference sage100.md 2.1).
    """
    number = (customer.account_number or "").upper()
    fits = _NUMBER.fullmatch(number) is not None and len(number) <= lane.customer_number_width
    return number if fits else reserved
