"""Looking a reserved number up wherever its document may be by now (design, section 5.5). Changes nothing."""

from collections.abc import Iterator

from bridge.erp.sage100.bus import BusObject
from bridge.erp.sage100.company import CUSTOMERS, INVOICE, INVOICE_HISTORY, ORDER_HISTORY, SALES_ORDER
from bridge.erp.sage100.customers import customer_key
from bridge.erp.sage100.orders import read_order
from bridge.erp.sage100.session import SageSession
from bridge.errors import Refused
from bridge.ports.erp import Finding, ProbeKey, Verdict


def probe_order(session: SageSession, key: ProbeKey) -> Finding:
    """Open orders, order history, unposted invoices, invoice history, in this order; the first that knows the number.

    Raises `Refusal`, `Refused`, `ComFault`: then nobody may say that the order is absent.
    """
    udf = session.company.order_udf
    for kind, place in ((SALES_ORDER, "open"), (ORDER_HISTORY, "history")):
        if found := _stored_order(session.bus(kind), key, udf, place):
            return found
    for kind, place in ((INVOICE, "unposted invoice"), (INVOICE_HISTORY, "invoice history")):
        if found := next(_invoiced(session.bus(kind), key, udf, place), None):
            return found
    return Finding(key.record_id, Verdict.ABSENT, key.number)


def _stored_order(bus: BusObject, key: ProbeKey, udf: str, place: str) -> Finding | None:
    if udf not in bus.columns():
        return _without_stamp(key, udf, place) if bus.find(("SalesOrderNo", key.number)) else None
    order = read_order(bus, key.number, udf)
    if order is None:
        return None
    return Finding(
        key.record_id, _verdict(order.stamp, key), key.number, place, order.stamp, order.total, order.on_hold
    )


def _invoiced(bus: BusObject, key: ProbeKey, udf: str, place: str) -> Iterator[Finding]:
    """An invoice made from the order, whether or not the site carries our column on to its invoices."""
    has_stamp = udf in bus.columns()
    rows = bus.select(f"{udf}$" if has_stamp else "SalesOrderNo$", "InvoiceNo$", _made_from(key.number))
    for stamp, invoice in rows:
        if has_stamp:
            told = f"invoice {invoice}"
            yield Finding(key.record_id, _verdict(stamp, key), key.number, place, stamp, text=told)
        else:
            yield _without_stamp(key, udf, f"{place} {invoice}")


def _made_from(number: str) -> str:
    if not number.isalnum():
        raise Refused("an order number of other than letters and digits", field="SalesOrderNo", value=number)
    return f'SalesOrderNo$="{number}"'


def _verdict(stamp: str, key: ProbeKey) -> Verdict:
    return Verdict.OURS if stamp == key.stamp else Verdict.ANOTHERS


def _without_stamp(key: ProbeKey, udf: str, place: str) -> Finding:
    told = f"found in {place}, where Sage keeps no {udf}; a person must compare it with the order"
    return Finding(key.record_id, Verdict.UNREADABLE, key.number, place, text=told)


def probe_customer(session: SageSession, key: ProbeKey) -> Finding:
    """The customer under a number. Raises `Refusal`, `Refused`, `ComFault`."""
    bus = session.bus(CUSTOMERS)
    if not bus.find(*customer_key(key.number, session.company)):
        return Finding(key.record_id, Verdict.ABSENT, key.number)
    stamp = bus.text(session.company.customer_udf)
    return Finding(key.record_id, _verdict(stamp, key), key.number, "customer", stamp)
