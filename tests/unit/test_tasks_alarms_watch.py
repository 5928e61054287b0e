"""`alarms.watch`: silence is an alarm that closes itself, and nothing else is."""

from datetime import timedelta

from bridge.alarms.settings import SilenceSettings, WaitingSettings
from bridge.ledger import heartbeats
from bridge.ledger.alarms import raise_alarm
from bridge.ledger.intake import take
from bridge.outcomes import Urgency
from bridge.states import State
from tasks.alarms_watch import watch
from tasks.batch_write import write
from tests.builders import an_arrival, an_order
from tests.task_rig import LANE, NOW, TaskRig


def test_with_nothing_to_do_it_says_nothing(rig: TaskRig) -> None:
    assert (watch(), rig.alarms()) == (0, {})


def test_a_silent_lane_is_an_alarm_until_the_writer_confirms(rig: TaskRig) -> None:
    rig.erp.company(LANE).add_item("WIDGET")
    rig.erp.company(LANE).add_customer("ACME")
    an_order(rig.database)
    rig.pass_time(minutes=30)
    assert (watch(), watch()) == (1, 1)
    assert rig.alarms() == {f"silence:{LANE}": "high"}
    rig.open_window()
    write(LANE)
    assert rig.states() == {"10025": State.CONFIRMED.value}
    assert (watch(), rig.alarms()) == (0, {})


def test_how_many_windows_may_pass_is_a_setting(rig: TaskRig) -> None:
    rig.change(silence=SilenceSettings(windows=5))
    an_order(rig.database)
    rig.pass_time(minutes=74)
    assert watch() == 0
    rig.pass_time(minutes=1)
    assert watch() == 1


def test_a_lane_that_works_and_in_which_too_much_waits_is_an_alarm(rig: TaskRig) -> None:
    rig.change(waiting=WaitingSettings(most=1))
    an_order(rig.database, "1")
    assert (watch(), rig.alarms()) == (0, {})
    an_order(rig.database, "2")
    assert (watch(), rig.alarms()) == (1, {f"waiting:{LANE}": "high"})


def test_a_quiet_connection_is_an_alarm_and_so_is_its_lane(rig: TaskRig) -> None:
    for week in (1, 2):
        moment = NOW - timedelta(weeks=week, minutes=30)
        take(rig.database, [an_arrival(f"{week}/{n}") for n in range(20)], [], by="test", now=moment)
    take(rig.database, [an_arrival("first")], [], by="test", now=NOW - timedelta(weeks=3))
    assert watch() == 2
    assert rig.alarms() == {f"silence:{LANE}": "high", "traffic:clarity": "high"}


def test_what_people_have_mended_is_closed_and_workers_of_the_past_are_forgotten(rig: TaskRig) -> None:
    with rig.database.write() as connection:
        raise_alarm(connection, "review:rejected", Urgency.NORMAL, "a bad order", NOW)
    heartbeats.note(rig.database, ["worker:intake.1@gone"], by="gone", now=NOW - timedelta(days=31))
    heartbeats.note(rig.database, ["worker:intake.1@here"], by="here", now=NOW)
    assert (watch(), rig.alarms()) == (0, {})
    assert [row.name for row in rig.rows("heartbeat")] == ["worker:intake.1@here"]
