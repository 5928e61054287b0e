"""What the desk asks of the ledger and keeps in it, on both kinds of database."""

from datetime import timedelta
from decimal import Decimal

import pytest

from bridge.errors import Misconfigured, Refused
from bridge.ledger import by_hand, order_list, schema, sessions, trace, windows
from bridge.ledger.audit import Deed, note, trail
from bridge.ledger.moves import revise
from bridge.ledger.order_list import Asked, newest_with
from bridge.ledger.reading import last_polls
from bridge.ledger.store import Database
from bridge.ledger.window_work import work_of
from bridge.outcomes import Outcome
from bridge.overview import HOURS, Pile, lane_standing, read_overview
from bridge.states import State
from bridge.windows.calendar import LaneCalendar
from tests.builders import LANE, NOW, a_customer, an_order, the
from tests.ledger_walks import change, walk, write, write_all

IDLE = timedelta(hours=1)
CALENDAR = LaneCalendar()


def test_the_overview_puts_every_state_where_people_look_for_it(database: Database) -> None:
    write(database, an_order(database, "sent"), None)
    for number, state in enumerate((State.HELD, State.REVIEW, State.DEAD, State.CANCELLED, State.DISCARDED)):
        walk(database, an_order(database, f"at-rest-{number}"), state)
    an_order(database, "ready")
    an_order(database, "ready too", currency="CAD", amount=Decimal("7.25"))
    with database.read() as connection:
        [flow] = read_overview(connection, NOW).flows
    assert (flow.lane, flow.document) == (LANE, "order")
    assert flow.waiting == Pile(2, {"USD": Decimal(20), "CAD": Decimal("7.25")}, NOW)
    assert flow.in_window == flow.held == flow.review == flow.dead == Pile(1, {"USD": Decimal(20)}, NOW)
    assert flow.today == Pile()


def test_what_was_confirmed_is_told_by_the_hour_and_by_the_day(database: Database) -> None:
    for number in range(3):
        an_order(database, f"{number}")
    write_all(database)
    with database.read() as connection:
        now, later, next_day, gone = (
            read_overview(connection, NOW + timedelta(hours=hours)) for hours in (0, 8, 23, 24)
        )
    assert now.of_document("order").today == Pile(3, {"USD": Decimal(60)}, NOW)
    assert now.hourly == (*[0] * 23, 3)
    assert later.hourly[HOURS - 1 - 8] == 3
    assert later.of_document("order").today.count == 3
    assert (next_day.of_document("order").today.count, sum(next_day.hourly)) == (0, 3)
    assert sum(gone.hourly) == 0
    assert next_day.hours_from == NOW.replace(minute=0)


def test_an_order_waits_since_it_came_whatever_became_of_it_meanwhile(database: Database) -> None:
    order = an_order(database, "1")
    with database.write() as connection:
        revise(connection, order, {"failures": 1}, NOW + timedelta(hours=1))
    with database.read() as connection:
        [flow] = read_overview(connection, NOW).flows
    assert flow.waiting.oldest == NOW


def test_a_lane_stands_as_its_window_and_calendar_say(database: Database) -> None:
    with database.read() as connection:
        fresh = lane_standing(connection, LANE, CALENDAR, NOW)
    assert (fresh["is_halted"], fresh["window"], fresh["next_window"]) == (False, None, NOW + timedelta(minutes=15))
    with database.write() as connection:
        by_hand.halt_lane(connection, LANE, by="Ann", why="month end", now=NOW)
    with database.read() as connection:
        halted = lane_standing(connection, LANE, None, NOW)
    assert (halted["is_halted"], halted["halt_reason"], halted["next_window"]) == (True, "Ann: month end", None)


def test_what_a_person_does_to_a_lane_is_done_once_and_with_a_reason(database: Database) -> None:
    with database.write() as connection:
        opened = by_hand.open_now(connection, LANE, CALENDAR, minutes=20, now=NOW)
        again = by_hand.open_now(connection, LANE, CALENDAR, minutes=10, now=NOW)
        closed = by_hand.close_now(connection, LANE, by="Ann", now=NOW)
        assert (opened.is_new, again.is_new) == (True, False)
        assert opened.until == again.until == closed == NOW + timedelta(minutes=20)
        assert by_hand.close_now(connection, LANE, by="Ann", now=NOW) is None
        with pytest.raises(Misconfigured, match="no more than the lane's guard_s"):
            by_hand.open_now(connection, LANE, LaneCalendar(guard_s=90), minutes=1, now=NOW)
        for deed in (by_hand.halt_lane, by_hand.resume_lane):
            with pytest.raises(Refused, match="need a reason"):
                deed(connection, LANE, by="Ann", why=" ", now=NOW)


