"""The ledger of a stage: what it has of every order, and what people do in it."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select

from bridge.errors import Misconfigured
from bridge.ledger import schema, windows
from bridge.ledger.rows import Record, record_of
from bridge.ledger.store import Database
from bridge.ports.clock import SystemClock
from bridge.states import State
from workers.stage.plan import Shop


class Move(NamedTuple):
    """One line of the journal; `fence` is that of the record after the move."""

    record_id: int
    origin: str | None
    target: str
    why: str
    at: datetime
    by: str
    fence: int | None


class StageLedger:
    """Reads a ledger while others write it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def records(self, ids: Collection[str] | None = None, document: str = "order") -> list[Record]:
        """The records of these orders (or of all), in the order in which a writer claims them."""
        columns = schema.record.c
        query = select(schema.record).where(columns.document == document)
        if ids is not None:
            query = query.where(columns.source_id.in_(ids))
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(columns.priority, columns.due_at, columns.id)).all()
        return [record_of(row) for row in rows]

    def record(self, order_id: str) -> Record:
        """The one record of an order."""
        [found] = self.records([order_id])
        return found

    def all_in(self, state: State, ids: Collection[str], document: str = "order") -> bool:
        """Whether the ledger knows all these orders, each in this state."""
        found = self.records(ids, document)
        return len(found) == len(ids) and {record.state for record in found} == {state}

    def writes_begun(self, record: Record) -> int:
        """How often a request with this record was sent, by the journal."""
        columns = schema.move.c
        sent = (columns.record_id == record.id) & (columns.target == State.WRITING.value)
        with self._database.read() as connection:
            return int(connection.execute(select(func.count()).where(sent)).scalar_one())

    def moves(self, ids: Collection[str]) -> list[Move]:
        """The moves of these orders in the order in which they were made, with the worker that made each."""
        columns = schema.move.c
        of_these = columns.record_id.in_([record.id for record in self.records(ids)])
        query = select(
            columns.record_id, columns.origin, columns.target, columns.why, columns.at, columns.by, columns.fence
        ).where(of_these)
        with self._database.read() as connection:
            return [Move(*row) for row in connection.execute(query.order_by(columns.id)).all()]

    def lane(self, shop: Shop) -> windows.LaneRow:
        """The standing of the shop's lane."""
        with self._database.read() as connection:
            row = windows.lane_row(connection, shop.lane)
        if row is None:
            raise Misconfigured(f"the ledger has no lane {shop.lane!r} yet")
        return row

    def standing(self) -> str:
        """How many records there are of each document, lane, state and condition; each lane, and the time."""
        columns = schema.record.c
        kinds = (columns.document, columns.lane, columns.state, columns.condition)
        with self._database.read() as connection:
            counts = connection.execute(select(*kinds, func.count()).group_by(*kinds)).all()
            lanes = connection.execute(select(schema.lane)).all()
        return "\n".join(map(str, [*map(tuple, counts), *lanes, SystemClock().now().isoformat()]))

    def halt(self, shop: Shop) -> None:
        """A person halts the shop's lane."""
        with self._database.write() as connection:
            windows.halt(connection, shop.lane, reason="halted by hand", now=SystemClock().now())

    def resume(self, shop: Shop) -> None:
        """A person resumes the shop's lane."""
        with self._database.write() as connection:
            windows.resume(connection, shop.lane, now=SystemClock().now())
