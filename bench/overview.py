"""What the desk's pages ask of a ledger that has kept years of trade, beside a small one."""

import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from sqlalchemy import Connection

from bench.measuring import Say, Table, in_turn
from bridge.ledger.migrate import migrate
from bridge.ledger.order_list import Asked, newest_with, orders
from bridge.ledger.store import Database
from bridge.overview import read_overview
from bridge.states import State
from tests.builders import LANE
from tests.ledger_bulk import fill

SIZES = (10_000, 1_000_000)

PAGES: dict[str, Callable[[Connection], object]] = {
    "overview": lambda connection: read_overview(connection, datetime.now(UTC)),
    "orders": lambda connection: orders(connection, Asked()),
    "orders READY in a lane": lambda connection: orders(connection, Asked(lane=LANE, state=State.READY)),
    "an order searched for": lambda connection: newest_with(connection, "4711"),
}


def measure(repeats: int, say: Say) -> list[Table]:
    """A table a page, on SQLite; a twentieth of the orders of each ledger waits, which the overview adds up."""
    with tempfile.TemporaryDirectory() as folder:
        ledgers = {rows: _filled(Path(folder) / f"{rows}.db", rows, say) for rows in SIZES}
        return [_table(page, ledgers, repeats, say) for page in PAGES]


def _filled(path: Path, rows: int, say: Say) -> Database:
    database = Database(f"sqlite:///{path}")
    migrate(database)
    fill(database, rows)
    say(f"filled a ledger with {rows:,} orders")
    return database


def _table(page: str, ledgers: dict[int, Database], repeats: int, say: Say) -> Table:
    sides = {f"{rows:,} orders": partial(_asked, PAGES[page], database) for rows, database in ledgers.items()}
    return Table(f"what the page needs: {page}", "ms", in_turn(sides, repeats, say), f"{SIZES[0]:,} orders")


def _asked(page: Callable[[Connection], object], database: Database) -> float:
    began = time.perf_counter()
    with database.read() as connection:
        page(connection)
    return (time.perf_counter() - began) * 1000
