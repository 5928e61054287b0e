"""One comparison of a lane with its ERP, in one fenced session, a page at a time; each page is committed by itself."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from bridge.ledger import recovering, schema
from bridge.ledger.moves import check_fence
from bridge.ledger.outcomes import Rules, Writer, commit_findings
from bridge.ledger.restored import lift_mark, skip_ids
from bridge.ledger.rows import Record
from bridge.ledger.store import Database
from bridge.ports.clock import Clock
from bridge.ports.erp import CUSTOMER, ORDER, ErpSession, Finding, ProbeKey, Stamped, Verdict
from bridge.recovery.matching import Action, Match, match, name_of, names_in, record_id_in, without_doubles


@dataclass
class Report:
    """What one run came to. Only orders can be unsettled: customers are matched once more before they are created."""

    seen: int = 0
    learned: list[Record] = field(default_factory=list)
    shown: list[Match] = field(default_factory=list)
    unsettled: list[Match] = field(default_factory=list)


@dataclass(frozen=True)
class Comparison:
    """Compares; `alive` renews the seat's lease between pages of `page_size` documents."""

    database: Database
    session: ErpSession
    clock: Clock
    writer: Writer
    rules: Rules
    page_size: int
    leave: frozenset[str]
    is_dry_run: bool
    alive: Callable[[], object]

    def run(self, since: date) -> Report:
        """Learns what the ERP has, and lifts the lane's mark when nothing is unsettled."""
        report, highest = Report(), 0
        for document in (CUSTOMER, ORDER):
            for rows in self._pages(document, since):
                highest = max([highest, *(record_id_in(row.stamp) or 0 for row in rows)])
                self._settle(document, self._matches(document, rows), report)
                self.alive()
        if not report.unsettled and not self.is_dry_run:
            with self.database.write() as connection:
                check_fence(connection, self.writer.lane, self.writer.fence)
                skip_ids(connection, schema.record, highest)
                lift_mark(connection, self.writer.lane, self.clock.now())
        return report

    def _pages(self, document: str, since: date) -> Iterator[tuple[Stamped, ...]]:
        page = self.session.stamped(document, since, None, self.page_size)
        yield page.rows
        while page.after is not None:
            page = self.session.stamped(document, since, page.after, self.page_size)
            yield page.rows

    def _matches(self, document: str, rows: Sequence[Stamped]) -> list[Match]:
        lane = self.writer.lane
        ids = {row: record_id_in(row.stamp) or 0 for row in rows}
        names = {row: names_in(row.text) for row in rows}
        with self.database.read() as connection:
            by_id = recovering.by_ids(connection, lane, document, ids.values())
            named = recovering.by_names(connection, lane, document, {name for each in names.values() for name in each})
        return without_doubles(
            [match(row, by_id.get(ids[row]), [each for each in named if name_of(each) in names[row]]) for row in rows]
        )

    def _settle(self, document: str, matches: Sequence[Match], report: Report) -> None:
        wanted = {each.record.id: each for each in matches if each.action is Action.ADOPT and each.record}
        findings = self._probe(document, wanted)
        report.seen += len(matches)
        report.learned += self._learn([each for each in findings if each.verdict is Verdict.OURS], wanted)
        not_ours = [
            replace(wanted[each.record_id], action=Action.SHOW, why=each.text or f"its probe says {each.verdict}")
            for each in findings
            if each.verdict is not Verdict.OURS
        ]
        for each in [*matches, *not_ours]:
            if each.action in {Action.SHOW, Action.TELL}:
                self._show(each)
                _add(report.shown, each)
            if each.action is Action.UNSETTLED and document == ORDER and each.row.number not in self.leave:
                _add(report.unsettled, each)

    def _probe(self, document: str, wanted: dict[int, Match]) -> list[Finding]:
        keys = [ProbeKey(record_id, each.row.number, each.row.stamp) for record_id, each in wanted.items()]
        return self.session.probe(document, keys) if keys else []

    def _learn(self, findings: Sequence[Finding], wanted: dict[int, Match]) -> list[Record]:
        records = [record for each in findings if (record := wanted[each.record_id].record)]
        if self.is_dry_run or not records:
            return records
        numbers = {each.record_id: each.number for each in findings}
        recovering.put_in_doubt(self.database, self.writer, numbers, now=self.clock.now())
        told = [replace(each, warnings=_warnings(wanted[each.record_id].record)) for each in findings]
        return commit_findings(self.database, self.writer, told, self.rules, now=self.clock.now())

    def _show(self, each: Match) -> None:
        if self.is_dry_run or each.record is None:
            return
        number, now = each.row.number, self.clock.now()
        if each.action is Action.TELL:
            recovering.tell(self.database, self.writer, each.record, number, now=now)
        else:
            recovering.show(self.database, self.writer, each.record.id, number, each.why, now=now)


def _add(found: list[Match], new: Match) -> None:
    """Adds it once: the ERP shows an order in every place that it has got to."""
    if all(each.row.number != new.row.number for each in found):
        found.append(new)


def _warnings(record: Record | None) -> tuple[str, ...]:
    """A document that was changed at the storefront may have been written as it was before."""
    if record is None or record.version <= 1:
        return ()
    return (f"recovered: version {record.version} may not be what was written",)
