"""What people and writers ask of a ledger that has kept years of trade, beside a young one."""

import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from sqlalchemy import text

from bench.measuring import Say, Table, in_turn
from bridge.ledger.claims import claim
from bridge.ledger.migrate import migrate
from bridge.ledger.order_list import Asked, newest_with, orders
from bridge.ledger.store import Database
from bridge.ledger.trace import trace
from bridge.overview import read_overview
from bridge.states import State
from tests.builders import LANE
from tests.ledger_bulk import fill

SIZES = (10_000, 1_000_000)
"""Orders. A twentieth of them waits to be written, as many wait to be let go."""

LINES_AN_ORDER = 10
"""Of the journal; the bulk load gives each order one."""

_JOURNAL = text(
    "INSERT INTO move (record_id, origin, target, why, by, at, failures, batch_id) "
    "SELECT record_id, origin, target, why, by, at, failures, batch_id FROM move WHERE id <= :rows"
)


def _overview(database: Database) -> None:
    with database.read() as connection:
        read_overview(connection, datetime.now(UTC))


def _orders(database: Database, asked: Asked) -> None:
    with database.read() as connection:
        orders(connection, asked)


def _searched(database: Database) -> None:
    with database.read() as connection:
        newest_with(connection, "4711")


def _traced(database: Database) -> None:
    trace(database, 4711)


def _claimed(database: Database) -> None:
    if claim(database, LANE, fence=None, window_id=None, owner="bench", limit=25, now=datetime.now(UTC)) is None:
        raise RuntimeError("the ledger had no more records to claim")


QUESTIONS: dict[str, Callable[[Database], None]] = {
    "an order's trace": _traced,
    "an order searched for": _searched,
    "a claim of 25 records": _claimed,
    "the list of orders": partial(_orders, asked=Asked()),
    "the orders READY in a lane": partial(_orders, asked=Asked(lane=LANE, state=State.READY)),
    "the overview": _overview,
}


def measure(repeats: int, say: Say) -> list[Table]:
    """A table a question, on SQLite."""
    with tempfile.TemporaryDirectory() as folder:
        ledgers = {rows: _filled(Path(folder) / f"{rows}.db", rows, say) for rows in SIZES}
        return [_table(question, ledgers, repeats, say) for question in QUESTIONS]


def _filled(path: Path, rows: int, say: Say) -> Database:
    database = Database(f"sqlite:///{path}")
    migrate(database)
    fill(database, rows)
    for _ in range(LINES_AN_ORDER - 1):
        with database.write() as connection:
            connection.execute(_JOURNAL, {"rows": rows})
    say(f"filled a ledger with {rows:,} orders and {rows * LINES_AN_ORDER:,} lines of their journal")
    return database


def _table(question: str, ledgers: dict[int, Database], repeats: int, say: Say) -> Table:
    sides = {
        f"{rows:,} orders, {rows * LINES_AN_ORDER:,} journal lines": partial(_asked, QUESTIONS[question], database)
        for rows, database in ledgers.items()
    }
    return Table(question, "ms", in_turn(sides, repeats, say), next(iter(sides)))


def _asked(question: Callable[[Database], None], database: Database) -> float:
    began = time.perf_counter()
    question(database)
    return (time.perf_counter() - began) * 1000
