"""What the fleet asks of the ledger all day is answered from an index, and takes no longer when the ledger has grown.

The statements are those that the ledger's own functions send: they are listened to, then explained.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event

from bridge.glance import glance
from bridge.ledger import (
    accounts,
    audit,
    customers,
    flight,
    order_list,
    proofs,
    reading,
    recovering,
    schema,
    sessions,
    trace,
    window_work,
    windows,
)
from bridge.ledger.ahead import recall
from bridge.ledger.alarms import raise_alarm
from bridge.ledger.claims import claim, issue_fence, turn_expired
from bridge.ledger.dead import unqueued
from bridge.ledger.intake import take
from bridge.ledger.mended import close_mended
from bridge.ledger.moves import fetch
from bridge.ledger.order_list import Asked
from bridge.ledger.people import waiting_for_person
from bridge.ledger.settle import Settlement, settle
from bridge.ledger.silence import silent_since, watch_lanes
from bridge.ledger.sold import sold_lines
from bridge.ledger.store import Database
from bridge.ledger.traffic import watch_traffic
from bridge.ledger.unfinished import missed_windows, unfinished
from bridge.outcomes import Urgency
from bridge.overview import read_overview
from bridge.rules import LIFTED_BY_ERP
from bridge.states import State
from bridge.windows.calendar import LaneCalendar
from bridge.windows.due import Window
from bridge.writing.waiting import has_work
from tests.builders import LANE, NOW, an_arrival, the
from tests.databases import KINDS, open_database
from tests.ledger_bulk import fill

SIZES = {"sqlite": (1_000, 200_000), "postgresql": (1_000, 20_000)}
"""Orders in the ledger when it is young and when it is old; PostgreSQL takes longer to be filled."""

TELLINGS = "storefront:clarity"
GROWING = frozenset({"record", "event", "move", "batch", "dead_letter", "identity", "probe"})
OPEN_ONLY = frozenset({"ix_batch_open"})
"""An index of what is open and of nothing else may be read from end to end."""


def reads(ask: Callable[[Connection], object]) -> Callable[[Database], object]:
    def run(database: Database) -> object:
        with database.read() as connection:
            return ask(connection)

    return run


def _close_mended(database: Database) -> None:
    with database.write() as connection:
        for key in ("review:rejected", "dead:rejected", "change:500", f"probe:{LANE}"):
            raise_alarm(connection, key, Urgency.HIGH, "as it was", NOW)
        close_mended(connection, NOW)


def _recall(database: Database) -> None:
    with database.write() as connection:
        recall(connection, NOW)


def _settle(database: Database) -> None:
    record = the(database, 500)
    news = Settlement(State.READY, "read", 2, columns={"order_number": record.order_number})
    with database.write() as connection:
        settle(connection, record, news, by="reader", now=NOW)


def window_work_of(database: Database) -> object:
    """The work of one window in which nothing was confirmed, as at night."""
    at = NOW + timedelta(days=3)
    windows.schedule(database, LANE, [Window(at, at, at + timedelta(minutes=10), 30)], now=at)
    with database.write() as connection:
        connection.execute(schema.window.update().values(opened_at=at))
        return window_work.work_of(connection, trace.windows(database, LANE))


CALLS: dict[str, Callable[[Database], object]] = {
    "take": lambda db: take(db, [an_arrival("480", version=2)], [], by="intake", now=NOW),
    "settle": _settle,
    "find_customer": reads(lambda connection: customers.find_customer(connection, fetch(connection, 500), "c1")),
    "claim": lambda db: claim(db, LANE, fence=None, window_id=None, owner="w", limit=10, now=NOW),
    "recall": _recall,
    "claim of tellings": lambda db: claim(db, TELLINGS, fence=None, window_id=None, owner="w", limit=10, now=NOW),
    "in_doubt": lambda db: flight.in_doubt(db, LANE, 100),
    "held_for": lambda db: flight.held_for(db, LANE, LIFTED_BY_ERP, 100),
    "to_read": reads(lambda connection: reading.to_read(connection, "clarity", 200, NOW)),
    "unqueued": reads(lambda connection: unqueued(connection, 500)),
    "find": lambda db: trace.find(db, "500"),
    "trace": lambda db: trace.trace(db, 500),
    "batches_of": lambda db: trace.batches_of(db, 500),
    "find_by_event": lambda db: trace.find_by_event(db, ["clarity"], "evt_500"),
    "receipt": lambda db: trace.receipt(db, "clarity", "evt_500"),
    "of_source_ids": lambda db: trace.of_source_ids(db, "clarity", "order", ["500", "501"]),
    "known_versions": reads(lambda connection: reading.known_versions(connection, "clarity", "order", ["500", "501"])),
    "has_work": reads(lambda connection: has_work(connection, LANE, NOW)),
    "has_no_work": reads(lambda connection: has_work(connection, "sage100:XYZ", NOW)),
    "newest_confirmed": lambda db: proofs.newest_confirmed(db, LANE),
    "key_of": lambda db: proofs.key_of(db, the(db, 500)),
    "known_numbers": lambda db: proofs.known_numbers(db, LANE, ["500", "501"]),
    "confirmed_since": lambda db: proofs.confirmed_since(db, LANE, NOW + timedelta(days=1), after_id=0, limit=50),
    "by_ids": reads(lambda connection: recovering.by_ids(connection, LANE, "order", [500, 501])),
    "by_names": reads(lambda connection: recovering.by_names(connection, LANE, "order", ["500", "501"])),
    "unanswered": lambda db: flight.unanswered(db, 7),
    "accounts_of": reads(lambda connection: accounts.accounts_of(connection, LANE, ["500", "501"])),
    "heal_orders": lambda db: customers.heal_orders(db, by="steward", now=NOW),
    "turn_expired": lambda db: turn_expired(db, by="steward", now=NOW),
    "issue_fence": lambda db: issue_fence(db, LANE, by="w", now=NOW),
    "waiting_for_person": lambda db: waiting_for_person(db, fingerprint="rejected"),
    "watch_lanes": lambda db: watch_lanes(db, {LANE: LaneCalendar()}, limit=2, now=NOW),
    "watch_traffic": lambda db: watch_traffic(db, ["clarity"], now=NOW + timedelta(days=3)),
    "close_mended": _close_mended,
    "sold_lines": reads(lambda connection: list(sold_lines(connection, LANE, ["clarity"], NOW + timedelta(days=1)))),
    "unfinished": reads(unfinished),
    "silent_since": reads(lambda connection: silent_since(connection, LANE)),
    "missed_windows": reads(lambda connection: missed_windows(connection, NOW)),
    "glance": lambda db: glance(db, [LANE, TELLINGS], NOW + timedelta(days=1)),
    "to_write": reads(lambda connection: windows.to_write(connection, LANE, NOW)),
    "overview": reads(lambda connection: read_overview(connection, NOW + timedelta(days=3))),
    "orders": reads(lambda connection: order_list.orders(connection, Asked(before=(500, NOW)))),
    "orders of a lane": reads(lambda connection: order_list.orders(connection, Asked(lane=LANE, before=(500, NOW)))),
    "orders in review": reads(lambda connection: order_list.orders(connection, Asked(state=State.REVIEW))),
    "orders confirmed": reads(
        lambda connection: order_list.orders(connection, Asked(state=State.CONFIRMED, before=(500, NOW)))
    ),
    "orders of a customer": reads(lambda connection: order_list.orders(connection, Asked(customer_id=2))),
    "work_of": window_work_of,
    "session": reads(lambda connection: sessions.find_session(connection, "none", now=NOW, idle=timedelta(hours=1))),
    "trail": lambda db: audit.trail(db, before_id=500, subject=LANE),
}


VISITS_ALL_THAT_WAIT = frozenset({"heal_orders", "watch_lanes", "silent_since", "unfinished", "overview", "glance"})
"""They look through every record that is held, on its way or with a person, which is not the number of all rows."""


TAKES_ANY_INDEX = frozenset({"orders in review"})
"""So few that PostgreSQL may find them by any index that has the state, and put them in order itself."""


@dataclass(frozen=True)
class Answer:
    """How a database came to the answers of one call: what it scanned whole, which indexes it used, rows visited."""

    scanned: frozenset[str]
    indexes: frozenset[str]
    visited: int


Answers = Mapping[str, tuple[Answer, Answer]]


@pytest.fixture(scope="module", params=KINDS)
def answers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Answers:
    """Every call's answer, from the young ledger and from the old one."""
    found = []
    for size in SIZES[request.param]:
        database = open_database(request.param, request, tmp_path_factory.mktemp("ledger"))
        fill(database, size)
        found.append({name: answer(database, call) for name, call in CALLS.items()})
        database.close()
    young, old = found
    return {name: (young[name], old[name]) for name in CALLS}


