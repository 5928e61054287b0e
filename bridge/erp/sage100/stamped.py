"""Lists what carries a stamp, wherever it may be by now: how a ledger restored from a backup learns what Sage has."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from bridge.erp.sage100.bus import BusObject
from bridge.erp.sage100.company import (
    CUSTOMERS,
    INVOICE,
    INVOICE_HISTORY,
    ORDER_HISTORY,
    SALES_ORDER,
    BusKind,
)
from bridge.erp.sage100.session import SageSession
from bridge.ports.erp import CUSTOMER, ORDER, Stamped, StampedPage


@dataclass(frozen=True)
class _Place:
    """One table: whose number a row carries, and the expression of the row's own key."""

    kind: BusKind
    name: str
    number: str
    key: str


PLACES: dict[str, tuple[_Place, ...]] = {
    ORDER: (
        _Place(SALES_ORDER, "open", "SalesOrderNo$", "SalesOrderNo$"),
        _Place(ORDER_HISTORY, "history", "SalesOrderNo$", "SalesOrderNo$"),
        _Place(INVOICE, "unposted invoice", "SalesOrderNo$", "InvoiceNo$"),
        _Place(INVOICE_HISTORY, "invoice history", "SalesOrderNo$", "InvoiceNo$+HeaderSeqNo$"),
    ),
    CUSTOMER: (_Place(CUSTOMERS, "customer", "CustomerNo$", "ARDivisionNo$+CustomerNo$"),),
}
"""In the order in which an order moves on, so that one that moves while it is listed is not missed."""


@dataclass(frozen=True)
class _Wanted:
    """The columns of stamp and name, and from which day on; Sage's own dates are local days (reference 2.1)."""

    udf: str
    text: str
    since: date

    def condition(self, *, has_stamps: bool) -> str:
        """Stamped rows that were made or changed since; all such rows of a table that keeps no stamps."""
        day = self.since.strftime("%Y%m%d")
        changed = f'(DateUpdated$>="{day}" OR DateCreated$>="{day}")'
        return f'{self.udf}$<>"" AND {changed}' if has_stamps else changed


_ROW = re.compile(r"(?P<number>[^|]*)\|(?P<stamp>.*?:\d+|)\|(?P<text>.*)", re.DOTALL)
"""A stamp of another form than ours was typed by somebody and is not ours."""


def list_stamped(session: SageSession, document: str, since: date, after: str | None, limit: int) -> StampedPage:
    """One page, see `ErpSession.stamped`; `after` is the place and the key of the last row of the page before.

    Raises `Refusal`, `ComFault`.
    """
    company = session.company
    wanted = _Wanted(company.order_udf if document == ORDER else company.customer_udf, company.name_column, since)
    found: list[tuple[str, Stamped]] = []
    first, _, begin = (after or "0 ").partition(" ")
    for index, place in list(enumerate(PLACES[document]))[int(first) :]:
        for key, row in _rows(session.bus(place.kind), place, wanted, begin):
            if len(found) == limit:
                return StampedPage(tuple(row for _, row in found), found[-1][0])
            found.append((f"{index} {key}", row))
        begin = ""
    return StampedPage(tuple(row for _, row in found))


def _rows(bus: BusObject, place: _Place, wanted: _Wanted, begin: str) -> Iterator[tuple[str, Stamped]]:
    columns = bus.columns()
    parts = (place.number, *(f"{name}$" if name in columns else '""' for name in (wanted.udf, wanted.text)))
    condition = wanted.condition(has_stamps=wanted.udf in columns)
    for description, key in bus.select('+"|"+'.join(parts), place.key, condition, begin):
        row = _ROW.fullmatch(description)
        if row and row["number"] and key != begin:
            yield key, Stamped(row["number"], row["stamp"], place.name, row["text"].strip())
