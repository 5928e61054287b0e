"""What follows an outcome: every row of the table with every number of failures; and the states, told a second time."""

import itertools

import pytest

from bridge.outcomes import TABLE, BatchNext, LaneNext, Outcome, Urgency, after_probe_absent, follow
from bridge.states import FINAL, IN_FLIGHT, INITIAL, NEEDS_PERSON, RULES, State, is_legal

LIMIT = 3
GOES_ON, ENDS = BatchNext.GOES_ON, BatchNext.ENDS
OPEN, CLOSED, HALTED = LaneNext.OPEN, LaneNext.CLOSED, LaneNext.HALTED
NO_ALERT, NORMAL, HIGH, AT_ONCE = Urgency.NONE, Urgency.NORMAL, Urgency.HIGH, Urgency.AT_ONCE

TWIN = {
    # outcome: state, batch, lane, counts as a failure, alert
    Outcome.CONFIRMED: (State.CONFIRMED, GOES_ON, OPEN, False, NO_ALERT),
    Outcome.CONFIRMED_FLAGGED: (State.CONFIRMED, GOES_ON, OPEN, False, NORMAL),
    Outcome.REJECTED: (State.REVIEW, GOES_ON, OPEN, True, NORMAL),
    Outcome.CUSTOMER_MISSING: (State.REVIEW, GOES_ON, OPEN, False, NO_ALERT),
    Outcome.HELD_BACK: (State.HELD, GOES_ON, OPEN, False, NORMAL),
    Outcome.CONFLICT: (State.UNCERTAIN, GOES_ON, OPEN, False, NO_ALERT),
    Outcome.UNCERTAIN: (State.UNCERTAIN, ENDS, CLOSED, False, NO_ALERT),
    Outcome.NEVER_BEGUN: (State.READY, ENDS, CLOSED, False, NO_ALERT),
    Outcome.BROKE_OFF: (State.READY, ENDS, CLOSED, True, NO_ALERT),
    Outcome.RECORD_BUSY: (State.READY, GOES_ON, OPEN, False, NO_ALERT),
    Outcome.LOCKED: (State.READY, ENDS, CLOSED, False, NO_ALERT),
    Outcome.NO_SEAT: (State.READY, ENDS, CLOSED, False, NO_ALERT),
    Outcome.UNAUTHORISED: (State.READY, ENDS, HALTED, False, AT_ONCE),
    Outcome.WENT_BACK: (State.READY, ENDS, HALTED, False, AT_ONCE),
    Outcome.UNAVAILABLE: (State.READY, ENDS, CLOSED, False, NO_ALERT),
    Outcome.THROTTLED: (State.READY, ENDS, OPEN, False, NO_ALERT),
    Outcome.UNKNOWN: (State.DEAD, GOES_ON, OPEN, True, HIGH),
}
REPEATED_IS_LOUD = {Outcome.UNCERTAIN, Outcome.UNAVAILABLE}

EVERY_CASE = list(itertools.product(Outcome, range(LIMIT + 1), (False, True)))


@pytest.mark.parametrize(("outcome", "failures", "repeated"), EVERY_CASE)
def test_every_outcome_has_the_verdict_of_the_design(outcome: Outcome, failures: int, repeated: bool) -> None:
    state, batch, lane, counts, alert = TWIN[outcome]
    if counts and failures + 1 >= LIMIT:
        state, alert = State.DEAD, HIGH
    elif repeated and outcome in REPEATED_IS_LOUD:
        alert = HIGH
    verdict = follow(outcome, failures=failures, limit=LIMIT, repeated=repeated)
    told = (verdict.state, verdict.batch, verdict.lane, verdict.counts_as_failure, verdict.alert)
    assert told == (state, batch, lane, counts, alert)


@pytest.mark.parametrize("outcome", list(Outcome))
def test_a_record_may_legally_go_where_its_outcome_sends_it(outcome: Outcome) -> None:
    for failures in range(LIMIT + 1):
        assert is_legal(State.WRITING, follow(outcome, failures=failures, limit=LIMIT).state)


@pytest.mark.parametrize("failures", range(LIMIT + 1))
def test_an_absent_doubtful_write_counts_as_a_failure(failures: int) -> None:
    verdict = after_probe_absent(failures=failures, limit=LIMIT)
    expected = (State.DEAD, HIGH) if failures + 1 >= LIMIT else (State.READY, NO_ALERT)
    assert (verdict.state, verdict.alert) == expected
    assert verdict.counts_as_failure
    assert (verdict.batch, verdict.lane) == (GOES_ON, OPEN)
    assert is_legal(State.UNCERTAIN, verdict.state)


def test_only_an_outage_or_a_lock_ends_a_batch_and_only_a_person_reopens_a_halted_lane() -> None:
    for verdict in TABLE.values():
        assert (verdict.lane is OPEN) or verdict.batch is ENDS
    assert [outcome for outcome, verdict in TABLE.items() if verdict.lane is HALTED] == [
        Outcome.UNAUTHORISED,
        Outcome.WENT_BACK,
    ]


STATES = {
    "RECEIVED": "READY HELD REVIEW CANCELLED DEAD",
    "READY": "CLAIMED HELD CANCELLED",
    "CLAIMED": "WRITING READY HELD CANCELLED",
    "WRITING": "CONFIRMED UNCERTAIN READY HELD REVIEW DEAD",
    "UNCERTAIN": "CONFIRMED READY REVIEW DEAD",
    "CONFIRMED": "",
    "HELD": "READY REVIEW CANCELLED",
    "REVIEW": "READY CANCELLED DISCARDED DEAD",
    "DEAD": "READY CANCELLED DISCARDED",
    "CANCELLED": "",
    "DISCARDED": "",
}


def test_the_states_are_those_of_the_design() -> None:
    assert {state.value: set(rule.leaves_to) for state, rule in RULES.items()} == {
        name: {State(target) for target in targets.split()} for name, targets in STATES.items()
    }
    assert all(rule.meaning for rule in RULES.values())
    assert INITIAL is State.RECEIVED
    assert {State.CONFIRMED, State.CANCELLED, State.DISCARDED} == FINAL
    assert {State.CLAIMED, State.WRITING, State.UNCERTAIN} == IN_FLIGHT
    assert {State.REVIEW, State.DEAD} == NEEDS_PERSON


@pytest.mark.parametrize("state", [state for state in State if state not in FINAL])
def test_no_state_is_a_trap(state: State) -> None:
    reached, todo = set(), [state]
    while todo:
        at = todo.pop()
        if at not in reached:
            reached.add(at)
            todo += RULES[at].leaves_to
    assert reached & FINAL
