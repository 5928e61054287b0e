"""Writing one record, and saying exactly how far it came (reference sage100.md 1.1.2, 1.1.7; design, section 5)."""

from dataclasses import replace

from bridge.erp.sage100.bus import NEW, BusObject, Refusal
from bridge.erp.sage100.com import ComFault
from bridge.erp.sage100.company import CUSTOMERS, SALES_ORDER
from bridge.erp.sage100.customers import customer_key, fill_customer
from bridge.erp.sage100.depositing import OrderDepositor
from bridge.erp.sage100.order_changes import OrderChange
from bridge.erp.sage100.orders import fill_order, order_key, read_order
from bridge.erp.sage100.refusals import give_up, in_doubt, not_written
from bridge.erp.sage100.session import SageSession
from bridge.erp.sage100.withdrawing import OrderWithdrawer
from bridge.errors import Refused, TidegateError
from bridge.outcomes import Outcome
from bridge.ports.erp import CANCEL, DEPOSIT, ORDER, ErpWrite, ResultLine

_CHANGES: dict[str, type[OrderChange]] = {CANCEL: OrderWithdrawer, DEPOSIT: OrderDepositor}
"""What changes an order that is there."""


class RecordWriter:
    """Writes records through one session, each on its own: a refused one leaves nothing behind."""

    def __init__(self, session: SageSession) -> None:
        self._session = session

    def write(self, write: ErpWrite) -> ResultLine:
        """Writes one record; never raises for what Sage did, and never repeats a call."""
        if change := _CHANGES.get(write.document):
            return change(self._session).write(write)
        try:
            bus = self._session.bus(SALES_ORDER if write.document == ORDER else CUSTOMERS)
        except (ComFault, TidegateError) as failure:
            return not_written(self._session, write, failure)
        return self._fill(bus, write) or self._send(bus, write)

    def _fill(self, bus: BusObject, write: ErpWrite) -> ResultLine | None:
        """Everything before the header's write; None when the record is ready to be saved."""
        try:
            if self._start(bus, write):
                return None
        except ComFault as fault:
            return not_written(self._session, write, fault)
        except (Refusal, Refused) as refusal:
            give_up(self._session, bus)
            return not_written(self._session, write, refusal)
        give_up(self._session, bus)
        text = f"{write.number} is in use in Sage already; a probe decides whose it is"
        return ResultLine(write.record_id, Outcome.CONFLICT, write.number, text=text)

    def _send(self, bus: BusObject, write: ErpWrite) -> ResultLine:
        """The header's write: only now does the record come to exist (reference 1.1.7)."""
        try:
            bus.do("nWrite")
        except Refusal as refusal:
            give_up(self._session, bus)
            return not_written(self._session, write, refusal)
        except ComFault as fault:
            return in_doubt(self._session, write, fault)
        return self._confirmed(bus, write)

    def _start(self, bus: BusObject, write: ErpWrite) -> bool:
        """Opens the new record and fills it; False when the number is not new (reference 1.1.7: want 2)."""
        company = self._session.company
        is_order = write.document == ORDER
        key = order_key(write) if is_order else customer_key(write.number, company)
        if bus.set_key(*key) != NEW:
            return False
        (fill_order if is_order else fill_customer)(bus, write, company)
        return True

    def _confirmed(self, bus: BusObject, write: ErpWrite) -> ResultLine:
        """Sage has said that the record is saved: nothing that fails from here on may change that."""
        line = ResultLine(write.record_id, Outcome.CONFIRMED, write.number)
        warnings = list(bus.warnings)
        if write.document == ORDER:
            try:
                order = read_order(bus, write.number, self._session.company.order_udf)
                line = replace(line, total=order.total, on_hold=order.on_hold) if order else line
            except (Refusal, Refused, ComFault) as failure:
                self._session.note_failure(failure)
                warnings.append(f"written, but its total could not be read back: {failure}")
        if warnings or line.on_hold:
            line = replace(line, outcome=Outcome.CONFIRMED_FLAGGED, warnings=tuple(warnings), text="; ".join(warnings))
        return line
