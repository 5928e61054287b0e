"""The ledger on both databases: moves are compare-and-set, journaled, and refused when illegal."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import insert, select, text

from bridge.errors import IllegalMove, LostRace, StaleFence
from bridge.ledger import flight, schema
from bridge.ledger.claims import begin_writing, claim, issue_fence
from bridge.ledger.migrate import check, migrate
from bridge.ledger.moves import Step, move
from bridge.ledger.outcomes import Writer
from bridge.ledger.rows import Record
from bridge.ledger.store import Database
from bridge.states import RULES, State, is_legal
from tests.builders import LANE, NOW, a_customer, an_order, the


def force(database: Database, record: Record, state: State) -> Record:
    """Puts a record into a state past the store's own door."""
    with database.write() as connection:
        connection.execute(schema.record.update().where(schema.record.c.id == record.id).values(state=state.value))
    return the(database, record)


def test_migrations_make_the_declared_tables(database: Database) -> None:
    migrate(database)
    check(database)
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), schema.metadata) == []


@pytest.mark.parametrize("origin", list(State))
def test_the_store_refuses_every_move_outside_the_table(sqlite_database: Database, origin: State) -> None:
    record = force(sqlite_database, an_order(sqlite_database), origin)
    for target in State:
        if is_legal(origin, target):
            continue
        with pytest.raises(IllegalMove), sqlite_database.write() as connection:
            move(connection, record, Step(target, "because", "test", proof="none"), NOW)
    assert the(sqlite_database, record).state is origin


def test_every_state_can_be_reached_and_left_as_the_table_says() -> None:
    reached, todo = set(), [State.RECEIVED]
    while todo:
        state = todo.pop()
        if state not in reached:
            reached.add(state)
            todo += RULES[state].leaves_to
    assert reached == set(State)


def test_a_move_is_journaled_with_its_reason(database: Database) -> None:
    record = an_order(database)
    with database.write() as connection:
        moved = move(connection, record, Step(State.HELD, "no stock", "clerk", changes={"condition": "stock"}), NOW)
    assert (moved.state, moved.condition, moved.revision) == (State.HELD, "stock", record.revision + 1)
    with database.read() as connection:
        lines = connection.execute(select(schema.move).order_by(schema.move.c.id)).all()
    told = [(line.origin, line.target, line.why, line.by) for line in lines]
    assert told[1:] == [("RECEIVED", "READY", "settled", "test"), ("READY", "HELD", "no stock", "clerk")]


def test_the_second_of_two_moves_from_one_reading_loses(database: Database) -> None:
    record = an_order(database)
    with database.write() as connection:
        move(connection, record, Step(State.HELD, "first", "a"), NOW)
    with pytest.raises(LostRace), database.write() as connection:
        move(connection, record, Step(State.CANCELLED, "second", "b"), NOW)
    assert the(database, record).state is State.HELD


@pytest.mark.parametrize("target", [State.READY, State.HELD, State.REVIEW, State.DEAD])
def test_leaving_writing_unconfirmed_needs_proof(sqlite_database: Database, target: State) -> None:
    record = force(sqlite_database, an_order(sqlite_database), State.WRITING)
    with pytest.raises(IllegalMove, match="proof"), sqlite_database.write() as connection:
        move(connection, record, Step(target, "hope", "test"), NOW)
    with sqlite_database.write() as connection:
        assert move(connection, record, Step(target, "refused", "test", proof="ERP said no"), NOW).state is target


def test_leaving_uncertain_needs_a_probe_of_this_very_doubt(database: Database) -> None:
    record = force(database, an_order(database), State.WRITING)
    with database.write() as connection:
        doubtful = move(connection, record, Step(State.UNCERTAIN, "time-out", "test"), NOW)
        old = {"record_id": record.id, "doubt": doubtful.doubts - 1, "verdict": "absent", "at": NOW}
        connection.execute(insert(schema.probe).values(**old))
    with pytest.raises(IllegalMove, match="probe"), database.write() as connection:
        move(connection, doubtful, Step(State.READY, "surely not there", "test"), NOW)
    with database.write() as connection:
        connection.execute(insert(schema.probe).values(**{**old, "doubt": doubtful.doubts}))
        assert move(connection, doubtful, Step(State.READY, "absent", "test"), NOW).state is State.READY


def test_a_claim_takes_customers_first_and_then_orders_as_they_are_due(database: Database) -> None:
    late = an_order(database, "2", due_at=NOW + timedelta(minutes=5))
    order = an_order(database, "1")
    customer = a_customer(database)
    fence = issue_fence(database, LANE, by="w", now=NOW)
    claims = [claim(database, LANE, fence=fence, window_id=None, owner="w", limit=10, now=NOW) for _ in range(3)]
    assert [[r.id for r in batch.records] if batch else None for batch in claims] == [[customer.id], [order.id], None]
    assert the(database, late).state is State.READY


