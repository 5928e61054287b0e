"""Watches a fleet while things break: which orders are on their way, how long each fault is felt, how many seats."""

import threading
import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from bridge.ledger import schema
from bridge.ledger.store import Database
from bridge.states import State
from sandbox.sage100.admin import SageAdmin
from workers.drills.ground import Ground

_LOOK_S = 0.3
_ON_THE_WAY = frozenset({State.RECEIVED, State.READY, State.CLAIMED, State.WRITING, State.UNCERTAIN})
_CHUNK = 500
LEAKED_AFTER_S = 90.0
"""A session that Sage shows for so long is nobody's: windows last seconds here, and so do leases and deadlines."""


@dataclass
class Injection:
    """One fault that was injected. `in_flight` are the orders that were on their way then, by id.

    `recovery_s` counts from the fault's end until the `last` of those orders are at rest; None: they never were.
    """

    fault: str
    number: int
    began_s: float
    in_flight: frozenset[str] = frozenset()
    ended_s: float | None = None
    recovery_s: float | None = None
    last: frozenset[str] = frozenset()
    leaked: int = 0
    trouble: str | None = None


class Lookout(threading.Thread):
    """One thread beside the campaign's own. `most_seats` is the highest number of sessions seen at once."""

    def __init__(self, ground: Ground) -> None:
        super().__init__(name="lookout", daemon=True)
        self.ground = ground
        self.most_seats = 0
        self.injections: list[Injection] = []
        self._open: set[str] = set()
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._seen: dict[tuple[str, ...], float] = {}
        self._leaked: set[tuple[str, ...]] = set()

    def add(self, order_ids: list[str]) -> None:
        """Orders have been placed."""
        with self._lock:
            self._open.update(order_ids)

    @property
    def on_the_way(self) -> int:
        """How many orders are not at rest."""
        return len(self._open)

    def begin(self, fault: str) -> Injection:
        """A fault begins now."""
        with self._lock:
            made = Injection(fault, len(self.injections) + 1, time.monotonic(), frozenset(self._open))
            self.injections.append(made)
        return made

    def run(self) -> None:
        """Looks until it is told to stop."""
        database, sage = Database(self.ground.stage.database.url), SageAdmin(self.ground.stage.plan.sage)
        try:
            while not self._ending.wait(_LOOK_S):
                self._count_seats(sage.console())
                try:
                    self._strike_off(database)
                except SQLAlchemyError:
                    continue  # the ledger is what is broken just now
                self._note_recoveries()
        finally:
            database.close()
            sage.close()

    def stop(self) -> None:
        """Ends the thread, after a last look."""
        self._ending.set()
        self.join()

    def _strike_off(self, database: Database) -> None:
        with self._lock:
            asked = list(self._open)
        columns, rested = schema.record.c, set()
        with database.read() as connection:
            for start in range(0, len(asked), _CHUNK):
                some = columns.source_id.in_(asked[start : start + _CHUNK]) & (columns.document == "order")
                for row in connection.execute(select(columns.source_id, columns.state).where(some)):
                    if State(row.state) not in _ON_THE_WAY:
                        rested.add(row.source_id)
        with self._lock:
            self._open -= rested

    def _note_recoveries(self) -> None:
        now = time.monotonic()
        with self._lock:
            for each in self.injections:
                if each.recovery_s is not None:
                    continue
                left = each.in_flight & self._open
                each.last = left or each.last
                if each.ended_s is not None and not left:
                    each.recovery_s = now - each.ended_s

    def _count_seats(self, rows: list[dict[str, Any]]) -> None:
        now = time.monotonic()
        self.most_seats = max(self.most_seats, len(rows))
        keys = {tuple(str(row[name]) for name in ("WorkstationName", "SessionCounter", "SessionPID")) for row in rows}
        self._seen = {key: self._seen.get(key, now) for key in keys}
        for key, since in self._seen.items():
            if now - since > LEAKED_AFTER_S and key not in self._leaked:
                self._leaked.add(key)
                self._blame(since)

    def _blame(self, since: float) -> None:
        """The fault that was on when the session began, or the last one before."""
        before = [each for each in self.injections if each.began_s <= since]
        if before:
            before[-1].leaked += 1
