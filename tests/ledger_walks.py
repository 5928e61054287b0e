"""Takes a built record to where a test wants it, by the moves that the fleet itself would make."""

from datetime import timedelta
from typing import Any

from bridge.ledger import windows
from bridge.ledger.claims import begin_writing, claim, issue_fence
from bridge.ledger.dead import bury
from bridge.ledger.moves import Step, move, revise
from bridge.ledger.outcomes import Rules, Writer, commit_results
from bridge.ledger.rows import Reason, Record
from bridge.ledger.store import Database
from bridge.outcomes import Outcome
from bridge.ports.erp import ResultLine
from bridge.states import State
from bridge.windows.due import Window
from tests.builders import LANE, NOW, the

NO_ITEM = Reason("rejected", "item X1 is not on file", field="lines[0].sku", value="X1")

_WAYS: dict[State, tuple[State, ...]] = {
    State.READY: (),
    State.HELD: (State.HELD,),
    State.REVIEW: (State.HELD, State.REVIEW),
    State.DEAD: (State.HELD, State.REVIEW, State.DEAD),
    State.CANCELLED: (State.CANCELLED,),
    State.DISCARDED: (State.HELD, State.REVIEW, State.DISCARDED),
}


def walk(database: Database, record: Record, state: State, reason: Reason = NO_ITEM) -> Record:
    """Takes a READY record to a state at rest; where a person is needed, for this reason."""
    with database.write() as connection:
        for target in _WAYS[state]:
            columns = reason.columns() if target in {State.REVIEW, State.DEAD} else {}
            record = move(connection, record, Step(target, "walked by a test", "test", changes=columns), NOW)
        if state is State.DEAD:
            bury(connection, record, reason, detail="Traceback", now=NOW)
    return record


def write(database: Database, record: Record, outcome: Outcome | None, **line: Any) -> Record:
    """Lets a writer claim and send what is due, this record among it, with one outcome for all, or none yet."""
    fence = issue_fence(database, LANE, by="w", now=NOW)
    batch = claim(database, LANE, fence=fence, window_id=None, owner="w", limit=10, now=NOW)
    assert batch
    assert record.id in [each.id for each in batch.records]
    begin_writing(database, batch, {each.id: f"{each.id:07d}" for each in batch.records}, by="w", now=NOW)
    if outcome:
        lines = [ResultLine(each.id, outcome, f"{each.id:07d}", **line) for each in batch.records]
        commit_results(database, Writer("w", LANE, fence), lines, Rules(), now=NOW)
    return the(database, record)


def change(database: Database, record: Record, **columns: Any) -> Record:
    """Sets columns, as news would."""
    with database.write() as connection:
        revise(connection, the(database, record), columns, NOW)
    return the(database, record)


def write_all(database: Database) -> None:
    """What a writer does in one window for everything that is ready, with numbers 0000101, 0000102, ..."""
    windows.schedule(database, LANE, [Window(NOW, NOW, NOW + timedelta(minutes=15), 30)], now=NOW)
    fence = issue_fence(database, LANE, by="writer", now=NOW)
    with database.write() as connection:
        window = windows.to_write(connection, LANE, NOW)
        assert window
        windows.open_window(connection, window.id, fence, NOW)
    while batch := claim(database, LANE, fence=fence, window_id=window.id, owner="writer", limit=9, now=NOW):
        numbers = {record.id: f"{100 + record.id:07}" for record in batch.records}
        going = begin_writing(database, batch, numbers, by="writer", now=NOW)
        lines = [ResultLine(it.id, Outcome.CONFIRMED, numbers[it.id], total=it.amount) for it in going]
        commit_results(database, Writer("writer", LANE, fence), lines, Rules(), now=NOW)
