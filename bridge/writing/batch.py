"""One batch through one session: probe what may have begun, look before writing, reserve, commit, send, commit."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from traceback import format_exc

from bridge.errors import LaneLocked, NoSeat, StaleFence, TidegateError, Unauthorised, Uncertain, Unreachable
from bridge.ledger import flight
from bridge.ledger.claims import Batch, begin_writing
from bridge.ledger.outcomes import Rules, Writer, commit_findings, commit_results
from bridge.ledger.rows import Record
from bridge.ledger.store import Database
from bridge.outcomes import BatchNext, Outcome, Verdict
from bridge.ports import erp
from bridge.ports.clock import Clock
from bridge.ports.erp import Erp, ErpSession, ErpWrite, ProbeKey, ResultLine
from bridge.writing.committer import Committer
from bridge.writing.customers import judge_match, query_of
from bridge.writing.mapped import Mapped, with_customer
from bridge.writing.settings import Preflight, WriterSettings

NOTHING_SENT = (LaneLocked, NoSeat, Unauthorised, Unreachable)
"""Errors by which a session says that nothing of a request was begun."""


@dataclass(frozen=True)
class Tools:
    """What a writer works with. `alive` renews the seat lease and raises when it is lost."""

    database: Database
    erp: Erp
    clock: Clock
    settings: WriterSettings
    preflight: Preflight
    alive: Callable[[], None]

    @property
    def rules(self) -> Rules:
        """How outcomes are judged in this lane."""
        return Rules(self.settings.failure_limit, self.settings.total_tolerance)


class BatchRun:
    """Writes one claimed batch. Every claimed record has left CLAIMED and WRITING when `run` returns or raises,
    but for a lost fence or a dead ledger: then the next writer turns what is left."""

    def __init__(self, tools: Tools, writer: Writer, session: ErpSession, batch: Batch) -> None:
        self._tools = tools
        self._writer = writer
        self._session = session
        self._batch = batch

    def run(self) -> BatchNext:
        """Whether the writer may go on with another batch. Raises what the session raised, rows given back."""
        try:
            going = self._before_the_write()
        except StaleFence:
            raise
        except TidegateError as error:
            self._put_back(f"not sent: {error}", type(error).__name__)
            raise
        next_step = self._send(going) if going else BatchNext.GOES_ON
        self._put_back("not part of the request", next_step.value)
        return next_step

    def _before_the_write(self) -> list[tuple[Record, Mapped]]:
        records = self._probe_begun(list(self._batch.records))
        if self._batch.document == erp.CUSTOMER:
            records = self._match(records)
        ready = self._look(self._fill(records))
        missing = [record for record, _ in ready if record.number is None]
        reserved = self._session.reserve(self._batch.document, len(missing)) if missing else []
        numbers = {record.id: number for record, number in zip(missing, reserved, strict=True)}
        going = {record.id: record for record in self._begin([record for record, _ in ready], numbers)}
        return [(going[record.id], mapped) for record, mapped in ready if record.id in going]

    def _begin(self, records: Sequence[Record], numbers: dict[int, str]) -> tuple[Record, ...]:
        tools, batch = self._tools, self._batch
        part = Batch(batch.id, batch.lane, batch.fence, batch.document, tuple(records))
        return begin_writing(tools.database, part, numbers, by=self._writer.name, now=tools.clock.now())

    def _probe_begun(self, records: list[Record]) -> list[Record]:
        """Anything that may ever have begun is looked up again first; what is there already is not written."""
        begun = {record.id: record for record in records if record.needs_probe and record.number}
        if not begun:
            return records
        keys = [ProbeKey(record.id, record.number or "", record.stamp) for record in begun.values()]
        findings = self._session.probe(self._batch.document, keys)
        present = [finding for finding in findings if finding.verdict is not erp.Verdict.ABSENT]
        why = "a former write may have taken effect"
        ids = [finding.record_id for finding in present]
        tools = self._tools
        flight.doubt(tools.database, self._writer, ids, why=why, now=tools.clock.now())
        commit_findings(tools.database, self._writer, findings, tools.rules, now=tools.clock.now())
        return [record for record in records if record.id not in set(ids)]

    def _match(self, records: list[Record]) -> list[Record]:
        queries = {record.id: query_of(record) for record in records}
        hits = self._session.match_customers(list(queries.values()))
        rules = self._tools.preflight.rules
        lines, unknown = [], []
        for record in records:
            line = judge_match(record, queries[record.id], hits.get(record.id, []), rules)
            if line is None:
                unknown.append(record)
            else:
                lines.append(line)
        self._conclude(records, lines)
        return unknown

    def _conclude(self, records: Sequence[Record], lines: Sequence[ResultLine]) -> None:
        """Commits outcomes that were reached without sending anything."""
        concluded = {line.record_id for line in lines}
        begun = self._begin([record for record in records if record.id in concluded], {})
        still_ours = {record.id for record in begun}
        self._commit([line for line in lines if line.record_id in still_ours])

    def _fill(self, records: list[Record]) -> list[tuple[Record, Mapped]]:
        numbers = flight.customer_numbers(self._tools.database, records)
        filled, broken = [], []
        for record in records:
            try:
                mapped = Mapped.from_json(record.mapped or "")
                filled.append((record, with_customer(mapped, numbers.get(record.customer_record_id or 0))))
            except Exception:  # one record that we cannot build must not hold up the others
                broken.append(ResultLine(record.id, Outcome.UNKNOWN, text=format_exc(limit=-3)))
        self._conclude(records, broken)
        return filled

    def _look(self, ready: list[tuple[Record, Mapped]]) -> list[tuple[Record, Mapped]]:
        """Stock, credit and the like by rule; what is held back leaves the batch."""
        preflight = self._tools.preflight
        wants = [preflight.wants(mapped) for _, mapped in ready]
        customers = sorted({number for numbers, _ in wants for number in numbers})
        items = sorted({code for _, codes in wants for code in codes})
        facts = self._session.facts(customers, items) if customers or items else erp.Facts()
        objections = {record.id: preflight.judge(record, mapped, facts) for record, mapped in ready}
        held = {record_id: objection for record_id, objection in objections.items() if objection}
        if held:
            tools = self._tools
            flight.hold_back(tools.database, self._writer, held, tools.rules, now=tools.clock.now())
        return [(record, mapped) for record, mapped in ready if record.id not in held]

    def _send(self, going: Sequence[tuple[Record, Mapped]]) -> BatchNext:
        writes = [_write_of(record, mapped) for record, mapped in going]
        try:
            with Committer(self._commit) as committer:
                for line in self._session.write(self._batch.id, writes):
                    committer.add(line)
                    self._tools.alive()
        except NOTHING_SENT as error:
            self._after_loss(f"not sent: {error}", proven=True)
            raise
        except StaleFence:
            raise
        except Exception as error:
            self._after_loss(str(error), proven=False)
            raise Uncertain(str(error)) from error
        self._after_loss("the answer ended without a line for it", proven=False)
        ends = any(verdict.batch is BatchNext.ENDS for verdict in committer.verdicts)
        return BatchNext.ENDS if ends else BatchNext.GOES_ON

    def _commit(self, lines: Sequence[ResultLine]) -> list[Verdict]:
        tools = self._tools
        return commit_results(tools.database, self._writer, lines, tools.rules, now=tools.clock.now())

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


def _write_of(record: Record, mapped: Mapped) -> ErpWrite:
    if record.number is None:
        raise ValueError(f"record {record.id} has no reserved number")
    return ErpWrite(record.id, record.document, record.number, record.stamp, mapped.header, mapped.lines)
