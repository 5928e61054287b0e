"""Windows and lanes on both databases: one row per scheduled time, whatever beat and the clock do; halts stay."""

import threading
from datetime import datetime, timedelta

import pytest

from bridge.ledger import windows
from bridge.ledger.claims import issue_fence
from bridge.ledger.store import Database
from bridge.ledger.trace import open_alarms
from bridge.ledger.trace import windows as rows_of
from bridge.ledger.windows import WindowRow
from bridge.windows.calendar import LaneCalendar
from bridge.windows.due import Window, windows_due
from tests.builders import LANE, NOW

QUARTER = timedelta(minutes=15)
OTHER = "sage100:XYZ"


def a_window(place: int = 0, *, missed: bool = False) -> Window:
    """The window that opens so many quarters of an hour after `NOW`."""
    opens_at = NOW + place * QUARTER
    return Window(opens_at, opens_at, opens_at + QUARTER, 0, missed=missed)


def schedule(database: Database, *due: Window, lane: str = LANE) -> int:
    return windows.schedule(database, lane, due, now=NOW)


def states(database: Database, lane: str = LANE) -> dict[int, tuple[str, str | None]]:
    """State and end of the lane's windows, by quarters of an hour after `NOW`."""
    return {(row.scheduled_for - NOW) // QUARTER: (row.state, row.ended_by) for row in rows_of(database, lane)}


def present(database: Database, at: datetime = NOW, lane: str = LANE) -> WindowRow:
    with database.read() as connection:
        row = windows.to_write(connection, lane, at)
    assert row
    return row


def close_past(database: Database, at: datetime, *idle: str) -> int:
    with database.write() as connection:
        return windows.close_past(connection, at, idle)


def tick(database: Database, at: datetime) -> None:
    """What each beat does for a lane."""
    close_past(database, at)
    with database.read() as connection:
        newest = windows.newest_scheduled(connection, LANE)
    windows.schedule(database, LANE, windows_due(LaneCalendar(), newest or at, at), now=at)


def test_a_scheduled_time_has_one_row_however_often_it_is_due(database: Database) -> None:
    assert schedule(database, a_window(-1, missed=True), a_window()) == 2
    assert schedule(database, a_window(), a_window(1)) == 1
    assert schedule(database, a_window()) == 0
    assert states(database) == {-1: ("missed", None), 0: ("due", None), 1: ("due", None)}
    assert schedule(database, a_window(), lane=OTHER) == 1, "lanes have windows of their own"


def test_beats_at_once_make_one_row(database: Database) -> None:
    start, made, wrong = threading.Barrier(4), list[int](), list[Exception]()

    def run() -> None:
        mine = Database(database.url)
        try:
            start.wait(timeout=10)
            made.append(schedule(mine, a_window(), a_window(1)))
        except Exception as error:
            wrong.append(error)
        finally:
            mine.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert (wrong, sum(made), len(states(database))) == ([], 2, 2)


def test_a_row_that_is_being_written_is_left_as_it_is(database: Database) -> None:
    schedule(database, a_window())
    with database.write() as connection:
        assert windows.open_window(connection, present(database).id, 3, NOW)
    before = present(database)
    schedule(database, a_window(missed=True))
    assert (present(database), before.state, before.fence) == (before, "open", 3)


@pytest.mark.parametrize(("at", "is_open"), [(NOW - timedelta(seconds=1), False), (NOW, True), (NOW + QUARTER, False)])
def test_a_window_is_written_from_its_opening_to_its_close(database: Database, at: datetime, is_open: bool) -> None:
    schedule(database, a_window())
    with database.read() as connection:
        assert (windows.to_write(connection, LANE, at) is not None) == is_open
        assert windows.to_write(connection, OTHER, at) is None


def test_of_two_that_are_open_the_newest_is_written(database: Database) -> None:
    longer = Window(NOW, NOW, NOW + 2 * QUARTER, 0)
    schedule(database, longer, a_window(1))
    assert present(database, NOW + QUARTER).scheduled_for == NOW + QUARTER


def test_a_closed_window_is_never_opened_again_and_keeps_its_first_end(database: Database) -> None:
    schedule(database, a_window())
    window = present(database)
    with database.write() as connection:
        assert windows.open_window(connection, window.id, 1, NOW)
        for end in ("locked", "empty"):
            windows.close_window(connection, window.id, ended_by=end, now=NOW)
        assert not windows.open_window(connection, window.id, 2, NOW)
        assert windows.to_write(connection, LANE, NOW) is None
        standing = windows.lane_row(connection, LANE)
    assert states(database) == {0: ("closed", "locked")}
    assert standing
    assert standing.last_end == "locked"


def test_what_nobody_closed_in_time_is_closed_and_told_apart(database: Database) -> None:
    schedule(database, a_window(-2), a_window(-1), a_window())
    schedule(database, a_window(-1), lane=OTHER)
    with database.write() as connection:
        windows.open_window(connection, present(database, NOW - QUARTER).id, 1, NOW - QUARTER)
    assert close_past(database, NOW, OTHER) == 3
    assert states(database) == {-2: ("missed", "missed"), -1: ("closed", "time"), 0: ("due", None)}
    assert states(database, OTHER) == {-1: ("closed", "nothing waited")}
    assert close_past(database, NOW, OTHER) == 0


def test_a_clock_set_back_opens_nothing_twice(database: Database) -> None:
    tick(database, NOW)
    with database.write() as connection:
        windows.close_window(connection, present(database).id, ended_by="empty", now=NOW)
    tick(database, NOW + QUARTER)
    for minutes in (20, 5, 0, 14, 16, 29):
        tick(database, NOW + timedelta(minutes=minutes))
    assert states(database) == {0: ("closed", "empty"), 1: ("due", None)}


def test_a_clock_set_back_far_opens_no_window_before_the_ones_it_knows(database: Database) -> None:
    tick(database, NOW)
    tick(database, NOW - 8 * QUARTER)
    assert states(database) == {0: ("due", None), -8: ("due", None)}, "the present moment has its own window"
    tick(database, NOW)
    assert states(database) == {0: ("due", None), -8: ("missed", "missed")}


def test_a_gap_is_noted_window_by_window(database: Database) -> None:
    tick(database, NOW)
    tick(database, NOW + 3 * QUARTER)
    assert states(database) == {0: ("missed", "missed"), 1: ("missed", None), 2: ("missed", None), 3: ("due", None)}


# Lanes


def test_a_halted_lane_stays_halted_until_a_person_resumes_it(database: Database) -> None:
    for reason in ("the password has expired", "still the password"):
        with database.write() as connection:
            windows.halt(connection, LANE, reason=reason, now=NOW)
    with database.read() as connection:
        halted, other = windows.lane_row(connection, LANE), windows.lane_row(connection, OTHER)
    assert halted
    assert (halted.halted, halted.halt_reason, other) == (True, "still the password", None)
    [alarm] = open_alarms(database)
    assert (alarm.key, alarm.urgency, alarm._mapping["count"]) == (f"halted:{LANE}", "at once", 2)
    with database.write() as connection:
        assert [windows.resume(connection, LANE, now=NOW) for _ in range(2)] == [True, False]
        resumed = windows.lane_row(connection, LANE)
    assert resumed
    assert (resumed.halted, resumed.halt_reason, open_alarms(database)) == (False, None, [])


def test_a_fence_ends_no_halt_and_a_window_ends_no_fence(database: Database) -> None:
    with database.write() as connection:
        windows.halt(connection, LANE, reason="period end", now=NOW)
    fences = [issue_fence(database, LANE, by="w", now=NOW) for _ in range(2)]
    schedule(database, a_window())
    with database.write() as connection:
        windows.close_window(connection, present(database).id, ended_by="empty", now=NOW)
        standing = windows.lane_row(connection, LANE)
    assert standing
    assert (standing.halted, standing.fence, fences) == (True, 2, [1, 2])
