"""Customers: creating one, finding those that fit, and their credit (reference sage100.md 1.1.7, 2.5)."""

import re
from decimal import Decimal

from bridge.erp.sage100.bus import BusObject
from bridge.erp.sage100.company import SageCompany
from bridge.ports.erp import CustomerHit, CustomerQuery, CustomerStanding, ErpWrite

_KEYS = ("ARDivisionNo", "CustomerNo")
_BALANCES = ("CurrentBalance", "AgingCategory1", "AgingCategory2", "AgingCategory3", "AgingCategory4")
_SAFE_EMAIL = re.compile(r"[!#-~]+@[!#-~]+")
_SAFE_POSTAL_CODE = re.compile(r"[A-Za-z0-9 \-]{1,10}")


def customer_key(number: str, company: SageCompany) -> tuple[tuple[str, str], ...]:
    """The two parts of a customer's key; a number alone is ambiguous (reference 5)."""
    return (("ARDivisionNo", company.division), ("CustomerNo", number))


def fill_customer(bus: BusObject, write: ErpWrite, company: SageCompany) -> None:
    """Sets the columns in the mapping's order, the stamp last. Raises `Refusal`, `Refused`, `ComFault`."""
    for column, value in {**write.header, company.customer_udf: write.stamp}.items():
        if column not in _KEYS:
            bus.put(column, value)


def match_customer(bus: BusObject, query: CustomerQuery, company: SageCompany) -> list[CustomerHit]:
    """Who fits: the number, else a single e-mail hit, else name with postal code, else the several by e-mail.

    Only e-mail and postal code go into a filter, and only when they can't break out of its quotes; names are compared
    here, ignoring case and spacing. Raises `Refusal`, `Refused`, `ComFault`.
    """
    if query.number and (hit := _hit(bus, query.number, "number", company)):
        return [hit]
    by_email = [_hit(bus, number, "email", company) for _, number in _rows_by_email(bus, query.email, company)]
    if len(by_email) == 1 or not (query.name and query.postal_code):
        return _found(by_email)
    wanted = _plain(query.name)
    numbers = [
        number for name, number in _rows_by_postal_code(bus, query.postal_code, company) if _plain(name) == wanted
    ]
    return _found([_hit(bus, number, "name", company) for number in numbers] or by_email)


def _hit(bus: BusObject, number: str, by: str, company: SageCompany) -> CustomerHit | None:
    if not bus.find(*customer_key(number, company)):
        return None
    return CustomerHit(number, bus.text("CustomerName"), by, bus.text("ZipCode") or None)


def _found(hits: list[CustomerHit | None]) -> list[CustomerHit]:
    return [hit for hit in hits if hit]


def _rows_by_email(bus: BusObject, email: str | None, company: SageCompany) -> list[tuple[str, str]]:
    if not email or not _SAFE_EMAIL.fullmatch(email):
        return []
    spellings = dict.fromkeys((email, email.lower()))
    return _rows(bus, " OR ".join(f'ARDivisionNo$+EmailAddress$="{company.division}{s}"' for s in spellings))


def _rows_by_postal_code(bus: BusObject, postal_code: str, company: SageCompany) -> list[tuple[str, str]]:
    if not _SAFE_POSTAL_CODE.fullmatch(postal_code):
        return []
    return _rows(bus, f'ARDivisionNo$+ZipCode$="{company.division}{postal_code}"')


def _rows(bus: BusObject, condition: str) -> list[tuple[str, str]]:
    return bus.select("CustomerName$", "CustomerNo$", condition)


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()


def customer_standing(bus: BusObject, number: str, company: SageCompany) -> CustomerStanding | None:
    """A customer's credit as it is now, or None. The balance is the current amount with the ageing columns there are.

    Raises `Refusal`, `Refused`, `ComFault`.
    """
    if not bus.find(*customer_key(number, company)):
        return None
    known = bus.columns()
    return CustomerStanding(
        number=number,
        on_credit_hold=bus.text("CreditHold") == "Y",
        credit_limit=bus.number("CreditLimit"),
        balance=sum((bus.number(column) for column in _BALANCES if column in known), Decimal(0)),
        open_orders=bus.number("OpenOrderAmt"),
        is_active=bus.text("CustomerStatus") == "A",
    )
