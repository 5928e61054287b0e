"""An order that its storefront withdraws: before the write it is cancelled here, after it by a record of its own."""

from datetime import timedelta
from typing import Any

import pytest

from bridge.errors import LostRace
from bridge.ledger.claims import begin_writing, claim, issue_fence
from bridge.ledger.intake import take
from bridge.ledger.outcomes import BUSY_REST, Rules, Writer, commit_findings
from bridge.ledger.people import discard, replay
from bridge.ledger.proofs import confirmed_since, newest_confirmed
from bridge.ledger.reading import to_read
from bridge.ledger.rows import Reason, Record, record_of
from bridge.ledger.schema import record as table
from bridge.ledger.settle import CHANGE, FOUND, TO_CANCEL, Settlement, settle
from bridge.ledger.store import Database
from bridge.ledger.trace import open_alarms, trace
from bridge.outcomes import Outcome
from bridge.ports.erp import CANCEL, ORDER, Finding, Verdict
from bridge.states import State
from bridge.writing.mapped import Mapped
from tests.builders import LANE, NOW, an_arrival, an_order, the
from tests.ledger_walks import change, walk, write

HOLD = Mapped({"OrderStatus": "H", "Comment": "Cancelled: Web order 10025"}).to_json()


def read(database: Database, order: Record, target: State, version: int, **outcome: Any) -> Record:
    """The order is read in this version and settled."""
    with database.write() as connection:
        settle(connection, the(database, order), Settlement(target, "read", version, **outcome), by="reader", now=NOW)
    return the(database, order)


def withdrawn(database: Database, order: Record, version: int = 2, **outcome: Any) -> Record:
    """The storefront has cancelled it, and the lane's rule is to hold such an order."""
    return read(database, order, State.CANCELLED, version, **{"withdrawal": HOLD, **outcome})


def wanted(database: Database, order: Record, version: int, content_hash: str = "as placed") -> Record:
    """The storefront wants it again."""
    return read(database, order, State.READY, version, columns={"content_hash": content_hash})


def late(database: Database, document: str = CANCEL) -> list[Record]:
    """The records that were made of what came after the write."""
    with database.read() as connection:
        rows = connection.execute(table.select().where(table.c.document == document).order_by(table.c.id))
        return [record_of(row) for row in rows]


def confirmed(database: Database) -> Record:
    order = write(database, an_order(database), Outcome.CONFIRMED)
    assert order.state is State.CONFIRMED
    return order


# Before the write


@pytest.mark.parametrize("state", [State.RECEIVED, State.READY, State.HELD, State.REVIEW, State.DEAD])
def test_before_the_write_it_is_cancelled_here(database: Database, state: State) -> None:
    if state is State.RECEIVED:
        take(database, [an_arrival("10025")], [], by="intake", now=NOW)
        [order] = late(database, ORDER)
    else:
        order = walk(database, an_order(database), state)
    order = withdrawn(database, change(database, order, wanted_version=2, needs_read=True))
    assert (order.state, order.needs_read, late(database), late(database, CHANGE)) == (State.CANCELLED, False, [], [])


def test_a_claimed_order_turns_back_and_is_cancelled(database: Database) -> None:
    order = an_order(database)
    fence = issue_fence(database, LANE, by="w", now=NOW)
    batch = claim(database, LANE, fence=fence, window_id=None, owner="w", limit=1, now=NOW)
    assert batch
    take(database, [an_arrival("10025", version=2)], [], by="intake", now=NOW)
    with pytest.raises(LostRace):
        withdrawn(database, order)
    assert begin_writing(database, batch, {}, by="w", now=NOW) == ()
    assert the(database, order).state is State.HELD
    order = withdrawn(database, order)
    assert (order.state, order.writes_begun) == (State.CANCELLED, 0)


def test_one_that_may_be_in_the_erp_stays_with_a_person(database: Database) -> None:
    found = Reason(FOUND, "found in history, where the ERP keeps no stamp: 0000007", field="number", value="0000007")
    order = walk(database, an_order(database, number="0000007", writes_begun=1), State.REVIEW, found)
    for version in (2, 3):
        order = withdrawn(database, order, version)
        assert (order.state, order.version, order.reason_code) == (State.REVIEW, version, TO_CANCEL)
    assert "may be in the ERP as 0000007" in (order.reason_text or "")
    assert [(alarm.key, alarm.urgency) for alarm in open_alarms(database)] == [(f"change:{order.id}", "high")]
    assert discard(database, order.id, by="Ann", why="cancelled in Sage", now=NOW).state is State.DISCARDED


# After the write


def test_after_the_write_it_becomes_a_record_of_its_own_for_the_next_window(database: Database) -> None:
    order = confirmed(database)
    now = withdrawn(database, order)
    assert (now.state, now.number, now.version, now.needs_read) == (State.CONFIRMED, order.number, 2, False)
    [made] = late(database)
    assert (made.state, made.parent_id, made.number, made.lane) == (State.READY, order.id, order.number, LANE)
    assert (made.mapped, made.amount, made.order_number) == (HOLD, order.amount, order.order_number)
    assert not made.is_outdated
    assert late(database, CHANGE) == []
    assert list(open_alarms(database)) == [], "nobody need do anything"
    assert made.id in [child.id for child in trace(database, order.id).children]


def test_without_a_rule_for_it_a_person_is_told(database: Database) -> None:
    withdrawn(database, confirmed(database), withdrawal=None)
    [change_record] = late(database, CHANGE)
    assert (change_record.state, change_record.reason_code) == (State.REVIEW, "cancelled after write")
    assert late(database) == []


