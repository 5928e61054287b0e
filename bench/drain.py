"""How much longer than Sage itself a window takes: orders through one seat, with the ledger on.

The seat is the simulated Sage behind a real agent, in which each record takes an exact time. The yardstick asks the
same agent for the same records one by one in a bare loop, with no ledger.
"""

import json
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from bench.measuring import Say, Table, in_turn
from bridge.ledger import windows
from bridge.ledger.migrate import migrate
from bridge.ledger.rows import Record
from bridge.ledger.store import Database
from bridge.ports.clock import SystemClock
from bridge.ports.erp import ORDER, ErpWrite, FieldValue
from bridge.rules import LaneRules
from bridge.seats.budget import SeatBudget
from bridge.seats.memory import MemorySeats
from bridge.windows.calendar import LaneCalendar
from bridge.windows.due import Window
from bridge.writing.mapped import Mapped
from bridge.writing.settings import WriterSettings
from bridge.writing.writer import LaneWriter
from tests.builders import an_order
from tests.contract.sage_lab import SageLab
from workers.stage.postgres import postgres_server

LINES = 3
_AMOUNT = Decimal(20 * LINES)
"""What Sage makes of the lines, so that no order is flagged."""
TAKES_MS = "TIDEGATE_BENCH_TAKES_MS"
"""What `bench.exact_seat` reads, which is loaded by the session's process only."""
_FENCES, _BATCHES = count(1), count(1)
"""Of the bare loop, which has a company to itself as each ledger has: the agent remembers both for good."""


@dataclass(frozen=True)
class Seat:
    """How long the seat takes for each record, in turn, and how many are drained; on PostgreSQL as `company`."""

    name: str
    takes_ms: tuple[float, ...]
    records: int
    company: str

    @property
    def ideal_s(self) -> float:
        """What Sage itself takes for all of them."""
        return sum(self.takes_ms[number % len(self.takes_ms)] for number in range(self.records)) / 1000


def _long_tail() -> tuple[float, ...]:
    """Most take some 15 ms and one in a hundred over 80, always the same ones."""
    chance = random.Random(500)  # noqa: S311  a distribution, not a secret
    return tuple(round(min(max(chance.lognormvariate(2.75, 0.6), 12), 400), 1) for _ in range(500))


SEATS = (
    Seat("20 ms", (20,), 500, "P20"),
    Seat("200 ms", (200,), 100, "P2H"),
    Seat("long tail", _long_tail(), 500, "PLT"),
)


@dataclass
class Times:
    """Moments of one window, in seconds of one clock."""

    began: float
    lines: list[float] = field(default_factory=list)
    left: float = 0.0
    ended: float = 0.0


@dataclass
class Edges:
    """How long windows took before their first write and after their last, in seconds."""

    opening: list[float] = field(default_factory=list)
    closing: list[float] = field(default_factory=list)


class TimedErp:
    """Notes when each result came and when the session was left; everything else goes through."""

    def __init__(self, erp: Any, times: Times) -> None:
        self._erp = erp
        self._times = times

    def __getattr__(self, name: str) -> Any:
        return getattr(self._erp, name)

    @contextmanager
    def open(self, *arguments: Any, **more: Any) -> Iterator[Any]:
        """As the port says."""
        with self._erp.open(*arguments, **more) as session:
            yield _TimedSession(session, self._times)
            self._times.left = time.monotonic()


class _TimedSession:
    def __init__(self, session: Any, times: Times) -> None:
        self._session = session
        self._times = times

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def write(self, *arguments: Any) -> Iterator[Any]:
        return self._timed(self._session.write(*arguments))

    def _timed(self, lines: Iterator[Any]) -> Iterator[Any]:
        for line in lines:
            self._times.lines.append(time.monotonic())
            yield line


class NoRules:
    """A preflight that asks for nothing, as of a lane without rules on stock and credit."""

    rules = LaneRules()

    def wants(self, mapped: Mapped) -> tuple[list[str], list[str]]:
        """Nothing."""
        del mapped
        return [], []

    def judge(self, *_: Any) -> None:
        """No objection."""


def measure(repeats: int, say: Say) -> list[Table]:
    """A table a seat: time through our writer on either database in parts of the ideal time."""
    with tempfile.TemporaryDirectory() as folder, postgres_server() as server:
        return [_table(seat, Path(folder), server.url, repeats, say) for seat in SEATS]


