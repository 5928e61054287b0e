"""A lane with two writers of the real kind, on a ledger, seats, an ERP and a clock that can all go wrong."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal

from sqlalchemy import select

from bridge.erp.memory import MemoryErp
from bridge.erp.memory_faults import MemoryFaults
from bridge.erp.memory_tables import StoredRecord
from bridge.ledger import schema, windows
from bridge.ledger.ahead import recall
from bridge.ledger.claims import turn_expired
from bridge.ledger.intake import take
from bridge.ledger.reading import to_read
from bridge.ledger.rows import Record, record_of
from bridge.ledger.settle import Settlement, settle
from bridge.ledger.store import Database
from bridge.outcomes import Outcome
from bridge.ports.clock import CLOCK_SKEW, FixedClock
from bridge.ports.erp import ORDER
from bridge.states import State
from bridge.windows.calendar import LaneCalendar
from bridge.windows.due import windows_due
from bridge.writing.mapped import Mapped
from bridge.writing.settings import WriterSettings
from bridge.writing.writer import LaneWriter
from tests.builders import LANE, NOW, an_arrival
from tests.mortal import Killed, Life, MortalDatabase, MortalErp, MortalSeats
from tests.preflights import NoRules
from tests.seats import open_seats
from tests.writer_watch import THEIRS, Watch

BUDGET = 1
QUARTER_S = 900
LEASE_S = 60.0
SLOW_CALL_S = 5.0
"""How long each call takes when all is slow: a record's then outlast a third of the lease, but not the lease."""

BAD_ITEM, NO_JSON, ENDS_BATCH, BREAKS_SESSION = "w", "x", "y", "z"
"""Source ids of poisonous orders: refused by Sage, impossible to build, the end of each batch, and of each session."""

Event = Callable[[Life], None]


class WriterStage:
    """The lane, and `watch`, which sees what is wrong while a writer is at work.

    The seat counter has a clock of its own, as in a fleet, and that one goes right.
    `recalled` are windows that lay ahead of the clock at a sweep.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock, self._true_time, self._error = FixedClock(NOW), NOW, timedelta()
        self._counters_clock = FixedClock(NOW)
        self.seats = open_seats(self._counters_clock, BUDGET)
        self.erp = MemoryErp(seats=BUDGET + 5)  # so that it is we who keep the budget
        self.company = self.erp.company(LANE)
        self.company.add_customer("ACME")
        self.company.add_item("WIDGET")
        self.recalled: set[int] = set()
        self.watch = Watch(database, self.erp, self.seats, BUDGET)

    # Time

    def pass_time(self, span_s: float) -> None:
        """Time goes by, whatever the clock shows."""
        self._true_time += timedelta(seconds=span_s)
        self._counters_clock.set(self._true_time)
        self.set_clock_wrong(self._error)

    def set_clock_wrong(self, error: timedelta) -> None:
        """The clock is wrong by so much from now on."""
        self._error = error
        self.clock.set(self._true_time + error)

    def tick(self) -> None:
        """What beat's tick does for the lane."""
        now = self.clock.now()
        with self.database.write() as connection:
            windows.close_past(connection, now)
            newest = windows.newest_scheduled(connection, LANE)
        windows.schedule(self.database, LANE, windows_due(LaneCalendar(), newest or now, now), now=now)

    def sweep(self) -> None:
        """What the steward's sweep does for the lane, and its look at the seats."""
        now = self.clock.now()
        with self.database.write() as connection:
            columns = schema.window.c
            self.recalled.update(
                connection.execute(select(columns.id).where(columns.scheduled_for > now + CLOCK_SKEW)).scalars()
            )
            recall(connection, now)
        turn_expired(self.database, by="steward", now=now)
        self.seats.held()

    # Orders

    def arrive(self, source_id: str, version: int) -> None:
        """An event of this order."""
        take(self.database, [an_arrival(source_id, version=version)], [], by="intake", now=self.clock.now())

    def read(self) -> None:
        """Reads whatever is to be read, in the version that is wanted."""
        with self.database.write() as connection:
            for record in to_read(connection, "clarity", 20, self.clock.now()):
                columns = {"mapped": _mapped(record.source_id), "content_hash": f"version {record.wanted_version}"}
                outcome = Settlement(State.READY, "read", record.wanted_version, columns=columns)
                settle(connection, record, outcome, by="reader", now=self.clock.now())

    def records(self) -> list[Record]:
        """Every record of the ledger."""
        with self.database.read() as connection:
            return [record_of(row) for row in connection.execute(select(schema.record).order_by(schema.record.c.id))]

    def failures_at_retry(self) -> list[int]:
        """How often an order had failed, for each failure that led to another try, as the journal tells it."""
        columns = schema.move.c
        lines = select(columns.record_id, columns.target, columns.failures).order_by(columns.id)
        found, before = [], Counter[int]()
        with self.database.read() as connection:
            for line in connection.execute(lines):
                if line.target == State.READY and line.failures > before[line.record_id]:
                    found.append(line.failures)
                before[line.record_id] = line.failures
        return found

    def closed_windows(self) -> dict[int, tuple[object, ...]]:
        """How each window that is closed was closed, and by whom."""
        columns = schema.window.c
        facts = select(columns.id, columns.state, columns.closed_at, columns.ended_by, columns.fence)
        with self.database.read() as connection:
            rows = connection.execute(facts.where(columns.state == windows.CLOSED))
            return {row.id: tuple(row) for row in rows}

    def orders(self) -> list[Record]:
        """Every order of the ledger."""
        return [record for record in self.records() if record.document == ORDER]

    # Sage

    def calm(self) -> None:
        """Nothing is wrong with Sage any more, and a person lets a halted lane go on."""
        self.erp.faults = MemoryFaults()
        with self.database.write() as connection:
            windows.resume(connection, LANE, now=self.clock.now())

    def post(self) -> None:
        """Sage completes its open orders; their numbers are free in the open table again."""
        for document, number in list(self.company.records):
            if document == ORDER:
                self.erp.move(LANE, number, "history")

    def take_number(self, number: str | None) -> None:
        """A person at Sage types an order in under this number, if it is reserved for one of ours and free."""
        if number and self.company.find(ORDER, number) is None:
            self.company.records[ORDER, number] = StoredRecord(ORDER, number, THEIRS, {}, (), None, "open")

    # Writers

    def write(self, name: str, plan: Mapping[int, Event] | None = None) -> str | None:
        """One writer's run in the present window; how it ended, or "killed"."""
        for order in self.orders():
            if order.source_id == BREAKS_SESSION:
                self.erp.faults.fail_before_commit(order.stamp)
            if order.source_id == ENDS_BATCH:
                self.erp.faults.answer(order.stamp, Outcome.BROKE_OFF)
        life = Life(plan)
        database = MortalDatabase(self.database, life, self.watch)
        erp, seats = MortalErp(self.erp, life, self.watch), MortalSeats(self.seats, life)
        settings = WriterSettings(in_flight=3, seconds_per_record=0.01, lease_s=LEASE_S)
        writer = LaneWriter(database, erp, seats, self.clock, settings, LaneCalendar(), NoRules(), LANE, name)
        try:
            return writer.write_window()
        except Killed:
            return "killed"


def _mapped(source_id: str) -> str:
    if source_id == NO_JSON:
        return "{not json"
    item = "NO-SUCH" if source_id == BAD_ITEM else "WIDGET"
    line = {"ItemCode": item, "QuantityOrdered": Decimal(2), "UnitPrice": Decimal("10.00")}
    return Mapped({"CustomerNo": "ACME"}, (line,)).to_json()
