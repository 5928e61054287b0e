"""Writing one batch through one session, record by record, whatever becomes of the network."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress

import structlog

from bridge.erp.sage100.wire import BatchBody, WireWrite, dump, load
from bridge.errors import TidegateError
from bridge.outcomes import TABLE, BatchNext, Outcome
from bridge.ports.erp import ResultLine
from workers.sage_agent.host import HostLost
from workers.sage_agent.notes import AgentNotes
from workers.sage_agent.sessions import AgentSession, Sessions

_PATIENCE_S = 5.0
"""How long a batch waits in silence for the one before it; the caller's own patience is longer."""

_log = structlog.get_logger(__name__)


class BatchRun:
    """One batch on its way. Records are written as fast as Sage takes them; the lines wait here for the network."""

    def __init__(
        self, sessions: Sessions, notes: AgentNotes, session: AgentSession, document: str, batch: BatchBody
    ) -> None:
        self._sessions = sessions
        self._notes = notes
        self._session = session
        self._document = document
        self._batch = batch
        self._lines: asyncio.Queue[ResultLine | None] = asyncio.Queue()
        self._outcomes: Counter[str] = Counter()
        self._is_stopped = False
        self._has_begun = asyncio.Event()

    async def lines(self) -> AsyncIterator[ResultLine | None]:
        """Writes the batch and gives one line per record. Leaving early stops it before the next record.

        While the batch before it is written, a None now and then says that this one waits.
        """
        running = self._session.run = asyncio.create_task(self._run())
        try:
            while not await self._begins():
                yield None
            while (line := await self._lines.get()) is not None:
                yield line
            await running
        finally:
            self._is_stopped = True

    async def _begins(self) -> bool:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._has_begun.wait(), _PATIENCE_S)
        return self._has_begun.is_set()

    async def _run(self) -> None:
        try:
            async with self._session.lock:
                self._has_begun.set()
                await self._write_all()
        finally:
            self._has_begun.set()
            self._say()
            self._notes.close_batch(self._session.row.company, self._batch.batch_id)
            self._lines.put_nowait(None)

    async def _write_all(self) -> None:
        """Each record is handed over while the one before it is written, so that Sage never waits for us.

        When that one ends the batch, the session's process refuses the next one by itself.
        """
        in_hand: asyncio.Task[ResultLine] | None = None
        for write in self._batch.writes:
            following = asyncio.create_task(self._write_unless_stopped(write))
            if in_hand:
                self._take(await in_hand)
            in_hand = following
        if in_hand:
            self._take(await in_hand)

    def _take(self, line: ResultLine) -> None:
        if TABLE[line.outcome].batch is BatchNext.ENDS or self._session.host.is_spent:
            self._is_stopped = True
        self._outcomes[line.outcome.value] += 1
        self._lines.put_nowait(line)

    def _say(self) -> None:
        row, records = self._session.row, [write.record_id for write in self._batch.writes]
        about = {"company": row.company, "document": self._document, "batch": self._batch.batch_id, "records": records}
        _log.info("batch_written", **about, outcomes=dict(self._outcomes), session=row.id, fence=row.fence)

    async def _write_unless_stopped(self, write: WireWrite) -> ResultLine:
        if self._is_stopped or self._session.is_ending:
            return ResultLine(write.record_id, Outcome.NEVER_BEGUN, text="the batch had ended before this record")
        self._notes.begin(self._session.row.company, self._batch.batch_id, write.record_id)
        return await self._write(write)

    async def _write(self, write: WireWrite) -> ResultLine:
        """One record; whatever keeps its answer from us leaves it in doubt."""
        try:
            answer = await self._sessions.ask(
                self._session, "write", batch=self._batch.batch_id, document=self._document, write=dump(write)
            )
            return load(ResultLine, answer)
        except HostLost as lost:
            outcome = Outcome.UNCERTAIN if lost.may_have_begun else Outcome.NEVER_BEGUN
            return ResultLine(write.record_id, outcome, write.number, text=str(lost))
        except TidegateError as failure:
            return ResultLine(write.record_id, Outcome.UNCERTAIN, write.number, text=str(failure))