def test_a_newer_fence_turns_what_the_older_writer_left_and_refuses_it(database: Database) -> None:
    claimed, sent = an_order(database, "1"), an_order(database, "2")
    old = issue_fence(database, LANE, by="old", now=NOW)
    first = claim(database, LANE, fence=old, window_id=None, owner="old", limit=1, now=NOW)
    second = claim(database, LANE, fence=old, window_id=None, owner="old", limit=1, now=NOW)
    assert first is not None
    assert second is not None
    begin_writing(database, second, {sent.id: "0000001"}, by="old", now=NOW)
    issue_fence(database, LANE, by="new", now=NOW)
    assert the(database, claimed).state is State.READY
    assert the(database, sent).state is State.UNCERTAIN
    with pytest.raises(StaleFence):
        claim(database, LANE, fence=old, window_id=None, owner="old", limit=1, now=NOW)
    with pytest.raises(StaleFence):
        begin_writing(database, first, {}, by="old", now=NOW)


def test_a_reserved_number_stays_with_its_record(database: Database) -> None:
    record = an_order(database, number="0000007")
    fence = issue_fence(database, LANE, by="w", now=NOW)
    batch = claim(database, LANE, fence=fence, window_id=None, owner="w", limit=1, now=NOW)
    assert batch is not None
    begin_writing(database, batch, {record.id: "0000099"}, by="w", now=NOW)
    assert the(database, record).number == "0000007"


def test_a_wanted_version_newer_than_the_claimed_turns_the_record_back(database: Database) -> None:
    record = an_order(database)
    fence = issue_fence(database, LANE, by="w", now=NOW)
    batch = claim(database, LANE, fence=fence, window_id=None, owner="w", limit=1, now=NOW)
    assert batch is not None
    with database.write() as connection:
        connection.execute(schema.record.update().values(wanted_version=2))
    assert begin_writing(database, batch, {record.id: "1"}, by="w", now=NOW) == ()
    now = the(database, record)
    assert (now.state, now.condition, now.needs_read, now.writes_begun) == (State.HELD, "reread", True, 0)


def test_two_claims_at_once_share_no_record(database: Database) -> None:
    for index in range(20):
        an_order(database, str(index))
    fence = issue_fence(database, LANE, by="w", now=NOW)
    taken: list[int] = []
    errors: list[Exception] = []

    def run(owner: str) -> None:
        other = Database(database.url)
        try:
            while batch := claim(other, LANE, fence=fence, window_id=None, owner=owner, limit=3, now=NOW):
                taken.extend(record.id for record in batch.records)
        except Exception as error:
            errors.append(error)
        finally:
            other.close()

    threads = [threading.Thread(target=run, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert len(taken) == len(set(taken)) == 20


def test_rows_given_back_by_a_stale_writer_are_refused(database: Database) -> None:
    record = an_order(database)
    old = issue_fence(database, LANE, by="old", now=NOW)
    batch = claim(database, LANE, fence=old, window_id=None, owner="old", limit=1, now=NOW)
    assert batch is not None
    issue_fence(database, LANE, by="new", now=NOW)
    with pytest.raises(StaleFence):
        flight.put_back(database, Writer("old", LANE, old), batch.id, why="w", outcome="x", now=NOW)
    assert the(database, record).state is State.READY


def test_a_claim_reads_an_index_and_not_the_table(database: Database) -> None:
    an_order(database)
    query = (
        "SELECT * FROM record WHERE lane = 'x' AND state = 'READY' AND priority = 1 AND due_at <= '2030-01-01' "
        "ORDER BY due_at, id LIMIT 50"
    )
    with database.write() as connection:
        if database.is_sqlite:
            plan = " ".join(row[3] for row in connection.execute(text(f"EXPLAIN QUERY PLAN {query}")))
            assert "USE TEMP B-TREE" not in plan
        else:
            connection.execute(text("SET LOCAL enable_seqscan = off"))
            plan = " ".join(row[0] for row in connection.execute(text(f"EXPLAIN {query}")))
            assert "Sort" not in plan
    assert "ix_record_claim" in plan


def test_times_without_a_zone_are_refused(database: Database) -> None:
    with pytest.raises(Exception, match="without a zone"):
        an_order(database, placed_at=NOW.replace(tzinfo=None))


def test_a_record_reads_back_as_it_was_written(database: Database) -> None:
    record = an_order(database, placed_at=NOW)
    assert the(database, record) == replace(record, placed_at=NOW)