def _table(seat: Seat, folder: Path, url: str, repeats: int, say: Say) -> Table:
    place = folder / seat.name.replace(" ", "-")
    place.mkdir()
    edges = Edges()
    companies = ("ABC", "XYZ", seat.company)
    os.environ[TAKES_MS] = json.dumps(seat.takes_ms)  # the agent hands it on to its sessions
    with SageLab(place, companies=companies, seats=3, script_factory="bench.exact_seat:connect") as lab:
        for company in companies[1:]:
            lab.fill(company)
        embedded, served = _warm(lab, "XYZ", f"sqlite:///{place}/ledger.db"), _warm(lab, seat.company, url)
        sides: dict[str, Callable[[], float]] = {
            "bare loop": partial(_bare, lab, seat),
            "Tidegate, SQLite": partial(_drained, lab, seat, edges, "XYZ", embedded),
            "Tidegate, PostgreSQL": partial(_drained, lab, seat, edges, seat.company, served),
        }
        found = in_turn(sides, repeats, say)
        for database in (embedded, served):
            database.close()
    notes = (
        _spread("window opening to the first write", edges.opening),
        _spread("last write to the seat given back", edges.closing),
    )
    title = f"{seat.records} records through a seat of {seat.name}"
    return Table(title, "time / time of Sage itself", found, "bare loop", notes)


def _spread(what: str, values: Sequence[float]) -> str:
    ordered = sorted(value * 1000 for value in values)
    return f"{what}: median {ordered[len(ordered) // 2]:.0f} ms ({ordered[0]:.0f} to {ordered[-1]:.0f})"


def _bare(lab: SageLab, seat: Seat) -> float:
    with lab.erp.open("sage100:ABC", fence=next(_FENCES), purpose="writer") as session:
        began = time.monotonic()
        numbers = session.reserve(ORDER, seat.records)
        for write in (_write(number, place) for place, number in enumerate(numbers, 1)):
            list(session.write(next(_BATCHES), [write]))
        return (time.monotonic() - began) / seat.ideal_s


def _warm(lab: SageLab, company: str, url: str) -> Database:
    """A ledger that has had a window already, as a worker's has that has run for a day."""
    database = Database(url)
    migrate(database)
    _drained(lab, Seat("warm", (20,), 40, company), Edges(), company, database)
    return database


def _drained(lab: SageLab, seat: Seat, edges: Edges, company: str, database: Database) -> float:
    lane = f"sage100:{company}"
    ids = {_placed(database, f"{time.time_ns()}", lane) for _ in range(seat.records)}
    now = datetime.now(UTC)
    windows.schedule(database, lane, [Window(now, now, now + timedelta(minutes=15), 0)], now=now)
    times = Times(time.monotonic())
    seats = MemorySeats("sage100", SeatBudget(total=1), clock=SystemClock())
    erp: Any = TimedErp(lab.erp, times)
    settings = WriterSettings(seconds_per_record=seat.ideal_s / seat.records)
    calendar = LaneCalendar(max_records=10_000)
    writer = LaneWriter(database, erp, seats, SystemClock(), settings, calendar, NoRules(), lane, "bench")
    ended_by = writer.write_window()
    times.ended = time.monotonic()
    if ended_by != "empty" or len(times.lines) != len(ids):
        raise RuntimeError(f"{len(times.lines)} of {len(ids)} records were written, and the window ended by {ended_by}")
    first = times.lines[0] - seat.takes_ms[0] / 1000
    edges.opening.append(first - times.began)
    edges.closing.append(times.ended - times.lines[-1])
    return (times.left - first) / seat.ideal_s


def _placed(database: Database, number: str, lane: str) -> int:
    order: Record = an_order(database, number, lane=lane, mapped=_mapped(number).to_json(), amount=_AMOUNT)
    return order.id


def _mapped(number: str) -> Mapped:
    header: Mapping[str, FieldValue] = {"ARDivisionNo": "00", "CustomerNo": "ACME", "CustomerPONo": number[-15:]}
    line: Mapping[str, FieldValue] = {
        "ItemCode": "WIDGET",
        "QuantityOrdered": Decimal(2),
        "UnitPrice": Decimal("10.00"),
    }
    return Mapped(header, (line,) * LINES)


def _write(number: str, record_id: int) -> ErpWrite:
    mapped = _mapped(f"bare {number}")
    return ErpWrite(record_id, ORDER, number, f"bench-{record_id}", mapped.header, mapped.lines)
