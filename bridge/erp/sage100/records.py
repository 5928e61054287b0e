"""Writing one record, and saying exactly how far it came (reference sage100.md 1.1.2, 1.1.7; design, section 5)."""

from dataclasses import replace

from bridge.erp.sage100.bus import NEW, BusObject, Refusal
from bridge.erp.sage100.classify import OUTCOMES, field_in, meaning_of_fault, meaning_of_refusal
from bridge.erp.sage100.com import ComFault
from bridge.erp.sage100.company import CUSTOMERS, SALES_ORDER
from bridge.erp.sage100.customers import customer_key, fill_customer
from bridge.erp.sage100.orders import fill_order, order_key, read_order
from bridge.erp.sage100.session import SageSession
from bridge.errors import LaneLocked, NoSeat, Refused, TidegateError, Unreachable
from bridge.outcomes import Outcome
from bridge.ports.erp import ORDER, ErpWrite, ResultLine

_STEP_OUTCOMES: dict[type[TidegateError], Outcome] = {
    LaneLocked: Outcome.LOCKED,
    NoSeat: Outcome.NO_SEAT,
    Unreachable: Outcome.NEVER_BEGUN,
}
"""For an object that could not be opened again; anything else there is a matter of rights or set-up."""


class RecordWriter:
    """Writes records through one session, each on its own: a refused one leaves nothing behind."""

    def __init__(self, session: SageSession) -> None:
        self._session = session

    def write(self, write: ErpWrite) -> ResultLine:
        """Writes one record; never raises for what Sage did, and never repeats a call."""
        try:
            bus = self._session.bus(SALES_ORDER if write.document == ORDER else CUSTOMERS)
        except ComFault as fault:
            return self._before_sending(write, fault)
        except TidegateError as failure:
            outcome = _STEP_OUTCOMES.get(type(failure), Outcome.UNAUTHORISED)
            return ResultLine(write.record_id, outcome, text=str(failure))
        return self._fill(bus, write) or self._send(bus, write)

    def _fill(self, bus: BusObject, write: ErpWrite) -> ResultLine | None:
        """Everything before the header's write; None when the record is ready to be saved."""
        try:
            if self._start(bus, write):
                return None
        except Refusal as refusal:
            self._give_up(bus)
            return _refused(write, refusal)
        except Refused as wrong:
            self._give_up(bus)
            return ResultLine(write.record_id, Outcome.REJECTED, field=wrong.field, value=wrong.value, text=str(wrong))
        except ComFault as fault:
            return self._before_sending(write, fault)
        self._give_up(bus)
        text = f"{write.number} is in use in Sage already; a probe decides whose it is"
        return ResultLine(write.record_id, Outcome.CONFLICT, write.number, text=text)

    def _send(self, bus: BusObject, write: ErpWrite) -> ResultLine:
        """The header's write: only now does the record come to exist (reference 1.1.7)."""
        try:
            bus.do("nWrite")
        except Refusal as refusal:
            self._give_up(bus)
            return _refused(write, refusal)
        except ComFault as fault:
            self._session.is_broken = True
            return ResultLine(write.record_id, Outcome.UNCERTAIN, write.number, text=str(fault))
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

    def _give_up(self, bus: BusObject) -> None:
        """Clears the unsaved edit and its lock; an object that won't be cleared is dropped, which ends the lock too."""
        try:
            bus.give_up()
        except (Refusal, ComFault) as failure:
            self._session.note_failure(failure)

    def _before_sending(self, write: ErpWrite, fault: ComFault) -> ResultLine:
        self._session.note_failure(fault)
        outcome = OUTCOMES[meaning_of_fault(fault.text, member=fault.member, value=fault.value)]
        return ResultLine(write.record_id, outcome, field=fault.column, value=fault.value, text=str(fault))

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


def _refused(write: ErpWrite, refusal: Refusal) -> ResultLine:
    outcome = OUTCOMES[meaning_of_refusal(refusal.text, column=refusal.column, value=refusal.value)]
    column = refusal.column or field_in(refusal.text)
    return ResultLine(write.record_id, outcome, field=column, value=refusal.value, text=refusal.text)
