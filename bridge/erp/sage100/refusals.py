"""What is said of a record whose write Sage refused or broke off, and how its unsaved edit is given up."""

from bridge.erp.sage100.bus import BusObject, Refusal
from bridge.erp.sage100.classify import OUTCOMES, field_in, meaning_of_fault, meaning_of_refusal
from bridge.erp.sage100.com import ComFault
from bridge.erp.sage100.session import SageSession
from bridge.errors import LaneLocked, NoSeat, Refused, TidegateError, Unreachable
from bridge.outcomes import Outcome
from bridge.ports.erp import ErpWrite, ResultLine

Failure = Refusal | ComFault | TidegateError

_STEP_OUTCOMES: dict[type[TidegateError], Outcome] = {
    LaneLocked: Outcome.LOCKED,
    NoSeat: Outcome.NO_SEAT,
    Unreachable: Outcome.NEVER_BEGUN,
}
"""For an object that could not be opened again; anything else there is a matter of rights or set-up."""


def not_written(session: SageSession, write: ErpWrite, failure: Failure) -> ResultLine:
    """What a failure before the record's last call means: nothing of it was saved."""
    if isinstance(failure, Refusal):
        outcome = OUTCOMES[meaning_of_refusal(failure.text, column=failure.column, value=failure.value)]
        column = failure.column or field_in(failure.text)
        return ResultLine(write.record_id, outcome, field=column, value=failure.value, text=failure.text)
    if isinstance(failure, ComFault):
        session.note_failure(failure)
        outcome = OUTCOMES[meaning_of_fault(failure.text, member=failure.member, value=failure.value)]
        return ResultLine(write.record_id, outcome, field=failure.column, value=failure.value, text=str(failure))
    if isinstance(failure, Refused):
        return ResultLine(
            write.record_id, Outcome.REJECTED, field=failure.field, value=failure.value, text=str(failure)
        )
    return ResultLine(
        write.record_id, _STEP_OUTCOMES.get(type(failure), Outcome.UNAUTHORISED), text=str(failure)
    )  # fmt: skip


def give_up(session: SageSession, bus: BusObject) -> None:
    """Clears the unsaved edit and its lock; an object that won't be cleared is dropped, which ends the lock too."""
    try:
        bus.give_up()
    except (Refusal, ComFault) as failure:
        session.note_failure(failure)


def in_doubt(session: SageSession, write: ErpWrite, fault: ComFault) -> ResultLine:
    """What an error raised by the record's last call means: nobody knows, and the session is not used any more."""
    session.is_broken = True
    return ResultLine(write.record_id, Outcome.UNCERTAIN, write.number, text=str(fault))
