"""One batch through one session: prepare, send, commit each outcome, decide what has none."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import Protocol, Self, runtime_checkable

from bridge.errors import (
    LaneLocked,
    Misconfigured,
    NoSeat,
    StaleFence,
    TidegateError,
    Unauthorised,
    Uncertain,
    Unreachable,
)
from bridge.ledger import flight
from bridge.ledger.claims import Batch
from bridge.ledger.outcomes import Writer, commit_results
from bridge.ledger.rows import Record
from bridge.outcomes import TABLE, BatchNext, Outcome, Verdict
from bridge.ports.erp import ORDER, ErpSession, ErpWrite, ResultLine
from bridge.writing.committer import Committer
from bridge.writing.mapped import Mapped
from bridge.writing.preparing import Preparation
from bridge.writing.stamps import before, stamp_of
from bridge.writing.tools import Tools

NOTHING_SENT = (LaneLocked, Misconfigured, NoSeat, Unauthorised, Unreachable)
"""Errors by which a session says that nothing of a request was begun."""


@runtime_checkable
class Closable(Protocol):
    """Lines that can be left before their end."""

    def close(self) -> None:
        """Leaves them; nothing comes after it."""
        ...


def _nothing() -> None:
    """For the second line and all after it."""


class BatchRun:
    """Writes one claimed batch: `begin` sends it, `finish` takes its answer.

    Every claimed record has left CLAIMED and WRITING when `finish` returns or either raises, but for a lost fence or a
    dead ledger: then the next writer turns what is left.
    """

    def __init__(self, tools: Tools, writer: Writer, session: ErpSession, batch: Batch) -> None:
        self._tools = tools
        self._writer = writer
        self._session = session
        self._batch = batch
        self._asked: set[int] = set()
        self._answer: Iterator[ResultLine] = iter(())
        self._began_s = monotonic()

    @property
    def size(self) -> int:
        """How many records were claimed."""
        return len(self._batch.records)

    @property
    def may_overlap(self) -> bool:
        """Whether it may be made ready while another is written; whom a customer's record is, that one may decide."""
        return self._batch.document == ORDER

    def begin(self) -> Self:
        """Makes it ready, commits WRITING, sends the request. Raises what the session raised, rows given back."""
        with self._batch.named_in_log():
            try:
                going = Preparation(self._tools, self._writer, self._session, self._batch).prepare()
                writes = [self._write_of(record, mapped) for record, mapped in going]
            except StaleFence:
                raise
            except Exception as error:
                self._put_back(f"not sent: {error}", type(error).__name__)
                raise
            if writes:
                self._asked = {write.record_id for write in writes}
                with self._settling_losses():
                    self._answer = self._session.write(self._batch.id, writes)
        return self

    def finish(self, meanwhile: Callable[[], None] = _nothing) -> ResultLine | None:
        """Commits the answer's lines as they come; the first one that ended the batch, or None when all may go on.

        `meanwhile` is called once, while Sage is at work. Raises what the session raised, rows given back.
        """
        with self._batch.named_in_log():
            with self._settling_losses():
                ended_by = self._take(meanwhile)
                self._after_loss("the answer ended without a line for it", proven=False)
            self._put_back("not part of the request", ended_by.outcome.value if ended_by else "done")
        self._tools.observer.batch(self._batch.lane, self._batch.document, monotonic() - self._began_s)
        return ended_by

    def abandon(self) -> None:
        """Leaves a batch that was begun, because the one before it broke off; what has not begun never will."""
        with self._batch.named_in_log():
            if isinstance(self._answer, Closable):
                self._answer.close()
            self._after_loss("the batch before it broke off", proven=False)
            self._put_back("not part of the request", "abandoned")

    @contextmanager
    def _settling_losses(self) -> Iterator[None]:
        """Decides what has no line when the session raises, and gives the rest of the batch back."""
        try:
            yield
        except StaleFence:
            raise
        except Exception as error:
            proven = isinstance(error, NOTHING_SENT)
            self._after_loss(f"not sent: {error}" if proven else str(error), proven=proven)
            self._put_back(f"not sent: {error}", type(error).__name__ if proven else Uncertain.__name__)
            if proven:
                raise
            raise Uncertain(str(error)) from error

    def _take(self, meanwhile: Callable[[], None]) -> ResultLine | None:
        ended_by = None
        with Committer(self._commit) as committer:
            for line in self._lines():
                committer.add(line)
                if TABLE[line.outcome].batch is BatchNext.ENDS:
                    ended_by = ended_by or line
                elif not ended_by:
                    meanwhile()
                    meanwhile = _nothing
                self._tools.alive()
        return ended_by

    def _lines(self) -> Iterator[ResultLine]:
        """The answer's lines. Once one has come, no error can mean any more that nothing was begun."""
        has_begun = False
        try:
            for line in self._answer:
                has_begun = True
                if line.record_id not in self._asked:
                    raise Uncertain(f"the answer speaks of record {line.record_id}, which was not sent")
                yield line
        except NOTHING_SENT as error:
            if has_begun:
                raise Uncertain(str(error)) from error
            raise

    def _commit(self, lines: Sequence[ResultLine]) -> list[Verdict]:
        tools = self._tools
        verdicts = commit_results(tools.database, self._writer, lines, tools.rules, now=tools.clock.now())
        self._tell([line.outcome for line in lines])
        return verdicts

    def _tell(self, outcomes: Sequence[Outcome]) -> None:
        self._tools.observer.outcomes(self._batch.lane, self._batch.document, [each.value for each in outcomes])

    def _after_loss(self, why: str, *, proven: bool) -> None:
        """Decides every record of the request that has no result line, by the agent's notes where there are any."""
        tools = self._tools
        left = flight.unanswered(tools.database, self._batch.id)
        if not left:
            return
        never_begun = set(left) if proven else self._never_begun(left)
        flight.settle_unanswered(
            tools.database,
            self._writer,
            sorted(never_begun),
            [record_id for record_id in left if record_id not in never_begun],
            tools.rules,
            why=why,
            now=tools.clock.now(),
        )
        self._tell([Outcome.NEVER_BEGUN if each in never_begun else Outcome.UNCERTAIN for each in left])

    def _never_begun(self, left: Sequence[int]) -> set[int]:
        try:
            notes = self._tools.erp.notes(self._batch.lane, self._batch.id)
        except (TidegateError, OSError):
            return set()
        return set(left) - notes.begun if notes.closed else set()

    def _put_back(self, why: str, outcome: str) -> None:
        tools = self._tools
        now = tools.clock.now()
        flight.put_back(tools.database, self._writer, self._batch.id, why=why, outcome=outcome, now=now)

    def _write_of(self, record: Record, mapped: Mapped) -> ErpWrite:
        if record.number is None:
            raise ValueError(f"record {record.id} has no reserved number")
        stamp = stamp_of(self._tools.database, record)
        known = before(self._tools.database, record)
        return ErpWrite(record.id, record.document, record.number, stamp, mapped.header, mapped.lines, known)