def answer(database: Database, call: Callable[[Database], object]) -> Answer:
    """Listens to what a call sends, and asks the database how it answers that."""
    sent: dict[str, Any] = {}

    def listen(_connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, many: bool) -> None:
        if statement.startswith(("SELECT", "UPDATE")):
            sent.setdefault(statement, values[0] if many else values)

    event.listen(database.engine, "before_cursor_execute", listen)
    call(database)
    event.remove(database.engine, "before_cursor_execute", listen)
    assert sent
    explain = explain_sqlite if database.is_sqlite else explain_postgresql
    with database.engine.connect() as connection:
        parts = [explain(connection, statement, values) for statement, values in sent.items()]
        connection.rollback()
    return Answer(
        frozenset().union(*(part.scanned for part in parts)),
        frozenset().union(*(part.indexes for part in parts)),
        sum(part.visited for part in parts),
    )


def explain_sqlite(connection: Connection, statement: str, values: Any) -> Answer:
    """Its plan; and, as it does not tell the rows, the steps of its machine that the answer took."""
    steps = 0

    def step() -> int:
        nonlocal steps
        steps += 1
        return 0

    plan = [row[3].split() for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]
    lines = [line for line in plan if line[0] in {"SCAN", "SEARCH"}]
    indexes = {line[line.index("INDEX") + 1] for line in lines if "INDEX" in line}
    scanned = {line[1] for line in lines if line[0] == "SCAN" and not OPEN_ONLY & set(line)}
    driver: Any = connection.connection.driver_connection
    driver.set_progress_handler(step, 10)
    connection.exec_driver_sql(statement, values).close()
    driver.set_progress_handler(None, 0)
    return Answer(frozenset(scanned), frozenset(indexes), steps)


