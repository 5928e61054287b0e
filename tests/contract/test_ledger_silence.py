"""Silent lanes, quiet connections and heartbeats in both databases: raised with the money at risk, closed by itself."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from bridge.ledger import heartbeats, windows
from bridge.ledger.alarms import raise_alarm
from bridge.ledger.claims import issue_fence
from bridge.ledger.intake import REREAD, take
from bridge.ledger.mended import close_mended
from bridge.ledger.moves import Step, move, revise
from bridge.ledger.outcomes import Commit, Rules, Writer, confirm
from bridge.ledger.rows import Record
from bridge.ledger.silence import watch_lanes
from bridge.ledger.store import Database
from bridge.ledger.trace import open_alarms
from bridge.ledger.traffic import watch_traffic
from bridge.outcomes import Outcome, Urgency
from bridge.ports.erp import ResultLine
from bridge.states import State
from bridge.windows.calendar import LaneCalendar
from tests.builders import LANE, NOW, a_customer, an_arrival, an_order, the

QUARTERS = LaneCalendar(every_s=900)
KEY = f"silence:{LANE}"


def after(**span: float) -> datetime:
    return NOW + timedelta(**span)


def look(database: Database, now: datetime, calendar: LaneCalendar = QUARTERS) -> str | None:
    """What the lane's alarm says after a look at that moment; None when it is not open."""
    count = watch_lanes(database, {LANE: calendar}, limit=2, now=now)
    texts = [alarm.text for alarm in open_alarms(database) if alarm.key == KEY]
    assert count == len(texts)
    return texts[0] if texts else None


def to(database: Database, record: Record, state: State, now: datetime = NOW, **changes: Any) -> Record:
    with database.write() as connection:
        return move(connection, the(database, record), Step(state, "as it happened", "test", changes=changes), now)


def test_an_empty_lane_is_not_silent(database: Database) -> None:
    assert look(database, after(days=3)) is None


def test_two_windows_without_a_confirmation_raise_it_with_count_money_and_age(database: Database) -> None:
    an_order(database, "1")
    an_order(database, "2", currency="CAD")
    take(database, [an_arrival("3")], [], by="test", now=NOW)
    assert look(database, after(minutes=29, seconds=59)) is None, "15:00 opened with them, the second is still open"
    text = look(database, after(minutes=30))
    assert text is not None
    assert "3 orders wait, 20.00 CAD + 20.00 USD + 1 of unknown amount at risk" in text
    assert "in 2 windows" in text
    assert "the oldest for 0 h 30 min" in text
    assert "no writer has ever opened a window of it" in text


def test_it_is_one_alarm_that_follows_the_count_and_closes_with_the_first_confirmation(database: Database) -> None:
    first = an_order(database, "1")
    assert look(database, after(hours=1))
    an_order(database, "2")
    assert "2 orders wait" in str(look(database, after(hours=2)))
    [alarm] = open_alarms(database)
    assert (alarm.count, alarm.first_at, alarm.urgency) == (2, after(hours=1), "high")
    fence = issue_fence(database, LANE, by="w", now=after(hours=2))
    to(database, first, State.CLAIMED)
    record = to(database, first, State.WRITING)
    with database.write() as connection:
        tx = Commit(connection, Writer("w", LANE, fence), Rules(), after(hours=2))
        confirm(tx, [(record, ResultLine(record.id, Outcome.CONFIRMED, "0000101"))])
    assert look(database, after(hours=2, minutes=1)) is None
    assert "nothing was confirmed in 2 windows" in str(look(database, after(hours=2, minutes=30)))
    assert "the last one was confirmed 2026-03-02 17:00Z" in str(look(database, after(hours=2, minutes=30)))


def test_it_says_how_the_lane_stands(database: Database) -> None:
    an_order(database, "1")
    windows.schedule(database, LANE, [], now=NOW)
    with database.write() as connection:
        windows.halt(connection, LANE, reason="password refused", now=NOW)
    assert "it is halted: password refused" in str(look(database, after(hours=1)))


def test_a_blackout_is_no_silence(database: Database) -> None:
    an_order(database, "1")
    shut = LaneCalendar.model_validate({"every_s": 900, "blackouts": [{"start": "15:00", "end": "23:00"}]})
    assert look(database, after(hours=7), shut) is None
    assert look(database, after(hours=8, minutes=30), shut)


def test_a_dead_beat_that_made_no_window_is_noticed_and_a_year_costs_no_more_than_a_day(database: Database) -> None:
    an_order(database, "1")
    assert "100 windows or more" in str(look(database, after(days=365)))


