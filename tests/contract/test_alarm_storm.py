"""A storm of 10,000 failures, of several kinds and over several lanes, is a handful of messages at a real receiver."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from bridge.alarms.settings import AlertSettings
from bridge.alarms.telling import OpenAlarm
from bridge.ledger import schema
from bridge.ledger.alarms import raise_alarm
from bridge.ledger.outcomes import Rules, Writer, commit_results
from bridge.ledger.store import Database
from bridge.ledger.trace import open_alarms
from bridge.outcomes import Outcome, Urgency
from bridge.ports.erp import ResultLine
from sandbox.alert_desk import AlertDesk, alert_desk
from tests.builders import NOW, SITE
from workers.watch.looking import Look
from workers.watch.telling import Teller
from workers.watch.words import Links

FAILURES, WRITTEN, A_ROUND = 10_000, 1_000, 250
"""A writer commits the outcomes of the first thousand orders; the others raise what those raised, to save time."""

LANES = ("sage100:ABC", "sage100:XYZ", "sage100:EUR")
KINDS = (
    # outcome, field, failures before
    (Outcome.REJECTED, "lines[0].sku", 0),
    (Outcome.REJECTED, "ship_to.name", 2),
    (Outcome.HELD_BACK, "credit", 0),
    (Outcome.UNKNOWN, None, 0),
    (Outcome.CONFIRMED_FLAGGED, None, 0),
)


@pytest.fixture
def desk() -> Iterator[AlertDesk]:
    with alert_desk() as staffed:
        yield staffed


def in_flight(database: Database) -> None:
    """Orders that are being written, a third in each lane."""
    rows = [
        {
            "connection": "clarity", "site": SITE, "document": "order", "source_id": str(n), "order_number": str(n),
            "lane": LANES[n % 3], "state": "WRITING", "version": 1, "wanted_version": 1, "writes_begun": 1,
            "failures": KINDS[n % 5][2], "due_at": NOW, "created_at": NOW, "updated_at": NOW, "number": f"{n:07d}",
        }
        for n in range(1, WRITTEN + 1)
    ]  # fmt: skip
    with database.write() as connection:
        connection.execute(insert(schema.lane), [{"name": lane, "fence": 1, "updated_at": NOW} for lane in LANES])
        connection.execute(insert(schema.record), rows)


def fail(database: Database, first: int, now: datetime) -> None:
    """The next so many of them fail, as their lanes' writers commit it."""
    for lane in LANES:
        lines = [
            ResultLine(n, kind, text="as Sage said", field=field, warnings=("credit hold",))
            for n in range(first, first + A_ROUND)
            if LANES[n % 3] == lane
            for kind, field, _ in (KINDS[n % 5],)
        ]
        commit_results(database, Writer("w", lane, 1), lines, Rules(), now=now)


def fail_again(database: Database, now: datetime) -> None:
    """As many fail again in the ways that are known by now."""
    with database.write() as connection:
        known = connection.execute(select(schema.alarm.c.key, schema.alarm.c.urgency)).all()
        for n in range(A_ROUND):
            key, urgency = known[n % len(known)]
            raise_alarm(connection, key, Urgency(urgency), f"order {n}: as Sage said", now)


def look(database: Database, now: datetime) -> Look:
    """What the watch sees of the ledger."""
    alarms = (OpenAlarm(row.key, Urgency(row.urgency), row.text, row.first_at) for row in open_alarms(database))
    return Look(now, tuple(alarms), mutes=())


def test_ten_thousand_failures_are_a_handful_of_messages(
    sqlite_database: Database, desk: AlertDesk, tmp_path: Path
) -> None:
    in_flight(sqlite_database)
    settings = AlertSettings.model_validate({"targets": [desk.url]})
    for minute in range(FAILURES // A_ROUND):
        now = NOW + timedelta(minutes=minute)
        first = 1 + minute * A_ROUND
        fail(sqlite_database, first, now) if first < WRITTEN else fail_again(sqlite_database, now)
        teller = Teller(settings, tmp_path / "watch.json", Links())  # anew each time, as `tidegate watch --once` is
        assert teller.tell(look(sqlite_database, now)) == []
    with sqlite_database.read() as connection:
        count = {row.key: row.count for row in connection.execute(schema.alarm.select())}
    assert sum(count.values()) == FAILURES, "every failure was raised"
    assert len([key for key in count if not key.startswith("flagged:")]) == 4, "and is one of four alarms, or its own"
    assert 2 <= len(desk.inbox) <= 5, desk.titles
    assert max(len(message["message"]) for message in desk.inbox) < 20_000


def test_ten_thousand_urgent_alarms_of_their_own_key_are_a_handful_too(desk: AlertDesk, tmp_path: Path) -> None:
    """Such as orders whose number was changed: each has to be looked at, and each has its own alarm."""
    teller = Teller(AlertSettings.model_validate({"targets": [desk.url]}), tmp_path / "watch.json", Links())
    alarms: list[OpenAlarm] = []
    for minute in range(40):
        now = NOW + timedelta(minutes=minute)
        alarms += [OpenAlarm(f"identity:{minute}-{n}", Urgency.HIGH, "another number", now) for n in range(A_ROUND)]
        assert teller.tell(Look(now, tuple(alarms), mutes=())) == []
    assert len(alarms) == FAILURES
    assert len(desk.inbox) <= 9, desk.titles
