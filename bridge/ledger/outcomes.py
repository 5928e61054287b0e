"""Commits what writes and probes came to, with everything that follows from it, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import Connection, insert, update

from bridge.ledger import schema
from bridge.ledger.alarms import close_alarm, raise_alarm
from bridge.ledger.customer_waits import customer_missing, waits_for_customer
from bridge.ledger.dead import bury
from bridge.ledger.identities import note_identities
from bridge.ledger.manifest_lines import note, note_all
from bridge.ledger.moves import New, Step, check_fence, create_all, fetch, hold, hold_all, move, move_all, renew
from bridge.ledger.rows import NO_REASON, Reason, Record
from bridge.ledger.store import Database
from bridge.outcomes import Outcome, Urgency, Verdict, after_probe_absent, follow
from bridge.ports import erp
from bridge.ports.erp import Finding, ResultLine
from bridge.shown import SHOWN
from bridge.states import NEEDS_PERSON, State

ACKNOWLEDGEMENT = "acknowledgement"
"""Telling the storefront is a record of its own, so that its refusal never touches the order."""

BUSY_REST = timedelta(minutes=5)
"""How long what changes an order rests while somebody has it open in the ERP: a clerk may look at it for an hour."""


_MISSED = {erp.CANCEL: "{} not withdrawn", erp.DEPOSIT: "no such deposit of {}"}
"""What a probe has found of a document of an order that did not take effect; of any other it found no record."""


@dataclass(frozen=True)
class Rules:
    """How outcomes are judged: failures a record may have, and by how much totals may differ unflagged."""

    failure_limit: int = 3
    total_tolerance: Decimal = Decimal("0.00")


@dataclass(frozen=True)
class Writer:
    """On whose behalf a commit is made: name for the journal, lane and fence for the store's check."""

    name: str
    lane: str
    fence: int | None


@dataclass(frozen=True)
class Commit:
    """One transaction under way: whose it is, by which rules, and at what moment."""

    connection: Connection
    writer: Writer
    rules: Rules
    now: datetime


def commit_results(
    database: Database, writer: Writer, lines: Sequence[ResultLine], rules: Rules, *, now: datetime
) -> list[Verdict]:
    """Commits one outcome per line, all in one transaction, and says what follows each.

    A line for a record that is not being written any more changes nothing, for its worker was given up meanwhile and
    somebody else has decided it. Raises `StaleFence` and then commits nothing.
    """
    with database.write() as connection:
        check_fence(connection, writer.lane, writer.fence)
        tx = Commit(connection, writer, rules, now)
        first = {line.record_id: line for line in reversed(lines)}
        held = hold_all(connection, schema.record.c.id.in_(first))
        judged = [(record, first[record.id], _judge(tx, record, first[record.id])) for record in held]
        ours = [each for each in judged if each[0].state is State.WRITING]
        confirm(tx, [(record, line) for record, line, verdict in ours if verdict.state is State.CONFIRMED])
        for record, line, verdict in ours:
            if verdict.state is not State.CONFIRMED:
                _give_up_line(tx, record, line, verdict)
        return [verdict for _, _, verdict in judged]


def _judge(tx: Commit, record: Record, line: ResultLine) -> Verdict:
    return follow(line.outcome, failures=record.failures, limit=tx.rules.failure_limit)


def _give_up_line(tx: Commit, record: Record, line: ResultLine, verdict: Verdict) -> None:
    reason = Reason(line.outcome.value, line.text or line.outcome.value, line.field, line.value)
    proof = None if verdict.state is State.UNCERTAIN else f"{line.outcome.value}: {line.text or 'by the ERP'}"
    give_up(tx, record, verdict, reason, proof)


