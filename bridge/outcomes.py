"""What one write came to, and what follows: one pure, table-driven function (design, section 6)."""

from dataclasses import dataclass, replace
from enum import StrEnum

from bridge.states import State


class Outcome(StrEnum):
    """What one write came to."""

    CONFIRMED = "confirmed"
    CONFIRMED_FLAGGED = "confirmed, flagged"
    REJECTED = "rejected"
    CUSTOMER_MISSING = "customer missing"
    HELD_BACK = "held back before the write"
    CONFLICT = "conflict"
    UNCERTAIN = "uncertain"
    NEVER_BEGUN = "never begun"
    BROKE_OFF = "session broke at this record"
    RECORD_BUSY = "record busy"
    LOCKED = "locked"
    NO_SEAT = "no seat"
    UNAUTHORISED = "unauthorised"
    WENT_BACK = "the ERP went back"
    UNAVAILABLE = "unavailable"
    THROTTLED = "throttled"
    UNKNOWN = "unknown before the request"


class BatchNext(StrEnum):
    """What the rest of the batch does."""

    GOES_ON = "goes on"
    ENDS = "ends"


class LaneNext(StrEnum):
    """What the lane does."""

    OPEN = "open"
    CLOSED = "closed until the next window"
    HALTED = "halted until a person resumes it"


class Urgency(StrEnum):
    """How loudly a person is told."""

    NONE = "none"
    NORMAL = "normal"
    HIGH = "high"
    AT_ONCE = "at once"


@dataclass(frozen=True)
class Verdict:
    """What follows an outcome, for the record, its batch and its lane."""

    state: State
    batch: BatchNext = BatchNext.GOES_ON
    lane: LaneNext = LaneNext.OPEN
    counts_as_failure: bool = False
    alert: Urgency = Urgency.NONE


_ENDS, _CLOSED, _HALTED = BatchNext.ENDS, LaneNext.CLOSED, LaneNext.HALTED

TABLE: dict[Outcome, Verdict] = {
    Outcome.CONFIRMED: Verdict(State.CONFIRMED),
    Outcome.CONFIRMED_FLAGGED: Verdict(State.CONFIRMED, alert=Urgency.NORMAL),
    Outcome.REJECTED: Verdict(State.REVIEW, counts_as_failure=True, alert=Urgency.NORMAL),
    Outcome.CUSTOMER_MISSING: Verdict(State.REVIEW),
    Outcome.HELD_BACK: Verdict(State.HELD, alert=Urgency.NORMAL),
    Outcome.CONFLICT: Verdict(State.UNCERTAIN),
    Outcome.UNCERTAIN: Verdict(State.UNCERTAIN, batch=_ENDS, lane=_CLOSED),
    Outcome.NEVER_BEGUN: Verdict(State.READY, batch=_ENDS, lane=_CLOSED),
    # Proven unwritten too, but this very record may be what breaks the session: it must not head every window for ever.
    Outcome.BROKE_OFF: Verdict(State.READY, batch=_ENDS, lane=_CLOSED, counts_as_failure=True),
    Outcome.RECORD_BUSY: Verdict(State.READY),
    Outcome.LOCKED: Verdict(State.READY, batch=_ENDS, lane=_CLOSED),
    Outcome.NO_SEAT: Verdict(State.READY, batch=_ENDS, lane=_CLOSED),
    Outcome.UNAUTHORISED: Verdict(State.READY, batch=_ENDS, lane=_HALTED, alert=Urgency.AT_ONCE),
    Outcome.WENT_BACK: Verdict(State.READY, batch=_ENDS, lane=_HALTED, alert=Urgency.AT_ONCE),
    Outcome.UNAVAILABLE: Verdict(State.READY, batch=_ENDS, lane=_CLOSED),
    Outcome.THROTTLED: Verdict(State.READY, batch=_ENDS),
    Outcome.UNKNOWN: Verdict(State.DEAD, counts_as_failure=True, alert=Urgency.HIGH),
}


def follow(outcome: Outcome, *, failures: int, limit: int, repeated: bool = False) -> Verdict:
    """What follows `outcome` for a record that has failed `failures` times before, out of `limit`.

    `repeated` says that the same outcome ended the lane's previous window too (a long outage). Pure.
    """
    verdict = TABLE[outcome]
    if verdict.counts_as_failure and failures + 1 >= limit:
        return replace(verdict, state=State.DEAD, alert=Urgency.HIGH)
    if repeated and outcome in {Outcome.UNCERTAIN, Outcome.UNAVAILABLE}:
        return replace(verdict, alert=Urgency.HIGH)
    return verdict


def after_probe_absent(*, failures: int, limit: int) -> Verdict:
    """What follows a probe that found nothing: the doubtful write counts as a failure, and is tried again."""
    if failures + 1 >= limit:
        return Verdict(State.DEAD, counts_as_failure=True, alert=Urgency.HIGH)
    return Verdict(State.READY, counts_as_failure=True)


if set(TABLE) != set(Outcome):
    raise RuntimeError("an outcome has no verdict")
