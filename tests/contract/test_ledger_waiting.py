"""Lanes in which records wait too long, or too many of them: one alarm each, which no other alarm says already."""

from datetime import timedelta

import pytest

from bridge.alarms.muting import Mute, muted
from bridge.alarms.settings import WaitingSettings
from bridge.alarms.telling import OpenAlarm
from bridge.errors import Refused
from bridge.ledger import muting, windows
from bridge.ledger.alarms import close_alarm, raise_alarm
from bridge.ledger.moves import Step, move, revise
from bridge.ledger.store import Database
from bridge.ledger.trace import open_alarms
from bridge.ledger.waiting import waiting_lanes, watch_waiting
from bridge.outcomes import Urgency
from bridge.states import State
from bridge.windows.calendar import LaneCalendar
from tests.builders import LANE, NOW, an_order, the

KEY = f"waiting:{LANE}"
TELLINGS = "storefront:clarity"
LIMITS = WaitingSettings(oldest_s=7_200, most=3)
QUARTERS = LaneCalendar(every_s=900)
OFFICE = LaneCalendar.model_validate({"opening_hours": [{"start": "08:00", "end": "18:00"}]})


def look(database: Database, hours: float, calendar: LaneCalendar = QUARTERS) -> dict[str, str]:
    """What the alarms of waiting say after a look so many hours later."""
    lanes = waiting_lanes({LANE: calendar}, ["clarity"])
    count = watch_waiting(database, lanes, LIMITS, now=NOW + timedelta(hours=hours))
    found = {alarm.key: alarm.text for alarm in open_alarms(database) if alarm.key.startswith("waiting:")}
    assert count == len(found)
    return found


def test_the_oldest_is_told_when_it_has_waited_too_long_and_the_alarm_closes_itself(database: Database) -> None:
    order = an_order(database, "1")
    assert look(database, 1.99) == {}
    assert look(database, 2.01) == {KEY: f"lane {LANE}: order 1 waits for 2 h 00 min"}
    with database.write() as connection:
        move(connection, the(database, order), Step(State.CANCELLED, "withdrawn", "test"), NOW)
    assert look(database, 3) == {}


def test_too_many_are_told_and_counted_no_further_than_the_limit(database: Database) -> None:
    for n in range(3):
        an_order(database, str(n))
    assert look(database, 0) == {}
    an_order(database, "3")
    an_order(database, "4")
    assert look(database, 0) == {KEY: f"lane {LANE}: more than 3 records wait"}


def test_a_closed_night_is_no_delay(database: Database) -> None:
    """15:00 to 18:00 are twelve windows of a quarter of an hour; eight fit into the limit."""
    order = an_order(database, "1")
    with database.write() as connection:
        revise(connection, order, {"created_at": NOW + timedelta(hours=2)}, NOW)
    assert look(database, 16, OFFICE) == {}, "17:00 to 18:00 are four windows, and at 07:00 nothing has opened since"
    assert look(database, 17.9, OFFICE) == {}
    assert KEY in look(database, 18, OFFICE)


def test_what_is_put_off_time_and_again_is_told_and_what_was_just_released_is_not(database: Database) -> None:
    order = an_order(database, "1")
    with database.write() as connection:
        revise(connection, order, {"due_at": NOW + timedelta(hours=9)}, NOW)
    assert KEY in look(database, 3)
    with database.write() as connection:
        held = move(connection, the(database, order), Step(State.HELD, "no stock", "test"), NOW)
        move(connection, held, Step(State.READY, "in stock", "test"), NOW + timedelta(hours=4))
    assert look(database, 5) == {}
    assert look(database, 6.1) == {KEY: f"lane {LANE}: order 1 waits for 2 h 06 min"}


def test_what_waits_for_a_person_or_a_condition_is_not_counted(database: Database) -> None:
    for n in range(9):
        order = an_order(database, str(n))
        with database.write() as connection:
            move(connection, order, Step(State.HELD, "no stock", "test", changes={"condition": "stock"}), NOW)
    assert look(database, 9) == {}


def test_tellings_wait_by_the_clock(database: Database) -> None:
    an_order(database, "1", lane=TELLINGS)
    assert look(database, 2.01) == {f"waiting:{TELLINGS}": f"lane {TELLINGS}: order 1 waits for 2 h 00 min"}


@pytest.mark.parametrize("key", ["silence", "halted"])
def test_a_lane_of_which_people_are_told_as_much_is_left_as_it_stands(database: Database, key: str) -> None:
    order = an_order(database, "1")
    with database.write() as connection:
        raise_alarm(connection, f"{key}:{LANE}", Urgency.HIGH, "nothing was confirmed", NOW)
    assert look(database, 9) == {}
    with database.write() as connection:
        windows.resume(connection, LANE, now=NOW) if key == "halted" else None
        raise_alarm(connection, KEY, Urgency.HIGH, "too many", NOW)
        raise_alarm(connection, f"{key}:{LANE}", Urgency.HIGH, "nothing was confirmed", NOW)
        move(connection, the(database, order), Step(State.CANCELLED, "withdrawn", "test"), NOW)
    assert KEY in {alarm.key for alarm in open_alarms(database)}
    assert watch_waiting(database, {LANE: QUARTERS}, LIMITS, now=NOW + timedelta(hours=9)) == 0
    assert KEY in {alarm.key for alarm in open_alarms(database)}, "it was not closed unseen"


def test_what_waited_in_a_silent_lane_is_late_only_if_it_is_passed_by_afterwards(database: Database) -> None:
    an_order(database, "1")
    with database.write() as connection:
        raise_alarm(connection, f"silence:{LANE}", Urgency.HIGH, "nothing was confirmed", NOW)
        close_alarm(connection, f"silence:{LANE}", NOW + timedelta(hours=60))
    assert look(database, 61) == {}, "it works again, and takes what waited as it can"
    assert KEY in look(database, 62)


def test_a_silence_is_kept_until_it_ends_and_its_end_is_remembered(database: Database) -> None:
    later, end = NOW + timedelta(hours=1), NOW + timedelta(hours=4)
    with database.write() as connection:
        muting.lay(connection, Mute("drift:*", NOW, end, "ann", "stock-taking"))
        muting.lay(connection, Mute("seats:sage100", NOW, end, "ann", "known"))
        muting.lift(connection, "drift:*", by="bob", why="done", now=later)
        with pytest.raises(Refused, match="no silence of 'drift:\\*' lasts"):
            muting.lift(connection, "drift:*", by="bob", why="done", now=later)
    with database.read() as connection:
        kept = muting.mutes(connection, later)
        assert [(mute.pattern, mute.until, mute.by) for mute in kept] == [
            ("drift:*", later, "ann"), ("seats:sage100", end, "ann"),
        ]  # fmt: skip
        assert muting.mutes(connection, end + timedelta(days=31)) == []
    alarm = OpenAlarm("seats:sage100", Urgency.HIGH, "one too many", NOW)
    assert [each.is_muted(later) for each in muted([alarm], kept)] == [True]