def give_up(tx: Commit, record: Record, verdict: Verdict, reason: Reason, proof: str | None) -> Record:
    """Moves an unconfirmed record on as its verdict says, with the dead letter and the alarm that belong to it."""
    changes: dict[str, object] = {**NO_REASON, **reason.columns(), "batch_id": None}
    if verdict.counts_as_failure:
        changes["failures"] = record.failures + 1
        changes["due_at"] = tx.now  # behind those that have not failed, so that it never heads two windows running
    if reason.code == Outcome.NEVER_BEGUN.value:
        changes["writes_begun"] = record.writes_begun - 1
    if reason.code == Outcome.RECORD_BUSY.value and record.document in erp.OF_AN_ORDER:
        changes["due_at"] = tx.now + BUSY_REST
    if verdict.state is State.READY and not verdict.counts_as_failure:
        changes.update(NO_REASON)
    if verdict.state is State.HELD:
        changes["condition"] = reason.code
    changes["needs_read"] = record.is_outdated
    moved = move(tx.connection, record, Step(verdict.state, reason.text, tx.writer.name, proof, changes), tx.now)
    note(tx.connection, record, verdict.state, fence=tx.writer.fence, now=tx.now)
    if verdict.state is State.DEAD:
        bury(tx.connection, moved, reason, detail=proof, now=tx.now)
    if verdict.alert is not Urgency.NONE:
        text = f"{record.document} {record.order_number or record.source_id}: {reason.text}"
        alert = Urgency.HIGH if _may_ship(moved) else verdict.alert
        raise_alarm(tx.connection, f"{verdict.state.lower()}:{reason.fingerprint}"[:128], alert, text, tx.now)
    if record.document == erp.CUSTOMER and moved.state in {State.REVIEW, State.DEAD}:
        _customer_needs_person(tx, moved)
    return moved


def _may_ship(record: Record) -> bool:
    """Whether goods may leave that nobody wants any more: a withdrawal that only a person can still bring about."""
    return record.document == erp.CANCEL and record.state in NEEDS_PERSON


def confirm(tx: Commit, confirmed: Sequence[tuple[Record, ResultLine]]) -> None:
    """Confirms records that are held: numbers, totals and flags, identities, what waited for them, who is to be told.

    However many they are, it takes the same few statements.
    """
    lines = {record.id: line for record, line in confirmed}
    flags = {record.id: _flags(record, line, tx.rules) for record, line in confirmed}
    moved: list[Record] = []
    for why in dict.fromkeys(line.text for line in lines.values()):
        same = [record for record, line in confirmed if line.text == why]
        step = Step(State.CONFIRMED, why or "the ERP has it", tx.writer.name, changes={**NO_REASON, "batch_id": None})
        moved += move_all(
            tx.connection, same, step, tx.now, each=lambda record: _told_of(record, lines[record.id], flags[record.id])
        )
    note_all(
        tx.connection, [(record, line.total) for record, line in confirmed], State.CONFIRMED, fence=tx.writer.fence,
        now=tx.now,
    )  # fmt: skip
    note_identities(tx.connection, moved, system=tx.writer.lane, now=tx.now)
    _note_newest(tx, moved)
    for record in moved:
        if flags[record.id]:
            what = f"{record.document} {record.order_number or record.source_id} as {record.number}"
            text = f"{what}: {', '.join(flags[record.id])}"
            raise_alarm(tx.connection, f"flagged:{record.id}", Urgency.NORMAL, text, tx.now)
        if record.document == erp.CUSTOMER:
            _release_orders(tx, record)
        if record.document in SHOWN and record.wanted_version > record.version:
            renew(tx.connection, record, Step(State.READY, "it changed while it was sent", tx.writer.name), tx.now)
    _tell(tx, [record for record in moved if record.document == erp.ORDER])


def _told_of(record: Record, line: ResultLine, flags: Sequence[str]) -> dict[str, object]:
    """What an answer says of its record."""
    return {
        "number": line.number or record.number, "written_version": record.version, "erp_total": line.total,
        "flags": record.flags if record.document in SHOWN else ",".join(flags) or None,
        "needs_read": record.is_outdated,
    }  # fmt: skip


def _note_newest(tx: Commit, confirmed: Sequence[Record]) -> None:
    for lane in {record.lane for record in confirmed}:
        news: dict[str, object] = {"last_confirmed_at": tx.now}
        orders = [record.id for record in confirmed if record.lane == lane and record.document == erp.ORDER]
        if orders:
            news["newest_order_id"] = max(orders)
        tx.connection.execute(update(schema.lane).where(schema.lane.c.name == lane).values(**news))


