"""Changing an order that is in Sage, under its record's lock: the looks that every such change begins with.

`CurrentInvoiceNo` and `LastInvoiceOrderNo` name invoices of an open order (reference sage100.md 2.2). Inferred is that
Sage itself refuses no change of an order that is on an invoice; so we look.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from bridge.erp.sage100.bus import NEW, BusObject, Refusal
from bridge.erp.sage100.com import ComFault
from bridge.erp.sage100.company import ORDER_HISTORY, SALES_ORDER
from bridge.erp.sage100.orders import order_key
from bridge.erp.sage100.refusals import give_up, in_doubt, not_written
from bridge.erp.sage100.session import SageSession
from bridge.errors import TidegateError
from bridge.outcomes import Outcome
from bridge.ports.erp import ErpWrite, Finding, ProbeKey, ResultLine, Verdict

KEY, STATUS = "SalesOrderNo", "OrderStatus"
CURRENT_INVOICE, LAST_INVOICE = "CurrentInvoiceNo", "LastInvoiceOrderNo"
_CLOSED = "C"


@dataclass(frozen=True)
class Obstacle:
    """What shows that an order may not be changed any more: a column with its value, in words."""

    column: str
    value: str
    text: str


class OrderChange(ABC):
    """One kind of change through one session. The same change again finds the order so and changes nothing."""

    INVOICED: ClassVar[Mapping[str, str]]
    """What is said of an open order that is on an invoice, by the column that names it; `{}` is its number."""

    def __init__(self, session: SageSession) -> None:
        self._session = session

    def write(self, write: ErpWrite) -> ResultLine:
        """Changes one order; never raises for what Sage did, and never repeats a call."""
        try:
            bus = self._session.bus(SALES_ORDER)
        except (ComFault, TidegateError) as failure:
            return not_written(self._session, write, failure)
        return self._look(bus, write) or self._send(bus, write)

    @abstractmethod
    def is_so(self, bus: BusObject, write: ErpWrite) -> bool:
        """Whether the open order is as it was to be."""

    @abstractmethod
    def fill(self, bus: BusObject, write: ErpWrite) -> ResultLine | None:
        """Sets what is to be set before the last call; what is to be said where it may not be."""

    @abstractmethod
    def gone(self, write: ErpWrite, history: BusObject) -> ResultLine:
        """What is to be said of an order of ours that only history has."""

    def last_call(self, _write: ErpWrite) -> tuple[str, ...]:
        """The member that saves the change, with its arguments."""
        return ("nWrite",)

    def too_late(self, write: ErpWrite, obstacle: Obstacle) -> ResultLine:
        """What is to be said of an order that may not be changed any more."""
        return rejected(write, obstacle.column, obstacle.value, obstacle.text)

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
            return self._not_open(write)
        udf = self._session.company.order_udf
        if (stamp := bus.text(udf)) != write.stamp:
            return rejected(write, udf, stamp, f"{write.number} is there under another stamp")
        if self.is_so(bus, write):
            return done(write, "it was so already")
        for column, text in self.INVOICED.items():
            if invoice := bus.text(column):
                return self.too_late(write, Obstacle(column, invoice, text.format(invoice)))
        if bus.text(STATUS) == _CLOSED:
            return self.too_late(write, Obstacle(STATUS, _CLOSED, "it is closed"))
        return self.fill(bus, write)

    def _not_open(self, write: ErpWrite) -> ResultLine:
        history = self._session.bus(ORDER_HISTORY)
        if not history.find((KEY, write.number)):
            return rejected(write, KEY, write.number, "Sage has it neither among the open orders nor in history")
        udf = self._session.company.order_udf
        if udf in history.columns() and (stamp := history.text(udf)) != write.stamp:
            return rejected(write, udf, stamp, f"{write.number} is in history under another stamp")
        return self.gone(write, history)

    def _send(self, bus: BusObject, write: ErpWrite) -> ResultLine:
        try:
            bus.do(*self.last_call(write))
        except Refusal as refusal:
            give_up(self._session, bus)
            return not_written(self._session, write, refusal)
        except ComFault as fault:
            return in_doubt(self._session, write, fault)
        return done(write, "; ".join(bus.warnings), tuple(bus.warnings))


def done(write: ErpWrite, text: str, warnings: tuple[str, ...] = ()) -> ResultLine:
    """The order is as it was to be."""
    outcome = Outcome.CONFIRMED_FLAGGED if warnings else Outcome.CONFIRMED
    return ResultLine(write.record_id, outcome, write.number, text=text or None, warnings=warnings)


def rejected(write: ErpWrite, column: str, value: str, why: str) -> ResultLine:
    """The order was left as it is, for what Sage has in `column`."""
    return ResultLine(write.record_id, Outcome.REJECTED, field=column, value=value, text=why)


def found(key: ProbeKey, place: str, stamp: str, *, is_so: bool) -> Finding:
    """What a probe says of an order that is there."""
    if stamp != key.stamp:
        return Finding(key.record_id, Verdict.ANOTHERS, key.number, place, stamp)
    return Finding(key.record_id, Verdict.OURS if is_so else Verdict.ABSENT, key.number, place, stamp)
