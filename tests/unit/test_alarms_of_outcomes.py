"""What each outcome of a write raises, row by row of the design's table. What ends a window is told of its lane."""

import pytest

from bridge.ledger.claims import begin_writing, claim, issue_fence
from bridge.ledger.outcomes import Rules, Writer, commit_results
from bridge.ledger.store import Database
from bridge.ledger.trace import open_alarms
from bridge.outcomes import Outcome
from bridge.ports.erp import ResultLine
from bridge.states import State
from tests.builders import LANE, NOW, an_order, the

RAISED = {
    # outcome: alarms by key; {id} is the record's
    Outcome.CONFIRMED: {},
    Outcome.CONFIRMED_FLAGGED: {"flagged:{id}": "normal"},
    Outcome.REJECTED: {"review:rejected/sku": "normal"},
    Outcome.CUSTOMER_MISSING: {},
    Outcome.HELD_BACK: {"held:held back before the write/sku": "normal"},
    Outcome.CONFLICT: {},
    Outcome.UNCERTAIN: {},
    Outcome.NEVER_BEGUN: {},
    Outcome.BROKE_OFF: {},
    Outcome.RECORD_BUSY: {},
    Outcome.LOCKED: {},
    Outcome.NO_SEAT: {},
    Outcome.UNAUTHORISED: {"ready:unauthorised/sku": "at once"},
    Outcome.WENT_BACK: {"ready:the ERP went back/sku": "at once"},
    Outcome.UNAVAILABLE: {},
    Outcome.THROTTLED: {},
    Outcome.UNKNOWN: {"dead:unknown before the request/sku": "high"},
}


def raised(database: Database, outcome: Outcome, failures: int = 0) -> dict[str, str]:
    """The alarms after one write came to this."""
    order = an_order(database, failures=failures)
    fence = issue_fence(database, LANE, by="w", now=NOW)
    batch = claim(database, LANE, fence=fence, window_id=None, owner="w", limit=1, now=NOW)
    assert batch is not None
    begin_writing(database, batch, {order.id: "0000101"}, by="w", now=NOW)
    warnings = ("credit hold",) if outcome is Outcome.CONFIRMED_FLAGGED else ()
    line = ResultLine(order.id, outcome, text="as Sage said", field="sku", value="X1", warnings=warnings)
    commit_results(database, Writer("w", LANE, fence), [line], Rules(), now=NOW)
    return {alarm.key: alarm.urgency for alarm in open_alarms(database)}


@pytest.mark.parametrize("outcome", list(Outcome))
def test_an_outcome_raises_what_the_design_says(sqlite_database: Database, outcome: Outcome) -> None:
    assert raised(sqlite_database, outcome) == {key.format(id=1): how for key, how in RAISED[outcome].items()}


@pytest.mark.parametrize("outcome", [Outcome.REJECTED, Outcome.BROKE_OFF])
def test_the_third_failure_is_a_dead_letter_and_a_high_alarm(sqlite_database: Database, outcome: Outcome) -> None:
    assert raised(sqlite_database, outcome, failures=2) == {f"dead:{outcome.value}/sku": "high"}
    assert the(sqlite_database, 1).state is State.DEAD
