"""Intake on both databases: each event once, each record once, the newest version wanted, nothing lost or held up."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from bridge.ledger import schema
from bridge.ledger.arrivals import Arrival
from bridge.ledger.claims import begin_writing, claim, issue_fence
from bridge.ledger.dead import DeadMessage
from bridge.ledger.intake import Taken, take
from bridge.ledger.moves import Step, move
from bridge.ledger.outcomes import Rules, Writer, commit_results
from bridge.ledger.reading import embedded_body, has_two_stories, to_read
from bridge.ledger.rows import Record
from bridge.ledger.store import Database
from bridge.outcomes import Outcome
from bridge.ports.erp import ResultLine
from bridge.states import State
from tests.builders import LANE, NOW, an_arrival, an_event, an_order, the


def take_in(database: Database, *arrivals: Arrival, unreadable: Sequence[DeadMessage] = ()) -> Taken:
    return take(database, arrivals, unreadable, by="intake", now=NOW)


def the_record(database: Database, source_id: str = "10025") -> Record:
    with database.read() as connection:
        wanted = select(schema.record.c.id).where(schema.record.c.source_id == source_id)
        record_id = connection.execute(wanted).scalar_one()
    return the(database, record_id)


def count(database: Database, table: str) -> int:
    with database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(schema.metadata.tables[table])).scalar_one())


def test_the_same_events_again_change_nothing(database: Database) -> None:
    batch = [an_arrival("1"), an_arrival("2"), an_arrival("1", version=2)]
    assert take_in(database, *batch) == Taken(new=3)
    before = the_record(database, "1")
    assert take_in(database, *reversed(batch), batch[0]) == Taken(repeats=4)
    assert the_record(database, "1") == before
    assert (count(database, "event"), count(database, "record"), count(database, "move")) == (3, 2, 2)


@pytest.mark.parametrize("versions", [[1, 2, 3], [3, 2, 1], [2, 3, 1]])
@pytest.mark.parametrize("at_once", [True, False])
def test_the_newest_version_is_wanted_in_whatever_order_they_come(
    database: Database, versions: list[int], at_once: bool
) -> None:
    arrivals = [an_arrival(version=version) for version in versions]
    for batch in [arrivals] if at_once else [[arrival] for arrival in arrivals]:
        take_in(database, *batch)
    record = the_record(database)
    assert (record.state, record.wanted_version, record.version, record.needs_read) == (State.RECEIVED, 3, 0, True)
    with database.read() as connection:
        told = connection.execute(select(schema.event.c.record_id)).scalars().all()
    assert told == [record.id] * 3, "every event names its record"


def test_an_older_version_than_the_one_read_changes_nothing(database: Database) -> None:
    record = an_order(database)
    take_in(database, an_arrival(version=1))
    assert the(database, record) == record


def test_a_newer_version_holds_a_ready_order_until_it_is_read(database: Database) -> None:
    record = an_order(database)
    take_in(database, an_arrival(version=2))
    now = the(database, record)
    assert (now.state, now.condition, now.wanted_version, now.needs_read) == (State.HELD, "reread", 2, True)
    with database.read() as connection:
        assert [each.id for each in to_read(connection, "clarity", 10, NOW)] == [record.id]


def in_state(database: Database, state: State) -> Record:
    """An order in flight as a writer has it, with its fence and batch; or confirmed, or given up."""
    order = an_order(database)
    if state in {State.REVIEW, State.CANCELLED}:
        with database.write() as connection:
            held = move(connection, order, Step(State.HELD, "waits", "test"), NOW)
            return move(connection, held, Step(state, "moved on", "test"), NOW)
    fence = issue_fence(database, LANE, by="w", now=NOW)
    batch = claim(database, LANE, fence=fence, window_id=None, owner="w", limit=1, now=NOW)
    assert batch is not None
    if state is not State.CLAIMED:
        begin_writing(database, batch, {order.id: "0000001"}, by="w", now=NOW)
    outcomes = {State.CONFIRMED: Outcome.CONFIRMED, State.UNCERTAIN: Outcome.UNCERTAIN, State.DEAD: Outcome.UNKNOWN}
    if state in outcomes:
        line = ResultLine(order.id, outcomes[state], "0000001")
        commit_results(database, Writer("w", LANE, fence), [line], Rules(), now=NOW)
    return the(database, order)


@pytest.mark.parametrize(
    "state", [State.CLAIMED, State.WRITING, State.UNCERTAIN, State.CONFIRMED, State.REVIEW, State.DEAD]
)
@pytest.mark.parametrize("kind", ["newer version", "other body"])
def test_news_of_an_order_are_stored_at_once_whatever_it_is_doing(database: Database, state: State, kind: str) -> None:
    take_in(database, replace(an_arrival(), event=an_event("evt_10025_1", body=b"first")))
    with database.write() as connection:
        for table in (schema.move, schema.record):
            connection.execute(table.delete())  # keeps the event; the order itself is built below
    record = in_state(database, state)
    arrival = an_arrival(version=2) if kind == "newer version" else an_arrival(version=1, body=b"second")
    assert take_in(database, arrival) == Taken(new=1)
    now = the(database, record)
    assert (now.state, now.is_outdated, now.needs_read) == (state, True, True)
    assert now.wanted_version == arrival.version
    with database.read() as connection:
        due = to_read(connection, "clarity", 10, NOW)
    in_flight = state in {State.CLAIMED, State.WRITING, State.UNCERTAIN}
    assert [each.id for each in due] == ([] if in_flight else [record.id]), "its writer looks at what is in flight"


def test_a_claimed_order_told_in_two_bodies_turns_back_before_it_is_sent(database: Database) -> None:
    take_in(database, an_arrival(body=b"one"))
    record = the_record(database)
    with database.write() as connection:
        move(connection, record, Step(State.READY, "read", "test", changes={"version": 1, "needs_read": False}), NOW)
    fence = issue_fence(database, LANE, by="w", now=NOW)
    batch = claim(database, LANE, fence=fence, window_id=None, owner="w", limit=1, now=NOW)
    assert batch is not None
    take_in(database, an_arrival(body=b"another"))
    assert begin_writing(database, batch, {record.id: "1"}, by="w", now=NOW) == ()
    now = the(database, record)
    assert (now.state, now.condition, now.writes_begun) == (State.HELD, "reread", 0)


def test_a_withdrawn_order_stays_withdrawn(database: Database) -> None:
    record = in_state(database, State.CANCELLED)
    take_in(database, an_arrival(version=4))
    now = the(database, record)
    assert (now.state, now.wanted_version, now.needs_read) == (State.CANCELLED, 4, False)


def test_two_stories_under_one_event_id_are_both_kept_and_told(database: Database) -> None:
    bodies = [b'{"data": {"id": "10025", "n": 1}}', b'{"data": {"id": "10025", "n": 2}}']
    take_in(database, an_arrival(body=bodies[0]))
    record = the_record(database)
    with database.read() as connection:
        assert not has_two_stories(connection, record)
    take_in(database, an_arrival(body=bodies[1]))
    with database.read() as connection:
        assert has_two_stories(connection, record)
        assert embedded_body(connection, record)["n"] == 2
    take_in(database, an_arrival(version=2, body=bodies[0]))
    with database.read() as connection:
        assert not has_two_stories(connection, the(database, record)), "a newer version settles it"


@pytest.mark.parametrize("body", [b"null", b"[]", b'{"data": null}', b'{"data": 7}'])
def test_an_event_that_brought_no_document_gives_only_its_id(database: Database, body: bytes) -> None:
    take_in(database, an_arrival(body=body))
    with database.read() as connection:
        assert embedded_body(connection, the_record(database)) == {"id": "10025"}


def test_an_event_of_no_document_is_kept_raw(database: Database) -> None:
    ping = Arrival(an_event("ping_1", topic="ping"), "", "", 0, "main", "")
    assert take_in(database, ping, ping) == Taken(new=1, repeats=1)
    assert (count(database, "event"), count(database, "record")) == (1, 0)


UNFIT = {
    "a long id": {"source_id": "1" * 65},
    "a NUL in its id": {"source_id": "1\0"},
    "half a surrogate in its id": {"source_id": "\ud800"},
    "a long site": {"site": "s" * 65},
    "a version beyond the column": {"version": 2**31},
    "a negative version": {"version": -1},
}


@pytest.mark.parametrize("fault", UNFIT)
def test_an_event_that_fits_no_column_rests_as_a_dead_letter_and_holds_up_no_other(
    database: Database, fault: str
) -> None:
    unfit = replace(an_arrival("9", event_id="evt_unfit"), **UNFIT[fault])
    batch = [an_arrival("1"), unfit, an_arrival("2")]
    assert take_in(database, *batch) == Taken(new=2, unreadable=1)
    assert take_in(database, *batch) == Taken(repeats=2, unreadable=1)
    with database.read() as connection:
        letter = connection.execute(select(schema.dead_letter)).one()
    assert (letter.entity, letter.body) == ("message", b"{}")
    assert "correct it at its source" in letter.reason


def test_unreadable_messages_rest_once_each(database: Database) -> None:
    long = "x" * 200
    letters = [DeadMessage(f"{long}1", "a\0b", b"1"), DeadMessage(f"{long}2", "r", b"2"), DeadMessage("o", "r", b"3")]
    take_in(database, unreadable=letters)
    take_in(database, unreadable=list(reversed(letters)))
    with database.read() as connection:
        rows = connection.execute(select(schema.dead_letter).order_by(schema.dead_letter.c.body)).all()
    assert [row.body for row in rows] == [b"1", b"2", b"3"]
    assert rows[0].reason == "a?b"


def test_reading_begins_with_the_earliest_news(database: Database) -> None:
    early, late = NOW - timedelta(minutes=9), NOW
    take_in(database, replace(an_arrival(version=2), read_from=late))
    take_in(database, replace(an_arrival(version=3), read_from=early))
    take_in(database, replace(an_arrival(version=4), read_from=None))
    assert the_record(database).read_from == early


def test_one_source_id_at_two_sites_is_two_records(database: Database) -> None:
    take_in(database, an_arrival(event_id="a"), replace(an_arrival(event_id="b"), site="second"))
    assert count(database, "record") == 2


def test_what_is_only_told_to_a_known_record_makes_none(database: Database) -> None:
    told = [replace(an_arrival("1", version=version), makes_record=False) for version in (1, 2)]
    assert take(database, told[:1], [], by="intake", now=NOW) == Taken(new=1)
    made = an_arrival("1", event_id="evt_order")
    take(database, [made], [], by="intake", now=NOW)
    assert take(database, told, [], by="intake", now=NOW) == Taken(new=1, repeats=1)
    with database.read() as connection:
        [record] = connection.execute(select(schema.record)).all()
        events = connection.execute(select(schema.event.c.record_id).order_by(schema.event.c.id)).scalars().all()
    assert (record.wanted_version, record.needs_read, list(events)) == (2, True, [None, record.id, record.id])