def explain_postgresql(connection: Connection, statement: str, values: Any) -> Answer:
    """Its plan, with the rows that each scan looked at."""
    explained = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", values).scalar_one()
    nodes = list(nodes_of(explained[0]["Plan"]))
    scans = [node for node in nodes if node["Node Type"].endswith("Scan")]
    return Answer(
        frozenset(node["Relation Name"] for node in scans if node["Node Type"] == "Seq Scan"),
        frozenset(node["Index Name"] for node in scans if "Index Name" in node),
        sum(
            round((node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"])
            for node in scans
        ),
    )


def nodes_of(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield node
    for part in node.get("Plans", ()):
        yield from nodes_of(part)


@pytest.mark.parametrize("name", CALLS)
def test_it_reads_no_growing_table_from_end_to_end(answers: Answers, name: str) -> None:
    for each in answers[name]:
        assert each.scanned & GROWING == frozenset(), each


@pytest.mark.parametrize("name", [name for name in CALLS if name not in TAKES_ANY_INDEX])
def test_it_is_answered_from_the_same_indexes_when_the_ledger_has_grown(answers: Answers, name: str) -> None:
    young, old = answers[name]
    assert young.indexes == old.indexes


@pytest.mark.parametrize("name", [name for name in CALLS if name not in VISITS_ALL_THAT_WAIT])
def test_it_visits_no_more_rows_when_the_ledger_has_grown(answers: Answers, name: str) -> None:
    young, old = answers[name]
    assert old.visited <= 2 * young.visited + 50, (young, old)
