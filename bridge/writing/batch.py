"""One batch through one session: prepare, send, commit each outcome, decide what has none."""

from collections.abc import Iterator, Sequence

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
from bridge.ports.erp import ErpSession, ErpWrite, ResultLine
from bridge.writing.committer import Committer
from bridge.writing.mapped import Mapped
from bridge.writing.preparing import Preparation
from bridge.writing.stamps import before, stamp_of
from bridge.writing.tools import Tools

NOTHING_SENT = (LaneLocked, Misconfigured, NoSeat, Unauthorised, Unreachable)
"""Errors by which a session says that nothing of a request was begun."""


class BatchRun:
    """Writes one claimed batch. Every claimed record has left CLAIMED and WRITING when `run` returns or raises,
    but for a lost fence or a dead ledger: then the next writer turns what is left."""

    def __init__(self, tools: Tools, writer: Writer, session: ErpSession, batch: Batch) -> None:
        self._tools = tools
        self._writer = writer
        self._session = session
        self._batch = batch

    def run(self) -> ResultLine | None:
        """The line that ended the batch, or None when the writer may go on with another.

        Raises what the session raised, rows given back.
        """
        with self._batch.named_in_log():
            return self._run()

    def _run(self) -> ResultLine | None:
        try:
            going = Preparation(self._tools, self._writer, self._session, self._batch).prepare()
            ended_by = self._send(going) if going else None
        except StaleFence:
            raise
        except Exception as error:
            self._put_back(f"not sent: {error}", type(error).__name__)
            raise
        self._put_back("not part of the request", ended_by.outcome.value if ended_by else "done")
        return ended_by

    def _send(self, going: Sequence[tuple[Record, Mapped]]) -> ResultLine | None:
        try:
            ended_by = self._write([self._write_of(record, mapped) for record, mapped in going])
        except NOTHING_SENT as error:
            self._after_loss(f"not sent: {error}", proven=True)
            raise
        except StaleFence:
            raise
        except Exception as error:
            self._after_loss(str(error), proven=False)
            raise Uncertain(str(error)) from error
        self._after_loss("the answer ended without a line for it", proven=False)
        return ended_by

    def _write(self, writes: Sequence[ErpWrite]) -> ResultLine | None:
        """Sends the request and commits its lines as they come; the first line that ends the batch."""
        ended_by = None
        with Committer(self._commit) as committer:
            for line in self._lines(writes):
                committer.add(line)
                if TABLE[line.outcome].batch is BatchNext.ENDS:
                    ended_by = ended_by or line
                self._tools.alive()
        return ended_by

    def _lines(self, writes: Sequence[ErpWrite]) -> Iterator[ResultLine]:
        """The answer's lines. Once one has come, no error can mean any more that nothing was begun."""
        asked, has_begun = {write.record_id for write in writes}, False
        try:
            for line in self._session.write(self._batch.id, writes):
                has_begun = True
                if line.record_id not in asked:
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
