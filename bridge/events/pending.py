"""Reads what a storefront's events only announced: page by page, each settled in one commit, none holding up others."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from traceback import format_exc
from typing import Generic, TypeVar

from sqlalchemy import Connection as Transaction
from sqlalchemy.exc import OperationalError
from structlog.contextvars import bound_contextvars

from bridge.errors import LostRace, TryLater, Unauthorised
from bridge.fleet import Connection, Fleet
from bridge.ledger import windows
from bridge.ledger.reading import put_off, to_read
from bridge.ledger.rows import Record
from bridge.ledger.settle import Settlement, broken, settle

WAIT_S = 5.0
"""How long reading rests after the site could not be reached and named no time itself."""
LONGEST_WAIT_S = 300.0
PATIENCE = timedelta(hours=1)
"""How long a site may take to show what it announced, before a person is told."""

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Said(Generic[Answer]):
    """What a site said of a record, and the record's version that it shows."""

    record: Record
    answer: Answer
    version: int


@dataclass(frozen=True)
class Pending(ABC, Generic[Answer]):
    """The records of one kind of document that wait for a site to be asked, `page` of them a commit.

    A record that cannot be settled for a fault of ours rests with its traceback. A connection whose log-on was refused
    is left alone until a person resumes it.
    """

    ports: Fleet
    connection: Connection
    document: str
    page: int
    rounds: int

    @abstractmethod
    def ask(self, records: Sequence[Record]) -> Iterator[Said[Answer]]:
        """What the site says of each record; what was said before it raises `TryLater` or `Unauthorised` counts."""

    @abstractmethod
    def late(self, said: Said[Answer]) -> Settlement | None:
        """Where a record goes in time if the site does not show it; None when it does, or never will."""

    @abstractmethod
    def settle(self, transaction: Transaction, said: Said[Answer]) -> None:
        """Settles a record that the site shows; raises `LostRace` when it has changed meanwhile."""

    def fail(self, transaction: Transaction, said: Said[Answer], traceback: str) -> None:
        """Puts a record that could not be settled for a fault of ours where a person sees it."""
        outcome = broken(said.record, said.version, traceback)
        settle(transaction, said.record, outcome, by=self.ports.name, now=self.ports.clock.now())

    def read(self) -> int:
        """Reads and settles what is due, at most `rounds` pages; how many records were settled."""
        settled = 0
        for _ in range(self.rounds):
            records = self._due()
            if not records:
                break
            answers, is_over = self._ask(records)
            settled += self._settle_page(answers)
            if is_over:
                break
        return settled

    def _due(self) -> Sequence[Record]:
        with self.ports.database.read() as reading:
            standing = windows.lane_row(reading, self._site_lane)
            if standing and standing.halted:
                return ()
            return to_read(reading, self.connection.name, self.page, self.ports.clock.now(), document=self.document)

    def _ask(self, records: Sequence[Record]) -> tuple[list[Said[Answer]], bool]:
        """What the site said, and whether it says no more for now; then the rest of the page rests."""
        answers: list[Said[Answer]] = []
        try:
            for said in self.ask(records):
                answers.append(said)  # noqa: PERF402 - what came before an error counts
        except TryLater as error:
            answered = {each.record.id for each in answers}
            rest = [record.id for record in records if record.id not in answered]
            with self.ports.database.write() as writing:
                put_off(writing, rest, now=self.ports.clock.now(), after_s=error.after_s or WAIT_S)
            return answers, True
        except Unauthorised as error:
            with self.ports.database.write() as writing:
                windows.halt(writing, self._site_lane, reason=str(error), now=self.ports.clock.now())
            return answers, True
        return answers, False

    def _settle_page(self, answers: Sequence[Said[Answer]]) -> int:
        if not answers:
            return 0
        settled = 0
        with self.ports.database.write() as writing:
            for said in answers:
                try:
                    with bound_contextvars(record=said.record.id, id=said.record.source_id):
                        settled += self._settle_one(writing, said)
                except LostRace:
                    continue  # it is looked at again later
        return settled

    def _settle_one(self, writing: Transaction, said: Said[Answer]) -> bool:
        late = self.late(said)
        if late and not self._is_overdue(writing, said.record):
            return False
        try:
            with writing.begin_nested():
                if late:
                    settle(writing, said.record, late, by=self.ports.name, now=self.ports.clock.now())
                else:
                    self.settle(writing, said)
        except (LostRace, OperationalError):  # the record's next reader, or the page's next turn, finds it as it was
            raise
        except Exception:  # a fault of ours with one record must not hold up the page
            with writing.begin_nested():
                self.fail(writing, said, format_exc())
        return True

    def _is_overdue(self, writing: Transaction, record: Record) -> bool:
        """Whether a person is to be told of what the site does not show; it is looked for again, ever more seldom."""
        now = self.ports.clock.now()
        waited = now - record.updated_at
        put_off(writing, [record.id], now=now, after_s=min(max(waited.total_seconds(), WAIT_S), LONGEST_WAIT_S))
        return waited >= PATIENCE

    @property
    def _site_lane(self) -> str:
        return f"storefront:{self.connection.name}"