def test_a_windows_work_is_what_it_claimed_and_what_its_lane_confirmed_in_it(database: Database) -> None:
    for number in range(12):
        an_order(database, f"{number}")
    write_all(database)
    rows = trace.windows(database)
    with database.read() as connection:
        [work] = work_of(connection, rows).values()
        assert work_of(connection, []) == {}
    assert (work.batches, work.claimed, work.manifest.count(State.CONFIRMED)) == (2, 12, 12)
    assert {currency: total.amount for currency, total in work.manifest.confirmed.items()} == {"USD": Decimal(240)}
    assert trace.windows(database, before=NOW) == []


def test_the_trail_is_read_from_its_end_and_by_its_subject(database: Database) -> None:
    with database.write() as connection:
        for number in range(7):
            note(connection, Deed("ann", "operate", "halt lane", f"lane {number % 2}", "because", {"n": number}), NOW)
        with pytest.raises(Refused, match="halt lane needs a reason"):
            note(connection, Deed("ann", "operate", "halt lane", "lane", "  "), NOW)
    first = trail(database, limit=4)
    rest = trail(database, limit=4, before_id=first[-1].id)
    assert [row.changes for row in (*first, *rest)] == [f'{{"n": {number}}}' for number in range(6, -1, -1)]
    assert {row.subject for row in trail(database, subject="lane 1")} == {"lane 1"}


def test_a_session_lives_until_its_end_or_until_it_is_not_used(database: Database) -> None:
    with database.write() as connection:
        sessions.open_session(connection, "token", "ann", now=NOW, ends_at=NOW + timedelta(hours=3))

    def is_alive(**after: float) -> bool:
        with database.read() as connection:
            now = NOW + timedelta(**after)
            return sessions.find_session(connection, "token", now=now, idle=IDLE) is not None

    assert (is_alive(minutes=59), is_alive(minutes=60)) == (True, False)
    with database.write() as connection:
        sessions.touch_session(connection, "token", NOW + timedelta(minutes=150))
    assert (is_alive(minutes=179), is_alive(minutes=180)) == (True, False)
    with database.write() as connection:
        sessions.end_session(connection, "token")
        sessions.end_session(connection, "token")
    assert not is_alive(minutes=1)


def test_a_log_in_forgets_the_sessions_that_have_ended(database: Database) -> None:
    with database.write() as connection:
        sessions.open_session(connection, "old", "ann", now=NOW, ends_at=NOW + IDLE)
        sessions.open_session(connection, "new", "ann", now=NOW + IDLE, ends_at=NOW + 2 * IDLE)
        left = connection.execute(sessions.desk_session.select()).all()
    assert [row.opened_at for row in left] == [NOW + IDLE]


def test_orders_come_a_page_at_a_time_by_id_and_by_last_change(database: Database) -> None:
    customer = a_customer(database)
    for number in range(9):
        an_order(database, f"{number}", customer=customer if number % 3 == 0 else None)
    for number in (2, 4, 6):
        walk(database, the(database, number), State.REVIEW)
    with database.read() as connection:
        for asked, wanted in (
            (Asked(), list(range(10, 1, -1))),
            (Asked(lane="sage100:XYZ"), []),
            (Asked(state=State.REVIEW), [6, 4, 2]),
            (Asked(state=State.REVIEW, before=(6, NOW)), [4, 2]),
            (Asked(before=(6, NOW)), [5, 4, 3, 2]),
            (Asked(customer_id=customer.id), [8, 5, 2]),
        ):
            assert [row.id for row in order_list.orders(connection, asked)] == wanted, asked
        assert [row.id for row in order_list.orders(connection, Asked(), limit=2)] == [10, 9]


def test_the_newest_orders_are_looked_through_whatever_the_case(database: Database) -> None:
    change(database, an_order(database, "1"), content='{"email": "Ann@Shop.example"}')
    an_order(database, "2")
    with database.read() as connection:
        assert [row.source_id for row in newest_with(connection, "ann@shop")] == ["1"]
        assert [row.source_id for row in newest_with(connection, "PO 2")] == ["2"]
        assert newest_with(connection, "100%") == []


def test_the_last_poll_is_told_of_each_connection(database: Database) -> None:
    with database.write() as connection:
        for resource, minutes in (("orders", 5), ("customers", 1)):
            at = NOW - timedelta(minutes=minutes)
            row = {"connection": "clarity", "resource": resource, "reached": NOW, "updated_at": at}
            connection.execute(schema.watermark.insert().values(**row))
        assert last_polls(connection) == {"clarity": NOW - timedelta(minutes=1)}


def test_a_window_by_hand_is_one_that_a_writer_may_take(database: Database) -> None:
    with database.write() as connection:
        by_hand.open_now(connection, LANE, CALENDAR, minutes=15, now=NOW)
    with database.read() as connection:
        assert windows.to_write(connection, LANE, NOW)
    write(database, an_order(database, "1"), Outcome.CONFIRMED)