def test_the_same_cancellation_in_a_newer_version_changes_nothing(database: Database) -> None:
    order = confirmed(database)
    for version in (2, 3, 4):
        withdrawn(database, order, version)
    assert [made.source_id for made in late(database)] == ["10025@2"]


def test_it_waits_while_nobody_knows_what_became_of_the_order(database: Database) -> None:
    order = write(database, an_order(database), None)
    take(database, [an_arrival("10025", version=2)], [], by="intake", now=NOW)
    for state in (State.WRITING, State.UNCERTAIN):
        assert the(database, order).state is state
        with pytest.raises(LostRace, match="its writer"):
            withdrawn(database, order)
        fence = issue_fence(database, LANE, by="next", now=NOW)
    assert late(database) == []
    found = Finding(order.id, Verdict.OURS, order.number or "", "open")
    commit_findings(database, Writer("next", LANE, fence), [found], Rules(), now=NOW)
    with database.read() as connection:
        assert [each.id for each in to_read(connection, "clarity", 5, NOW)] == [order.id]
    withdrawn(database, order)
    assert [made.state for made in late(database)] == [State.READY]


@pytest.mark.parametrize("state", [State.READY, State.REVIEW, State.DEAD])
def test_one_that_still_waits_is_taken_back_when_the_order_is_wanted_again(database: Database, state: State) -> None:
    order = withdrawn(database, confirmed(database))
    walk(database, late(database)[0], state)
    wanted(database, order, 3)
    [made] = late(database)
    assert (made.state, made.reason_code, late(database, CHANGE)) == (State.CANCELLED, None, [])
    assert [letter for letter in trace(database, made.id).dead_letters if letter.closed_at is None] == []
    withdrawn(database, order, 4)
    assert [(each.source_id, each.state) for each in late(database)] == [
        ("10025@2", State.CANCELLED), ("10025@4", State.READY),
    ]  # fmt: skip


def test_an_order_wanted_again_after_it_was_held_is_a_persons_to_release(database: Database) -> None:
    order = withdrawn(database, confirmed(database))
    write(database, late(database)[0], Outcome.CONFIRMED)
    wanted(database, order, 3)
    assert [made.state for made in late(database)] == [State.CONFIRMED]
    assert [(each.source_id, each.state) for each in late(database, CHANGE)] == [("10025@3", State.REVIEW)]


def test_one_that_is_wanted_again_with_a_change_is_a_change(database: Database) -> None:
    order = withdrawn(database, confirmed(database))
    wanted(database, order, 3, "edited")
    assert [made.state for made in late(database)] == [State.CANCELLED]
    assert [each.content_hash for each in late(database, CHANGE)] == ["edited"]


# Its outcome


def test_withdrawals_are_claimed_before_orders_that_waited_longer(database: Database) -> None:
    withdrawn(database, confirmed(database))
    an_order(database, "older", due_at=NOW - timedelta(days=1))
    fence = issue_fence(database, LANE, by="w", now=NOW)
    batch = claim(database, LANE, fence=fence, window_id=None, owner="w", limit=5, now=NOW)
    assert batch
    assert [record.document for record in batch.records] == [CANCEL]


def test_a_confirmed_withdrawal_tells_nobody_and_says_no_remark(database: Database) -> None:
    withdrawn(database, confirmed(database))
    made = write(database, late(database)[0], Outcome.CONFIRMED)
    assert (made.state, made.flags) == (State.CONFIRMED, None)
    assert len(late(database, "acknowledgement")) == 1, "that of the order"
    assert list(open_alarms(database)) == []


def test_one_that_comes_too_late_is_told_aloud_and_can_be_replayed(database: Database) -> None:
    withdrawn(database, confirmed(database))
    refusal = {"field": "CurrentInvoiceNo", "value": "0000050", "text": "it is on invoice 0000050"}
    made = write(database, late(database)[0], Outcome.REJECTED, **refusal)
    assert (made.state, made.reason_field, made.reason_value) == (State.REVIEW, "CurrentInvoiceNo", "0000050")
    [alarm] = open_alarms(database)
    assert (alarm.key, alarm.urgency) == ("review:rejected/CurrentInvoiceNo", "high")
    [again] = replay(database, [made.id], by="Ann", why="the invoice is deleted", now=NOW)
    assert (again.state, again.needs_probe, again.number) == (State.READY, True, made.number)


def test_one_whose_order_a_clerk_has_open_rests_and_holds_up_nobody(database: Database) -> None:
    withdrawn(database, confirmed(database))
    made = write(database, late(database)[0], Outcome.RECORD_BUSY)
    assert (made.state, made.due_at, made.failures) == (State.READY, NOW + BUSY_REST, 0)
    busy_order = write(database, an_order(database, "2"), Outcome.RECORD_BUSY)
    assert busy_order.due_at == NOW


def test_a_withdrawn_order_is_not_missed_where_no_history_is_kept(database: Database) -> None:
    order = confirmed(database)
    newest = newest_confirmed(database, LANE)
    assert newest
    assert newest.id == order.id
    withdrawn(database, order)
    assert newest_confirmed(database, LANE), "not before it is withdrawn in the ERP"
    write(database, late(database)[0], Outcome.CONFIRMED)
    assert newest_confirmed(database, LANE) is None
    assert confirmed_since(database, LANE, NOW - timedelta(days=1), after_id=0, limit=5) == []
