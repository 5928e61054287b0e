"""Sees from beside Sage what a writer does there: sessions, leases, what is sent unprobed, and what is there twice."""

from collections import Counter
from collections.abc import Iterable

from sqlalchemy import select

from bridge.erp.memory import MemoryErp
from bridge.ledger import schema
from bridge.ledger.store import Database
from bridge.ports.erp import ORDER
from bridge.seats.memory import MemorySeats
from bridge.states import State
from tests.builders import LANE, SITE

THEIRS = "theirs"
"""The stamp of what a person at Sage typed in."""

IN_ERP = frozenset({State.WRITING, State.UNCERTAIN, State.CONFIRMED})
"""Where an order can be that Sage has; in any other state it would be taken for absent."""


class Watch:
    """`wrongs` says what broke a promise, in words. A writer under test must not hear of it, so nothing is raised."""

    def __init__(self, database: Database, erp: MemoryErp, seats: MemorySeats, budget: int) -> None:
        self.wrongs: list[str] = []
        self._database, self._erp, self._seats, self._budget = database, erp, seats, budget
        self._unleased: Counter[int] = Counter()
        self._unprobed: set[str] = set()

    def committed(self) -> None:
        """The ledger has changed. Sage has an order once at most, a confirmed one once, and the ledger knows of all."""
        columns = schema.record.c
        with self._database.read() as connection:
            rows = connection.execute(select(columns.id, columns.state).where(columns.document == ORDER)).all()
        states = {f"{SITE}:{row.id}": State(row.state) for row in rows}
        in_sage = Counter(row.stamp for row in self._erp.company(LANE).kept() if row.stamp != THEIRS)
        self.wrongs += [f"{stamp} is in Sage {times} times" for stamp, times in in_sage.items() if times > 1]
        self.wrongs += [f"{stamp} is in Sage and {states[stamp]}" for stamp in in_sage if states[stamp] not in IN_ERP]
        confirmed = {stamp for stamp, state in states.items() if state is State.CONFIRMED}
        self.wrongs += [f"{stamp} is confirmed and not in Sage" for stamp in confirmed - set(in_sage)]

    def opened(self) -> None:
        """A session was opened."""
        if len(self._erp.sessions) > self._budget:
            self.wrongs.append(f"{len(self._erp.sessions)} sessions, {self._budget} are ours")

    def goes_on(self, fence: int) -> None:
        """The next record is asked for. A writer whose lease has run out stops after the one in its hands."""
        if not any(lease.fence == fence for lease in self._seats.held()):
            self._unleased[fence] += 1
            if self._unleased[fence] > 1:
                self.wrongs.append(f"fence {fence} went on without a lease")

    def begun(self, numbers: Iterable[str]) -> None:
        """These were begun by Sage; what was begun before must have been looked up in between."""
        for number in numbers:
            if number in self._unprobed:
                self.wrongs.append(f"{number} was sent again unprobed")
            self._unprobed.add(number)

    def probed(self, numbers: Iterable[str]) -> None:
        """These were looked up."""
        self._unprobed.difference_update(numbers)
