"""Holding or removing an order that is in Sage, as far as it still may be, and looking whether that was done.

That an order is held by `OrderStatus` H is read in sources (reference sage100.md 2.2, 3.2). Inferred are that setting a
`CancelReasonCode` and deleting the record in the same edit takes the code along into order history (status X, 2.4),
and that Sage itself refuses neither for an order that is on an invoice.
"""

from collections.abc import Mapping
from typing import ClassVar

from bridge.erp.sage100.bus import BusObject
from bridge.erp.sage100.company import ORDER_HISTORY, SALES_ORDER
from bridge.erp.sage100.order_changes import (
    CURRENT_INVOICE,
    KEY,
    LAST_INVOICE,
    STATUS,
    OrderChange,
    done,
    found,
    rejected,
)
from bridge.erp.sage100.probe import probe_order
from bridge.erp.sage100.session import SageSession
from bridge.ports.erp import REMOVED, ErpWrite, FieldValue, Finding, ProbeKey, ResultLine, Verdict


class OrderWithdrawer(OrderChange):
    """Withdraws orders."""

    INVOICED: ClassVar[Mapping[str, str]] = {
        CURRENT_INVOICE: "it is on invoice {}, which is not posted yet: delete that in Sage and replay, or credit it",
        LAST_INVOICE: "part of it has gone out with invoice {}: a person must say what becomes of the rest",
    }

    def is_so(self, bus: BusObject, write: ErpWrite) -> bool:
        """See `OrderChange.is_so`."""
        return _is_so(bus, write.header)

    def fill(self, bus: BusObject, write: ErpWrite) -> ResultLine | None:
        """See `OrderChange.fill`; the status of a removed order is set by its removal."""
        for column, value in write.header.items():
            if (column, value) != (STATUS, REMOVED):
                bus.put(column, value)
        return None

    def gone(self, write: ErpWrite, history: BusObject) -> ResultLine:
        """See `OrderChange.gone`."""
        status = history.text(STATUS)
        if status == REMOVED:
            return done(write, "it was cancelled in Sage already")
        return rejected(write, STATUS, status, "it is completed: only history has it")

    def last_call(self, write: ErpWrite) -> tuple[str, ...]:
        """See `OrderChange.last_call`."""
        return ("nDelete", write.number) if write.header.get(STATUS) == REMOVED else ("nWrite",)


def _is_so(bus: BusObject, wanted: Mapping[str, FieldValue]) -> bool:
    """Whether the open order has every column as it was to be; one that was to be removed has not."""
    return wanted.get(STATUS) != REMOVED and all(bus.text(column) == value for column, value in wanted.items())


def probe_withdrawal(session: SageSession, key: ProbeKey) -> Finding:
    """Whether an order is as its withdrawal was to make it: held so, or removed. Whoever removed it, it is.

    ABSENT says that it is not so; then a write will tell whether it still may be. History that keeps no stamps is
    believed for the number, which was our order's. Raises `Refusal`, `Refused`, `ComFault`.
    """
    bus, udf = session.bus(SALES_ORDER), session.company.order_udf
    if bus.find((KEY, key.number)):
        return found(key, "open", bus.text(udf), is_so=_is_so(bus, key.columns))
    history = session.bus(ORDER_HISTORY)
    if history.find((KEY, key.number)):
        stamp = history.text(udf) if udf in history.columns() else key.stamp
        return found(key, "history", stamp, is_so=history.text(STATUS) == REMOVED)
    elsewhere = probe_order(session, key)
    if elsewhere.verdict is Verdict.ABSENT and key.columns.get(STATUS) == REMOVED:
        told = "Sage has nothing more of it, and keeps no history of orders"
        return Finding(key.record_id, Verdict.OURS, key.number, text=told, warnings=(told,))
    return Finding(key.record_id, Verdict.ABSENT, key.number, elsewhere.place, text=elsewhere.text)
