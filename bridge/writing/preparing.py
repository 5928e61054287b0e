"""Before the write: probe what may have begun, match customers, look at stock and credit, reserve, commit WRITING."""

from collections.abc import Callable, Mapping, Sequence
from traceback import format_exc
from typing import TypeVar

from bridge.ledger import flight
from bridge.ledger.claims import Batch, begin_writing
from bridge.ledger.outcomes import Writer, commit_findings, commit_results
from bridge.ledger.rows import Record
from bridge.outcomes import Outcome
from bridge.ports import erp
from bridge.ports.erp import ErpSession, ResultLine
from bridge.writing.customers import judge_match, query_of
from bridge.writing.going_back import refuse_known_numbers
from bridge.writing.mapped import Mapped, with_customer
from bridge.writing.stamps import key_of
from bridge.writing.tools import Tools

T = TypeVar("T")


class Preparation:
    """Sorts one claimed batch: what leaves it here has its outcome committed, what stays is WRITING."""

    def __init__(self, tools: Tools, writer: Writer, session: ErpSession, batch: Batch) -> None:
        self._tools = tools
        self._writer = writer
        self._session = session
        self._batch = batch

    def prepare(self) -> list[tuple[Record, Mapped]]:
        """The records of the next request, each with its number and its columns. Raises what the session raised."""
        records = self._probe_begun(self._batch.records)
        if self._batch.document == erp.CUSTOMER:
            records = self._match(records)
        mapped = self._fill(records)
        self._tools.alive()  # each question may wait for two records of the batch that is written meanwhile
        ready = self._look([record for record in records if record.id in mapped], mapped)
        self._tools.alive()
        missing = [record for record in ready if record.number is None]
        reserved = self._session.reserve(self._batch.document, len(missing)) if missing else []
        refuse_known_numbers(self._tools, self._writer.lane, self._batch.document, reserved)
        numbers = {record.id: number for record, number in zip(missing, reserved, strict=True)}
        return [(record, mapped[record.id]) for record in self._begin(ready, numbers)]

    def _begin(self, records: Sequence[Record], numbers: dict[int, str]) -> tuple[Record, ...]:
        tools, batch = self._tools, self._batch
        part = Batch(batch.id, batch.lane, batch.fence, batch.document, tuple(records))
        return begin_writing(tools.database, part, numbers, by=self._writer.name, now=tools.clock.now())

    def _probe_begun(self, records: Sequence[Record]) -> list[Record]:
        """Anything that may ever have begun is looked up again first; what is there already is not written."""
        begun = {record.id: record for record in records if record.needs_probe and record.number}
        if not begun:
            return list(records)
        keys = [key_of(self._tools.database, record) for record in begun.values()]
        findings = self._session.probe(self._batch.document, keys)
        present = {finding.record_id for finding in findings if finding.verdict is not erp.Verdict.ABSENT}
        why = "a former write may have taken effect"
        tools = self._tools
        flight.doubt(tools.database, self._writer, sorted(present), why=why, now=tools.clock.now())
        commit_findings(tools.database, self._writer, findings, tools.rules, now=tools.clock.now())
        return [record for record in records if record.id not in present]

    def _match(self, records: Sequence[Record]) -> list[Record]:
        """The customers that the ERP does not have and that are to be created; the others have their outcome."""
        queries = self._each(records, query_of)
        hits = self._session.match_customers(list(queries.values())) if queries else {}
        asked = [record for record in records if record.id in queries]
        rules = self._tools.preflight.rules
        lines = {record.id: judge_match(record, queries[record.id], hits.get(record.id, []), rules) for record in asked}
        self._conclude(records, [line for line in lines.values() if line])
        return [record for record in asked if lines[record.id] is None]

    def _fill(self, records: Sequence[Record]) -> dict[int, Mapped]:
        numbers = flight.customer_numbers(self._tools.database, records)
        return self._each(records, lambda record: filled(record, numbers))

    def _look(self, records: Sequence[Record], mapped: Mapping[int, Mapped]) -> list[Record]:
        """Stock, credit and the like by rule; what is held back leaves the batch."""
        preflight, tools = self._tools.preflight, self._tools
        wants = self._each(records, lambda record: preflight.wants(mapped[record.id]))
        facts = ask_facts(self._session, list(wants.values()))
        asked = [record for record in records if record.id in wants]
        judged = self._each(asked, lambda record: preflight.judge(record, mapped[record.id], facts))
        held = {record_id: objection for record_id, objection in judged.items() if objection}
        if held:
            flight.hold_back(tools.database, self._writer, held, tools.rules, now=tools.clock.now())
            tools.observer.outcomes(self._batch.lane, self._batch.document, [Outcome.HELD_BACK.value] * len(held))
        return [record for record in asked if record.id in judged and record.id not in held]

    def _each(self, records: Sequence[Record], attempt: Callable[[Record], T]) -> dict[int, T]:
        """What `attempt` makes of each record; one that it fails with rests with its traceback."""
        made: dict[int, T] = {}
        broken = []
        for record in records:
            try:
                made[record.id] = attempt(record)
            except Exception:
                broken.append(ResultLine(record.id, Outcome.UNKNOWN, text=format_exc(limit=-3)))
        self._conclude(records, broken)
        return made

    def _conclude(self, records: Sequence[Record], lines: Sequence[ResultLine]) -> None:
        """Commits outcomes that were reached without sending anything."""
        if not lines:
            return
        concluded = {line.record_id for line in lines}
        begun = {record.id for record in self._begin([record for record in records if record.id in concluded], {})}
        still_ours = [line for line in lines if line.record_id in begun]
        tools = self._tools
        commit_results(tools.database, self._writer, still_ours, tools.rules, now=tools.clock.now())
        came_to = [line.outcome.value for line in still_ours]
        tools.observer.outcomes(self._batch.lane, self._batch.document, came_to)


def filled(record: Record, numbers: Mapping[int, str]) -> Mapped:
    """The record's columns with its customer's number in place; raises `ValueError` when there are none."""
    return with_customer(Mapped.from_json(record.mapped or ""), numbers.get(record.customer_record_id or 0))


def ask_facts(session: ErpSession, wants: Sequence[tuple[list[str], list[str]]]) -> erp.Facts:
    """The standing of all customers and items that are wanted, in one call; without a call when none is."""
    customers = sorted({number for numbers, _ in wants for number in numbers})
    items = sorted({code for _, codes in wants for code in codes})
    return session.facts(customers, items) if customers or items else erp.Facts()
