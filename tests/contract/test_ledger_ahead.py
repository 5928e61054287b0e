"""A clock was ahead and is set right: nothing that was noted meanwhile waits until the day that it showed."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from bridge.ledger import schema, windows
from bridge.ledger.ahead import LOOK_BACK, recall
from bridge.ledger.claims import claim, know_lane, turn_expired
from bridge.ledger.moves import Step, move
from bridge.ledger.reading import advance_watermark, put_off, watermark
from bridge.ledger.store import Database
from bridge.ledger.trace import open_alarms
from bridge.ledger.windows import CLOSED, DUE
from bridge.states import State
from bridge.windows.due import Window
from tests.builders import LANE, NOW, an_order, the
from tests.ledger_walks import walk

JUMP = timedelta(hours=50)
AHEAD = NOW + JUMP
QUARTER = timedelta(minutes=15)


def recall_at(database: Database, now: datetime) -> int:
    with database.write() as connection:
        return recall(connection, now)


def due_at(database: Database, source_id: str) -> datetime:
    columns = schema.record.c
    with database.read() as connection:
        found: datetime = connection.execute(select(columns.due_at).where(columns.source_id == source_id)).scalar_one()
    return found


@pytest.mark.parametrize("state", [State.READY, State.HELD])
def test_a_record_put_off_by_a_clock_ahead_is_due_when_the_clock_is_right(database: Database, state: State) -> None:
    record = walk(database, an_order(database, "1"), state)
    with database.write() as connection:
        put_off(connection, [record.id], now=AHEAD, after_s=60)
        connection.execute(schema.record.update().values(updated_at=AHEAD))
    assert recall_at(database, NOW) == 1
    assert due_at(database, "1") == NOW
    assert recall_at(database, NOW) == 0


def test_a_record_that_is_touched_before_it_is_recalled_is_due_again_too(database: Database) -> None:
    """Found by a campaign: a telling in doubt was turned by a sweep, and kept its due time of next year."""
    record = an_order(database, "1")
    with database.write() as connection:
        put_off(connection, [record.id], now=AHEAD, after_s=60)
        connection.execute(schema.record.update().values(updated_at=AHEAD))
    with database.write() as connection:
        move(connection, the(database, record), Step(State.HELD, "by somebody", "test"), NOW)
    assert due_at(database, "1") == NOW


def test_a_record_that_waits_as_long_as_it_was_told_to_is_left_alone(database: Database) -> None:
    record = an_order(database, "1")
    with database.write() as connection:
        put_off(connection, [record.id], now=NOW, after_s=3600)
    assert recall_at(database, NOW) == 0
    assert due_at(database, "1") == NOW + timedelta(hours=1)


def test_a_batch_claimed_by_a_clock_ahead_is_overdue_when_the_clock_is_right(database: Database) -> None:
    record = an_order(database, "1")
    assert claim(database, LANE, fence=None, window_id=None, owner="w", limit=1, now=AHEAD)
    assert turn_expired(database, by="steward", now=NOW) == 0
    assert recall_at(database, NOW) == 1
    assert turn_expired(database, by="steward", now=NOW) == 1
    assert the(database, record).state is State.READY


def use_window(database: Database, opens_at: datetime) -> None:
    """Opens and closes the window of that time in that time, as a writer does."""
    due = Window(opens_at, opens_at, opens_at + QUARTER, 0)
    windows.schedule(database, LANE, [due], now=opens_at)
    with database.write() as connection:
        window = windows.to_write(connection, LANE, opens_at)
        assert window
        assert windows.open_window(connection, window.id, 1, opens_at)
        windows.close_window(connection, window.id, ended_by="empty", now=opens_at)


def is_open_to_write(database: Database, at: datetime) -> bool:
    with database.read() as connection:
        return windows.to_write(connection, LANE, at) is not None


def test_a_forward_jump_and_return_leaves_no_window_already_opened(database: Database) -> None:
    use_window(database, AHEAD)
    assert not is_open_to_write(database, AHEAD)
    assert recall_at(database, NOW) == 1
    assert is_open_to_write(database, AHEAD), "when its real time comes it is as good as new"
    assert not is_open_to_write(database, NOW)


def test_a_window_of_the_past_keeps_its_end_through_a_clock_that_was_behind(database: Database) -> None:
    use_window(database, NOW)
    recall_at(database, NOW - JUMP)
    with database.write() as connection:
        windows.close_past(connection, NOW + QUARTER)
    with database.read() as connection:
        [row] = connection.execute(select(schema.window)).all()
    assert (row.state, row.ended_by, row.closed_at) == (CLOSED, "empty", NOW)
    assert row.state != DUE


def test_a_storefront_is_polled_again_from_before_its_clock_was_ahead(database: Database) -> None:
    with database.write() as connection:
        advance_watermark(connection, "clarity", AHEAD, now=AHEAD)
    assert recall_at(database, NOW) == 1
    with database.read() as connection:
        assert watermark(connection, "clarity") == NOW - LOOK_BACK


def test_a_lane_confirmed_by_a_clock_ahead_can_fall_silent_before_that_time_comes(database: Database) -> None:
    with database.write() as connection:
        know_lane(connection, LANE, NOW)
        connection.execute(schema.lane.update().values(last_confirmed_at=AHEAD))
    assert recall_at(database, NOW) == 1
    with database.read() as connection:
        assert connection.execute(select(schema.lane.c.last_confirmed_at)).scalar_one() == NOW


def test_people_are_told_and_the_alarm_closes_itself(database: Database) -> None:
    with database.write() as connection:
        advance_watermark(connection, "clarity", AHEAD, now=AHEAD)
    recall_at(database, NOW)
    assert [alarm.key for alarm in open_alarms(database)] == ["clock:ahead"]
    recall_at(database, NOW)
    assert list(open_alarms(database)) == []
