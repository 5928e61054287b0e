"""Holding or removing an order that is in Sage, as far as it still may be, and looking whether that was done.

That an order is held by `OrderStatus` H is read in sources (reference sage100.md 2.2, 3.2). Inferred are that setting a
`CancelReasonCode` and deleting the record in the same edit takes the code along into order history (status X, 2.4),
and that Sage itself refuses neither for an order that is on an invoice; so we look, under the record's lock.
"""

from collections.abc import Mapping

from bridge.erp.sage100.bus import NEW, BusObject, Refusal
from bridge.erp.sage100.com import ComFault
from bridge.erp.sage100.company import ORDER_HISTORY, SALES_ORDER
from bridge.erp.sage100.orders import order_key
from bridge.erp.sage100.probe import probe_order
from bridge.erp.sage100.refusals import give_up, in_doubt, not_written
from bridge.erp.sage100.session import SageSession
from bridge.errors import TidegateError
from bridge.outcomes import Outcome
from bridge.ports.erp import REMOVED, ErpWrite, FieldValue, Finding, ProbeKey, ResultLine, Verdict

_KEY, _STATUS, _CLOSED = "SalesOrderNo", "OrderStatus", "C"

_TOO_LATE = {
    "CurrentInvoiceNo": "it is on invoice {}, which is not posted yet: delete that in Sage and replay, or credit it",
    "LastInvoiceOrderNo": "part of it has gone out with invoice {}: a person must say what becomes of the rest",
}
"""Columns of an open order that name an invoice once it is too late (reference 2.2)."""


class OrderWithdrawer:
    """Withdraws orders through one session. The same withdrawal again finds the order so and changes nothing."""

    def __init__(self, session: SageSession) -> None:
        self._session = session

    def write(self, write: ErpWrite) -> ResultLine:
        """Withdraws one order; never raises for what Sage did, and never repeats a call."""
        try:
            bus = self._session.bus(SALES_ORDER)
        except (ComFault, TidegateError) as failure:
            return not_written(self._session, write, failure)
        return self._look(bus, write) or self._send(bus, write)

    def _look(self, bus: BusObject, write: ErpWrite) -> ResultLine | None:
        """Everything before the order is changed; None when it may be, and what is to be set is set."""
        try:
            line = self._judged(bus, write)
        except ComFault as fault:
            return not_written(self._session, write, fault)
        except (Refusal, TidegateError) as refusal:
            line = not_written(self._session, write, refusal)
        if line:
            give_up(self._session, bus)
        return line

    def _judged(self, bus: BusObject, write: ErpWrite) -> ResultLine | None:
        """Under the record's lock: whose the order is, whether all is done already, and whether it may be done."""
        if bus.set_key(*order_key(write)) == NEW:
            return self._gone(write)
        udf = self._session.company.order_udf
        if (stamp := bus.text(udf)) != write.stamp:
            return _rejected(write, udf, stamp, f"{write.number} is there under another stamp")
        if _is_so(bus, write.header):
            return _done(write, "it was so already")
        for column, text in _TOO_LATE.items():
            if invoice := bus.text(column):
                return _rejected(write, column, invoice, text.format(invoice))
        if bus.text(_STATUS) == _CLOSED:
            return _rejected(write, _STATUS, _CLOSED, "it is closed")
        for column, value in write.header.items():
            if (column, value) != (_STATUS, REMOVED):
                bus.put(column, value)
        return None

    def _gone(self, write: ErpWrite) -> ResultLine:
        """What is to be said of an order that is not open any more."""
        history = self._session.bus(ORDER_HISTORY)
        if not history.find((_KEY, write.number)):
            return _rejected(write, _KEY, write.number, "Sage has it neither among the open orders nor in history")
        udf, status = self._session.company.order_udf, history.text(_STATUS)
        if udf in history.columns() and (stamp := history.text(udf)) != write.stamp:
            return _rejected(write, udf, stamp, f"{write.number} is in history under another stamp")
        if status == REMOVED:
            return _done(write, "it was cancelled in Sage already")
        return _rejected(write, _STATUS, status, "it is completed: only history has it")

    def _send(self, bus: BusObject, write: ErpWrite) -> ResultLine:
        call = ("nDelete", write.number) if write.header.get(_STATUS) == REMOVED else ("nWrite",)
        try:
            bus.do(*call)
        except Refusal as refusal:
            give_up(self._session, bus)
            return not_written(self._session, write, refusal)
        except ComFault as fault:
            return in_doubt(self._session, write, fault)
        return _done(write, "; ".join(bus.warnings), tuple(bus.warnings))


def _is_so(bus: BusObject, wanted: Mapping[str, FieldValue]) -> bool:
    """Whether the open order has every column as it was to be; one that was to be removed has not."""
    return wanted.get(_STATUS) != REMOVED and all(bus.text(column) == value for column, value in wanted.items())


def _done(write: ErpWrite, text: str, warnings: tuple[str, ...] = ()) -> ResultLine:
    outcome = Outcome.CONFIRMED_FLAGGED if warnings else Outcome.CONFIRMED
    return ResultLine(write.record_id, outcome, write.number, text=text or None, warnings=warnings)


def _rejected(write: ErpWrite, column: str, value: str, why: str) -> ResultLine:
    return ResultLine(write.record_id, Outcome.REJECTED, field=column, value=value, text=why)


def probe_withdrawal(session: SageSession, key: ProbeKey) -> Finding:
    """Whether an order is as its withdrawal was to make it: held so, or removed. Whoever removed it, it is.

    ABSENT says that it is not so; then a write will tell whether it still may be. History that keeps no stamps is
    believed for the number, which was our order's. Raises `Refusal`, `Refused`, `ComFault`.
    """
    bus, udf = session.bus(SALES_ORDER), session.company.order_udf
    if bus.find((_KEY, key.number)):
        return _found(key, "open", bus.text(udf), is_so=_is_so(bus, key.columns))
    history = session.bus(ORDER_HISTORY)
    if history.find((_KEY, key.number)):
        stamp = history.text(udf) if udf in history.columns() else key.stamp
        return _found(key, "history", stamp, is_so=history.text(_STATUS) == REMOVED)
    elsewhere = probe_order(session, key)
    if elsewhere.verdict is Verdict.ABSENT and key.columns.get(_STATUS) == REMOVED:
        told = "Sage has nothing more of it, and keeps no history of orders"
        return Finding(key.record_id, Verdict.OURS, key.number, text=told, warnings=(told,))
    return Finding(key.record_id, Verdict.ABSENT, key.number, elsewhere.place, text=elsewhere.text)


def _found(key: ProbeKey, place: str, stamp: str, *, is_so: bool) -> Finding:
    if stamp != key.stamp:
        return Finding(key.record_id, Verdict.ANOTHERS, key.number, place, stamp)
    return Finding(key.record_id, Verdict.OURS if is_so else Verdict.ABSENT, key.number, place, stamp)