@pytest.mark.parametrize("state", [State.HELD, State.REVIEW, State.DEAD, State.CANCELLED])
def test_what_a_person_knows_of_or_has_ended_is_not_silent(database: Database, state: State) -> None:
    order = an_order(database, "1")
    held = to(database, order, State.HELD, condition="stock")
    if state is not State.HELD:
        for leg in (State.REVIEW, state) if state in {State.REVIEW, State.DEAD} else (state,):
            held = the(database, held) if held.state is leg else to(database, held, leg)
    assert look(database, after(days=1)) is None


@pytest.mark.parametrize("condition", [REREAD, "customer:1"])
def test_an_order_that_waits_for_its_customer_or_to_be_read_again_is_on_its_way(
    database: Database, condition: str
) -> None:
    to(database, an_order(database, "1"), State.HELD, condition=condition)
    assert "1 orders wait" in str(look(database, after(hours=1)))


def test_only_orders_are_counted_and_only_those_of_the_lane(database: Database) -> None:
    a_customer(database)
    an_order(database, "1", lane="sage100:XYZ")
    assert look(database, after(days=1)) is None


def test_an_order_released_after_days_is_not_silent_at_once(database: Database) -> None:
    order = an_order(database, "1")
    with database.write() as connection:
        revise(connection, order, {"due_at": after(days=3)}, after(days=3))
    assert look(database, after(days=3, minutes=15)) is None
    assert look(database, after(days=3, minutes=30))


def test_an_order_that_its_site_does_not_show_counts_from_its_arrival(database: Database) -> None:
    take(database, [an_arrival("1")], [], by="test", now=NOW)
    with database.write() as connection:  # as `put_off` does every few seconds while the site is down
        record = the(database, 1)
        revise(connection, record, {"due_at": after(hours=2)}, after(hours=2))
    assert look(database, after(hours=2))


def orders_at(database: Database, moment: datetime, number: int) -> None:
    arrivals = [an_arrival(f"{moment.isoformat()} {n}") for n in range(number)]
    take(database, arrivals, [], by="test", now=moment)


@pytest.mark.parametrize(("last_hour", "is_quiet"), [(0, True), (3, True), (15, False)])
def test_an_hour_is_compared_with_the_same_hour_of_the_weeks_before(
    database: Database, last_hour: int, is_quiet: bool
) -> None:
    for week in range(1, 4):
        orders_at(database, NOW - timedelta(weeks=week, minutes=20), 20)
        orders_at(database, NOW - timedelta(weeks=week, hours=3), 50)
    orders_at(database, NOW - timedelta(weeks=3, hours=2), 1)
    orders_at(database, NOW - timedelta(minutes=20), last_hour)
    assert watch_traffic(database, ["clarity", "desk"], now=NOW) == int(is_quiet)
    texts = [alarm.text for alarm in open_alarms(database)]
    if is_quiet:
        assert texts == [
            f"connection clarity: {last_hour} new orders in the last hour, 20 were to be expected by this hour of the "
            "3 weeks before"
        ]
        orders_at(database, after(minutes=1), 20)
    assert watch_traffic(database, ["clarity", "desk"], now=after(minutes=2)) == 0
    assert open_alarms(database) == []


def test_nothing_is_said_before_there_is_a_week_of_history(database: Database) -> None:
    orders_at(database, NOW - timedelta(days=6), 500)
    orders_at(database, NOW - timedelta(days=7, minutes=59), 500)
    assert watch_traffic(database, ["clarity"], now=NOW) == 0


def test_a_heartbeat_is_advanced_and_forgotten(database: Database) -> None:
    heartbeats.note(database, ["queue:a", "worker:b"], by="b", now=NOW)
    heartbeats.note(database, ["queue:a"], by="c", now=after(minutes=1))
    with database.write() as connection:
        assert heartbeats.last_beats(connection, ["queue:a", "worker:b", "queue:never"]) == {
            "queue:a": after(minutes=1), "worker:b": NOW,
        }  # fmt: skip
        heartbeats.forget(connection, before=after(seconds=1))
        assert list(heartbeats.last_beats(connection, ["queue:a", "worker:b"])) == ["queue:a"]


def test_an_alarm_closes_once_no_record_is_left_that_it_speaks_of(database: Database) -> None:
    order = an_order(database, "1")
    to(database, order, State.HELD, condition="stock")
    to(database, order, State.REVIEW, fingerprint="rejected/sku")
    speaks = ["review:rejected/sku", "dead:rejected/sku", f"change:{order.id}", f"probe:{LANE}", f"flagged:{order.id}"]
    with database.write() as connection:
        for key in speaks:
            raise_alarm(connection, key, Urgency.HIGH, "as it was", NOW)
        close_mended(connection, NOW)
    assert {alarm.key for alarm in open_alarms(database)} == {speaks[0], speaks[2], speaks[4]}
    to(database, order, State.READY)
    with database.write() as connection:
        close_mended(connection, NOW)
    assert [alarm.key for alarm in open_alarms(database)] == [f"flagged:{order.id}"], "a person has to look at it"
