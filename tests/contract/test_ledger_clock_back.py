"""A clock that ran ahead and was set right again strands nothing: what it dated is found, on both databases."""

from datetime import datetime, timedelta

import pytest

from bridge.ledger import windows
from bridge.ledger.claims import BATCH_LIFE_S, claim, turn_expired
from bridge.ledger.moves import revise
from bridge.ledger.reading import LONGEST_WAIT, call_in, put_off
from bridge.ledger.store import Database
from bridge.states import State
from bridge.windows.calendar import LaneCalendar
from bridge.windows.due import windows_due
from tests.builders import LANE, NOW, an_order, the

AHEAD = timedelta(days=30)
TELLINGS = "storefront:clarity"


def make_due(database: Database, record_id: int, due_at: datetime) -> None:
    with database.write() as connection:
        revise(connection, the(database, record_id), {"due_at": due_at}, NOW)


def test_a_due_time_set_by_a_clock_that_ran_ahead_is_called_in(database: Database) -> None:
    far, near, due = (an_order(database, name) for name in ("far", "near", "due"))
    make_due(database, far.id, NOW + AHEAD)
    make_due(database, near.id, NOW + LONGEST_WAIT)
    assert (call_in(database, now=NOW), call_in(database, now=NOW)) == (1, 0)
    assert [the(database, each).due_at for each in (far, near, due)] == [NOW, NOW + LONGEST_WAIT, NOW]


def test_nothing_is_put_off_for_longer_than_the_longest_wait(database: Database) -> None:
    order = an_order(database)
    with database.write() as connection:
        put_off(connection, [order.id], now=NOW, after_s=AHEAD.total_seconds())
    assert the(database, order).due_at == NOW + LONGEST_WAIT
    assert call_in(database, now=NOW) == 0


@pytest.mark.parametrize("lane", [LANE, TELLINGS])
def test_a_batch_opened_by_a_clock_that_ran_ahead_is_turned(database: Database, lane: str) -> None:
    """In a lane without fences nothing else would ever find it: no writer takes over there."""
    order = an_order(database, lane=lane)
    assert claim(database, lane, fence=None, window_id=None, owner="w", limit=1, now=NOW + AHEAD)
    a_moment_before = NOW + AHEAD - timedelta(seconds=BATCH_LIFE_S)
    assert turn_expired(database, by="steward", now=a_moment_before) == 0, "a small step back is no reason"
    assert turn_expired(database, by="steward", now=NOW) == 1
    assert the(database, order).state is State.READY


def tick(database: Database, at: datetime) -> None:
    """What each beat does for a lane."""
    with database.write() as connection:
        windows.close_past(connection, at)
        newest = windows.newest_scheduled(connection, LANE)
    windows.schedule(database, LANE, windows_due(LaneCalendar(), newest or at, at), now=at)


def test_windows_that_a_clock_missed_when_it_ran_ahead_are_written_when_their_time_comes(database: Database) -> None:
    tick(database, NOW)
    tick(database, NOW + timedelta(hours=3))
    for quarter in range(13):
        at = NOW + timedelta(minutes=15 * quarter)
        tick(database, at)
        with database.write() as connection:
            window = windows.to_write(connection, LANE, at)
            assert window is not None
            assert window.opens_at == at
            assert windows.open_window(connection, window.id, 1, at)
            windows.close_window(connection, window.id, ended_by="empty", now=at)
            assert windows.to_write(connection, LANE, at) is None, "closed is closed"
