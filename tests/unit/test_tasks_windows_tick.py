"""`windows.tick`: one row per scheduled time whatever beat does, and a nudge only where there is something to write."""

import threading
from datetime import timedelta

import pytest

from bridge.ledger import windows
from bridge.ledger.store import Database
from tasks.batch_write import write
from tasks.windows_tick import tick
from tests.builders import NOW, an_order
from tests.task_rig import LANE, TaskRig

NUDGE = ("batch.write", [LANE])
QUARTER = timedelta(minutes=15)


def times(rig: TaskRig) -> list[tuple[timedelta, str]]:
    """The windows: how long after `NOW` each was scheduled, and its state."""
    return [(row.scheduled_for - NOW, row.state) for row in rig.rows("window")]


def test_a_due_window_is_made_and_its_writer_woken(rig: TaskRig) -> None:
    an_order(rig.database)
    tick()
    assert times(rig) == [(timedelta(0), "due")]
    assert rig.nudges() == [NUDGE]


def test_a_message_that_comes_twice_makes_no_second_window(rig: TaskRig) -> None:
    an_order(rig.database)
    tick()
    tick()
    assert times(rig) == [(timedelta(0), "due")]
    assert rig.nudges() == [NUDGE, NUDGE], "a lost nudge is repeated"
    write(LANE)
    tick()
    assert (times(rig), rig.nudges()) == ([(timedelta(0), "closed")], [])


def test_two_ticks_at_once_make_one_window(rig: TaskRig) -> None:
    start, wrong = threading.Barrier(4), []

    def run() -> None:
        rig.app.set_current()  # the current app is a thread's own
        try:
            start.wait(timeout=10)
            tick()
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (wrong, times(rig)) == ([], [(timedelta(0), "due")])


def test_nobody_is_woken_for_nothing(rig: TaskRig) -> None:
    tick()
    assert (times(rig), rig.nudges()) == ([(timedelta(0), "due")], [])
    an_order(rig.database, due_at=NOW + timedelta(minutes=5))
    tick()
    assert rig.nudges() == []
    rig.pass_time(minutes=5)
    tick()
    assert rig.nudges() == [NUDGE]


def test_a_halted_lane_is_not_woken(rig: TaskRig) -> None:
    an_order(rig.database)
    with rig.database.write() as connection:
        windows.halt(connection, LANE, reason="period end", now=NOW)
    tick()
    assert (times(rig), rig.nudges()) == ([(timedelta(0), "due")], [])
    rig.resume(LANE)
    tick()
    assert rig.nudges() == [NUDGE]


def test_a_clock_set_back_opens_nothing_twice(rig: TaskRig) -> None:
    rig.erp.company(LANE).add_customer("ACME")
    rig.erp.company(LANE).add_item("WIDGET")
    an_order(rig.database, "1")
    tick()
    write(LANE)
    rig.clock.set(NOW + QUARTER)
    tick()
    rig.clock.set(NOW + timedelta(minutes=5))
    an_order(rig.database, "2")
    rig.nudges()
    tick()
    assert rig.nudges() == [], "that window is over"
    rig.clock.set(NOW + QUARTER)
    tick()
    assert times(rig) == [(timedelta(0), "closed"), (QUARTER, "due")]
    assert rig.nudges() == [NUDGE]
    assert rig.states() == {"1": "CONFIRMED", "2": "READY"}


def test_a_clock_that_jumped_ahead_notes_what_was_missed_and_opens_the_present_one(rig: TaskRig) -> None:
    an_order(rig.database)
    tick()
    rig.clock.set(NOW + 4 * QUARTER)
    tick()
    assert times(rig) == [(place * QUARTER, "missed") for place in range(4)] + [(4 * QUARTER, "due")]


def test_a_window_that_nothing_waited_for_was_not_missed(rig: TaskRig) -> None:
    tick()
    rig.clock.set(NOW + QUARTER)
    tick()
    [first, second] = rig.rows("window")
    assert (first.state, first.ended_by, second.state) == ("closed", "nothing waited", "due")


def test_a_broker_that_is_away_costs_only_time(rig: TaskRig) -> None:
    an_order(rig.database)
    rig.lose_broker()
    tick()
    assert times(rig) == [(timedelta(0), "due")]
    rig.find_broker()
    tick()
    assert rig.nudges() == [NUDGE]


def test_a_ledger_that_is_away_is_an_error_that_the_next_tick_makes_good(rig: TaskRig) -> None:
    whole, gone = rig.database, Database("sqlite:////nowhere/ledger.db")
    an_order(whole)
    rig.change(database=gone)
    with pytest.raises(Exception, match="unable to open"):
        tick()
    rig.change(database=whole)
    tick()
    assert (times(rig), rig.nudges()) == ([(timedelta(0), "due")], [NUDGE])
    gone.close()
