"""The overview: what stands where, who is at work, what is away, and that it comes whatever is away."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from bridge.errors import Unreachable
from bridge.ledger import schema
from bridge.ledger.alarms import raise_alarm
from bridge.ledger.store import Database
from bridge.outcomes import Urgency
from bridge.overview import HOURS
from bridge.states import State
from desk import lookout
from desk.app import make_desk
from desk.lookout import Lookout, Seen
from desk.pictures import sparkline
from desk.ports import Ports
from tests.builders import LANE, NOW, an_order
from tests.desk_rig import ORIGIN, DeskRig, a_desk_rig
from tests.ledger_walks import walk, write_all


@pytest.fixture
def desk(sqlite_database: Database) -> Iterator[DeskRig]:
    with a_desk_rig(sqlite_database) as made:
        made.log_in("vera")
        yield made


def with_parts(desk: DeskRig, **parts: Any) -> DeskRig:
    """The same desk with other ports, and somebody logged in."""
    ports: Ports = replace(desk.ports, **parts)
    changed = DeskRig(desk.tasks, desk.sessions, ports, TestClient(make_desk(ports), base_url=ORIGIN))
    changed.log_in("vera")
    return changed


def away() -> Any:
    raise Unreachable("the event broker does not answer: connection refused")


def test_every_pile_shows_its_count_its_money_and_its_age(desk: DeskRig) -> None:
    an_order(desk.database, "1")
    walk(desk.database, an_order(desk.database, "2"), State.REVIEW)
    walk(desk.database, an_order(desk.database, "3"), State.DEAD)
    desk.pass_time(minutes=20)
    shown = desk.get("/parts/standing")
    assert "Waiting read, mapped, and due in a window 1 20.00 USD oldest 20 min" in shown
    assert "Review waits for a person 1 20.00 USD oldest 20 min" in shown
    row = "sage100:ABC order 1 20.00 USD oldest 20 min 0 0 0 1 20.00 USD oldest 20 min 1 20.00 USD oldest 20 min"
    assert row in shown


def test_what_was_confirmed_today_is_there_with_a_line_of_the_last_day(desk: DeskRig) -> None:
    for number in range(3):
        an_order(desk.database, f"{number}")
    write_all(desk.database)
    shown = desk.get("/")
    assert "In Sage today confirmed since midnight, UTC 3 60.00 USD" in shown
    assert "3 orders confirmed in the last 24 hours, most of them, 3, in the hour from 15:00 UTC" in shown
    assert "To be told confirmed, and its storefront not told yet 3" in shown


def test_alarms_and_lanes_are_told(desk: DeskRig) -> None:
    with desk.database.write() as connection:
        for number in range(12):
            raise_alarm(connection, f"test:{number}", Urgency.HIGH, "something <b>broke</b>", NOW)
    shown = desk.get("/")
    assert ": something <b>broke</b> since" in shown
    assert "and 2 more" in shown
    assert "2026-03-02 15:15:00Z" in shown, "the next window"


def test_seats_are_told_with_who_holds_them(desk: DeskRig) -> None:
    desk.tasks.seats.take(LANE, owner="writer@host", purpose="writer", fence=7, lease_s=600)
    desk.tasks.seats.mark_unproven("s9", "killed")
    shown = desk.get("/parts/services")
    assert "sage100, seat 1: writer of sage100:ABC, held by writer@host until 2026-03-02 15:10:00Z" in shown
    assert "session s9 is not proven gone: killed" in shown


def test_storefronts_say_when_they_were_polled(desk: DeskRig) -> None:
    assert "Storefront clarity never polled yet" in desk.get("/parts/services")
    row = {"connection": "clarity", "resource": "orders", "reached": NOW, "updated_at": NOW - timedelta(minutes=3)}
    with desk.database.write() as connection:
        connection.execute(schema.watermark.insert().values(**row))
    assert "Storefront clarity last polled 3 min ago" in desk.get("/parts/services")


def test_the_page_comes_and_says_so_when_broker_and_agent_are_away(desk: DeskRig) -> None:
    shown = with_parts(desk, broker=away, agents={"sage100": away}).get("/")
    assert "Broker away: the event broker does not answer" in shown
    assert "Sage agent of sage100 away:" in shown
    assert "The walk of an order" in shown


def test_the_page_does_not_wait_for_a_part_that_hangs(desk: DeskRig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookout, "PATIENCE_S", 0.05)
    hangs = threading.Event()
    changed = with_parts(desk, agents={"sage100": lambda: hangs.wait(30)})
    assert "no answer within" in changed.get("/")
    hangs.set()


def test_while_the_ledger_is_away_the_desk_says_that_orders_are_safe(desk: DeskRig) -> None:
    with desk.database.write() as connection:
        connection.exec_driver_sql("DROP TABLE desk_session")
    assert "The ledger does not answer. Orders are safe in the stream" in desk.get("/", status=503)


def test_a_part_is_asked_once_at_a_time_however_many_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookout, "PATIENCE_S", 0.05)
    asked, answer = [], threading.Event()

    def look() -> str:
        asked.append(1)
        answer.wait(30)
        return "well"

    watch = Lookout()
    for _ in range(3):
        assert watch.see({"part": look})["part"].away
    answer.set()
    monkeypatch.setattr(lookout, "PATIENCE_S", 10)
    assert watch.see({"part": look})["part"] == Seen(answer="well")
    assert len(asked) <= 2


def test_a_part_that_is_wrong_in_any_way_does_not_keep_the_page_from_coming() -> None:
    def look() -> None:
        raise KeyError("sessions")

    assert Lookout().see({"part": look}) == {"part": Seen(away="it could not be looked at (KeyError)")}


def test_a_day_without_orders_is_a_flat_line() -> None:
    line = sparkline([0] * HOURS, NOW)
    assert (line.highest, line.text) == (0, "0 orders confirmed in the last 24 hours")
    assert {point.partition(",")[2] for point in line.points.split()} == {"38.0"}


def test_the_highest_hour_reaches_the_top() -> None:
    heights = [float(point.partition(",")[2]) for point in sparkline([1, 4, 2], NOW).points.split()]
    assert heights == [29.0, 2.0, 20.0]