def _flags(record: Record, line: ResultLine, rules: Rules) -> list[str]:
    """What a person should know of a confirmed record; what storefronts are shown keeps its own remarks."""
    if record.document in SHOWN:
        return []
    flags = list(line.warnings)
    if line.on_hold:
        flags.append("on hold in the ERP")
    if line.total is not None and record.amount is not None:
        difference = line.total - record.amount
        if abs(difference) > rules.total_tolerance:
            flags.append(f"totals differ by {difference.normalize():f}")
    return [flag[:60] for flag in flags][:2]


def _release_orders(tx: Commit, customer: Record) -> None:
    step = Step(State.READY, f"customer is {customer.number}", tx.writer.name, changes={**NO_REASON, "due_at": tx.now})
    for order in hold_all(tx.connection, waits_for_customer(customer.id, State.HELD, State.REVIEW)):
        move(tx.connection, order, step, tx.now)
    close_alarm(tx.connection, f"customer:{customer.id}", tx.now)


def _customer_needs_person(tx: Commit, customer: Record) -> None:
    reason = customer_missing(customer)
    text = reason.text
    step = Step(State.REVIEW, text, tx.writer.name, changes=reason.columns())
    for order in hold_all(tx.connection, waits_for_customer(customer.id, State.HELD)):
        move(tx.connection, order, step, tx.now)
    raise_alarm(tx.connection, f"customer:{customer.id}", Urgency.NORMAL, text, tx.now)


def _tell(tx: Commit, orders: Sequence[Record]) -> None:
    told = create_all(tx.connection, [_telling_of(order) for order in orders], now=tx.now, by=tx.writer.name)
    move_all(tx.connection, told, Step(State.READY, "to be told", tx.writer.name), tx.now)


def _telling_of(order: Record) -> New:
    columns = {
        "connection": order.connection, "site": order.site, "document": ACKNOWLEDGEMENT,
        "source_id": order.source_id, "lane": f"storefront:{order.connection}", "parent_id": order.id,
        "order_number": order.order_number, "number": order.number, "version": 1,
    }  # fmt: skip
    return New(f"order confirmed as {order.number}", columns)


def commit_findings(
    database: Database, writer: Writer, findings: Sequence[Finding], rules: Rules, *, now: datetime
) -> list[Record]:
    """Commits what a probe found, each with its row, and moves the records that were in doubt. Raises `StaleFence`."""
    with database.write() as connection:
        check_fence(connection, writer.lane, writer.fence)
        tx = Commit(connection, writer, rules, now)
        return [_commit_finding(tx, finding) for finding in sorted(findings, key=lambda finding: finding.record_id)]


def _commit_finding(tx: Commit, finding: Finding) -> Record:
    record = hold(tx.connection, finding.record_id)
    values = {
        "record_id": record.id, "doubt": record.doubts, "fence": tx.writer.fence, "verdict": finding.verdict.value,
        "number": finding.number, "place": finding.place, "found_stamp": finding.found_stamp, "text": finding.text,
        "at": tx.now,
    }  # fmt: skip
    tx.connection.execute(insert(schema.probe).values(**values))
    if record.state is not State.UNCERTAIN or finding.verdict is erp.Verdict.UNREADABLE:
        return record
    if finding.verdict is erp.Verdict.OURS:
        text = f"found by probe in {finding.place}"
        line = ResultLine(
            record.id, Outcome.CONFIRMED, finding.number, finding.total, on_hold=finding.on_hold, text=text,
            warnings=finding.warnings,
        )  # fmt: skip
        confirm(tx, [(record, line)])
        return fetch(tx.connection, record.id)
    if finding.verdict is erp.Verdict.ANOTHERS:
        text = f"number {finding.number} is in the ERP under another stamp ({finding.found_stamp or 'none'})"
        reason = Reason("conflict", text, field="number", value=finding.number)
        return give_up(tx, record, Verdict(State.REVIEW, alert=Urgency.HIGH), reason, None)
    if record.number is None:
        reason = Reason("nothing sent", "no number was ever reserved, so nothing was sent")
        return give_up(tx, record, Verdict(State.READY), reason, None)
    what = _MISSED.get(record.document, "no {}").format(finding.number)
    verdict = after_probe_absent(failures=record.failures, limit=tx.rules.failure_limit)
    reason = Reason("absent after a doubtful write", f"probe found {what}; it may be written again")
    return give_up(tx, record, verdict, reason, None)
