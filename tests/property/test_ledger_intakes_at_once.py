"""Two intakes, a poller and a reader at once over overlapping events: nothing is lost, doubled or out of step."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bridge.errors import LostRace
from bridge.ledger import schema
from bridge.ledger.arrivals import Arrival
from bridge.ledger.intake import take
from bridge.ledger.reading import known_versions, to_read
from bridge.ledger.settle import Settlement, settle
from bridge.ledger.store import Database
from bridge.states import State, is_legal
from tests.builders import NOW, an_arrival
from tests.crowds import at_once

IDS = st.sampled_from(["a", "b", "c"])
EVENTS = st.builds(
    lambda source_id, version, event_id, body: an_arrival(source_id, version=version, event_id=event_id, body=body),
    IDS,
    st.integers(1, 4),
    st.sampled_from(["evt_1", "evt_2", "evt_3", "evt_4"]),
    st.sampled_from([b"1", b"2"]),
)
BATCHES = st.lists(st.lists(EVENTS, min_size=1, max_size=5), min_size=1, max_size=4)
POLLED = st.lists(st.tuples(IDS, st.integers(1, 5)), max_size=6)


@dataclass(frozen=True)
class Plan:
    """What each of the four does."""

    first: list[list[Arrival]]
    second: list[list[Arrival]]
    polled: list[Arrival]


def poll_of(seen: Sequence[tuple[str, int]]) -> list[Arrival]:
    return [
        an_arrival(source_id, version=version, event_id=f"poll:{source_id}:{version}", topic="order.polled")
        for source_id, version in seen
    ]


PLANS = st.builds(Plan, BATCHES, BATCHES, POLLED.map(poll_of))


def clear(database: Database) -> None:
    with database.write() as connection:
        for table in reversed(schema.metadata.sorted_tables):
            connection.execute(table.delete())


def intake(database: Database, batches: Sequence[Sequence[Arrival]]) -> None:
    for batch in batches:
        take(database, batch, [], by="intake", now=NOW)


def poll(database: Database, polled: Sequence[Arrival]) -> None:
    with database.read() as connection:
        known = known_versions(connection, "clarity", "order", [each.source_id for each in polled])
    fresh = [each for each in polled if each.version > known.get((each.site, each.source_id), -1)]
    take(database, fresh, [], by="poll", now=NOW)


def read(database: Database, rounds: int = 4) -> None:
    """Settles whatever is there as ready, in the version that is wanted when it looks."""
    for _ in range(rounds):
        with database.write() as connection:
            for record in to_read(connection, "clarity", 50, NOW):
                outcome = Settlement(State.READY, "read", record.wanted_version)
                try:
                    with connection.begin_nested():
                        settle(connection, record, outcome, by="reader", now=NOW)
                except LostRace:
                    continue


@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(plan=PLANS)
def test_intakes_at_once_come_to_the_same_as_one_after_the_other(database: Database, plan: Plan) -> None:
    clear(database)
    wrong = at_once(
        database,
        lambda mine: intake(mine, plan.first),
        lambda mine: intake(mine, plan.second),
        lambda mine: poll(mine, plan.polled),
        read,
    )
    assert wrong == []
    told = [arrival for batch in [*plan.first, *plan.second] for arrival in batch]
    check_events(database, told, plan.polled)
    check_records(database, told, plan.polled)
    check_journal(database)


def check_events(database: Database, told: Sequence[Arrival], polled: Sequence[Arrival]) -> None:
    with database.read() as connection:
        rows = connection.execute(select(schema.event)).all()
    kept = {(row.event_id, bytes(row.body)) for row in rows}
    assert len(kept) == len(rows)
    assert {(each.event.event_id, each.event.body) for each in told} <= kept
    assert kept <= {(each.event.event_id, each.event.body) for each in [*told, *polled]}
    assert all(row.record_id is not None for row in rows)


def check_records(database: Database, told: Sequence[Arrival], polled: Sequence[Arrival]) -> None:
    """One record per identity; it wants the newest version of any event that was kept, as first told under its id."""
    with database.read() as connection:
        records = connection.execute(select(schema.record)).all()
        events = connection.execute(select(schema.event)).all()
    assert len({row.source_id for row in records}) == len(records)
    newest: defaultdict[int, int] = defaultdict(int)
    for event in events:
        newest[event.record_id] = max(newest[event.record_id], event.resource_version)
    assert {row.id: row.wanted_version for row in records} == newest
    for row in records:
        assert row.needs_read or row.version == row.wanted_version, "what is wanted is read, or still to be"
    latest_polled = {each.source_id: each.version for each in sorted(polled, key=lambda each: each.version)}
    for source_id, version in latest_polled.items():
        assert any(row.source_id == source_id and row.wanted_version >= version for row in records)


def check_journal(database: Database) -> None:
    with database.read() as connection:
        moves = connection.execute(select(schema.move).order_by(schema.move.c.id)).all()
        states = {row.id: row.state for row in connection.execute(select(schema.record.c.id, schema.record.c.state))}
    last: dict[int, str | None] = {}
    for line in moves:
        assert line.origin == last.get(line.record_id)
        assert line.origin is None or is_legal(State(line.origin), State(line.target))
        last[line.record_id] = line.target
    assert last == states
