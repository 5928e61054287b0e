"""What a freshly read document makes of its record: ready, held, for a person, withdrawn, or a late change."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from bridge.errors import LostRace
from bridge.ledger import schema
from bridge.ledger.alarms import raise_alarm
from bridge.ledger.dead import bury, close
from bridge.ledger.deposits import Deposit, want
from bridge.ledger.intake import REREAD
from bridge.ledger.moves import Step, create_after, fetch, move, revise
from bridge.ledger.rows import NO_REASON, Reason, Record, record_of
from bridge.ledger.withdrawals import WITHDRAWN, take_back, withdraw
from bridge.outcomes import Urgency
from bridge.ports.erp import CANCEL
from bridge.ports.storefront import ReadOrder
from bridge.states import IN_FLIGHT, NEEDS_PERSON, State, is_legal

CHANGE = "order.change"
"""A change of an order that came after it was in the ERP, or a withdrawal left to people: a record of its own."""

IDENTITY_CHANGED, NUMBER_TWICE = "identity changed", "order number twice"
CLASHES = frozenset({IDENTITY_CHANGED, NUMBER_TWICE})

FOUND, TO_CANCEL = "found after a restore", "withdrawn after write"
"""Reasons of an order that may be in the ERP although the ledger cannot prove it: only a person can compare the two."""


@dataclass(frozen=True)
class Settlement:
    """Where a record goes after its document was read. `columns` are what was learned of the document.

    `withdrawal` is what a withdrawn order that is in the ERP becomes there, as mapped; None leaves it to a person.
    `deposit` is what its storefront has taken of an order that is in the ERP; None where nothing is to be said of it.
    """

    target: State
    why: str
    version: int
    condition: str | None = None
    reason: Reason | None = None
    alert: Urgency = Urgency.NONE
    columns: Mapping[str, Any] = field(default_factory=dict)
    withdrawal: str | None = None
    deposit: Deposit | None = None


def settle(connection: Connection, record: Record, outcome: Settlement, *, by: str, now: datetime) -> None:
    """Applies a settlement; raises `LostRace` when the record has changed since it was read.

    A record that has since been claimed or sent is left alone: its writer looks at its wanted version.
    """
    if record.state in IN_FLIGHT:
        raise LostRace(f"record {record.id} is {record.state}: its writer looks at what is wanted")
    if record.state is State.CONFIRMED:
        _after_the_fact(connection, record, outcome, by, now)
        if outcome.deposit and outcome.version >= record.wanted_version:
            want(connection, fetch(connection, record.id), outcome.version, outcome.deposit, by=by, now=now)
        return
    if outcome.target is State.CANCELLED and record.reason_code in {FOUND, TO_CANCEL}:
        _cancel_by_hand(connection, record, outcome, by, now)
        return
    clash = _identity_clash(connection, record, outcome)
    if clash:
        raise_alarm(connection, f"identity:{record.id}", Urgency.HIGH, clash.text, now)
    reason = clash or _open_clash(record, outcome)
    if reason:
        outcome = Settlement(State.REVIEW, reason.text, outcome.version, reason=reason, columns=outcome.columns)
    _apply(connection, record, outcome, by, now)


def _cancel_by_hand(connection: Connection, record: Record, outcome: Settlement, by: str, now: datetime) -> None:
    """An order that may be in the ERP does not vanish with its withdrawal: it stays with a person until discarded."""
    text = f"order {record.order_number} is withdrawn, and may be in the ERP as {record.number}: cancel it there"
    reason = Reason(TO_CANCEL, text, field="number", value=record.number)
    kept = Settlement(State.REVIEW, text, outcome.version, reason=reason, columns=outcome.columns)
    _apply(connection, record, kept, by, now)
    raise_alarm(connection, f"change:{record.id}", Urgency.HIGH, text, now)


def not_shown(record: Record, read: ReadOrder) -> Settlement | None:
    """Where a record goes in time if its site does not show what it announced; None when it does. Pure."""
    if read.is_gone:
        return None
    if read.body is None:
        text = f"the site does not show {record.document} {record.source_id}: {read.problem or 'no body'}"
    elif 0 < read.version < record.wanted_version:
        text = (
            f"the site shows version {read.version} of {record.document} {record.source_id}, "
            f"but version {record.wanted_version} was announced"
        )
    else:
        return None
    reason = Reason("not shown", text, field="id", value=record.source_id)
    return Settlement(State.REVIEW, text, record.version, reason=reason, alert=Urgency.NORMAL)


def broken(record: Record, version: int, traceback: str) -> Settlement:
    """Where a record goes whose settling failed by a fault of ours: to the dead letters, with the traceback."""
    target = State.DEAD if is_legal(record.state, State.DEAD) else State.REVIEW
    last_line = traceback.strip().splitlines()[-1]
    version = version or record.wanted_version
    return Settlement(target, last_line, version, reason=Reason("fault of ours", traceback, value=last_line))


def _apply(connection: Connection, record: Record, outcome: Settlement, by: str, now: datetime) -> None:
    is_stale = outcome.version < record.wanted_version
    columns: dict[str, Any] = {**NO_REASON, **outcome.columns, "version": outcome.version, "needs_read": is_stale}
    if outcome.reason:
        columns.update(outcome.reason.columns())
    columns["condition"] = outcome.condition
    target = outcome.target
    if is_stale and target is State.READY:
        target, columns["condition"] = State.HELD, REREAD
    if outcome.target is State.READY and _has_rested(record):
        columns["due_at"] = now  # what it waited for took as long as it took; its lane can be silent only from here on
    if target is record.state:
        revise(connection, record, columns, now)
        return
    if record.state in NEEDS_PERSON:
        close(connection, record.id, by=by, why=outcome.why, now=now)
    for leg in route(record.state, target):
        record = move(connection, record, Step(leg, outcome.why, by, changes=columns), now)
    if target is State.DEAD and outcome.reason:
        bury(connection, record, outcome.reason, detail=outcome.reason.text, now=now)
    if outcome.alert is not Urgency.NONE and outcome.reason:
        text = f"{record.document} {record.order_number or record.source_id}: {outcome.reason.text}"
        raise_alarm(connection, f"{target.lower()}:{outcome.reason.fingerprint}"[:128], outcome.alert, text, now)


def _has_rested(record: Record) -> bool:
    """Whether it waited for more than to be read again."""
    return record.state in {State.HELD, *NEEDS_PERSON} and record.condition != REREAD


def route(origin: State, target: State) -> tuple[State, ...]:
    """The legal way between two states in which nothing is in flight; raises `LostRace` when there is none."""
    ways: tuple[tuple[State, ...], ...] = (
        (target,),
        (State.READY, target),
        (State.HELD, target),
        (State.READY, State.HELD, target),
    )
    for way in ways:
        legs = (origin, *way)
        if all(is_legal(a, b) for a, b in zip(legs, way, strict=False)):
            return way
    raise LostRace(f"a record in {origin} is no longer waiting to be settled")


def _after_the_fact(connection: Connection, record: Record, outcome: Settlement, by: str, now: datetime) -> None:
    """An order that is in the ERP stays as it is; a real change of it becomes a record that waits for a person.

    Its withdrawal becomes one that is written, where the lane's rules say so. What was told already is not told again,
    be it read in ever so many versions.
    """
    is_withdrawn = outcome.target is State.CANCELLED
    content_hash = WITHDRAWN if is_withdrawn else outcome.columns.get("content_hash")
    if outcome.target is State.READY:
        take_back(connection, record, outcome.version, by=by, now=now)
    columns = {"version": outcome.version, "needs_read": outcome.version < record.wanted_version}
    revise(connection, record, columns, now)
    if content_hash == _last_told(connection, record):
        return
    what = "cancelled" if is_withdrawn else "changed"
    text = f"order {record.order_number} was {what} at the storefront after it was written as {record.number}"
    if outcome.reason:
        text = f"{text} ({outcome.why})"
    if is_withdrawn and outcome.withdrawal:
        withdraw(connection, record, outcome.version, outcome.withdrawal, why=text, by=by, now=now)
        return
    reason = Reason(f"{what} after write", text, field="version", value=str(outcome.version))
    learned = {name: outcome.columns.get(name) for name in ("amount", "currency", "content")}
    change = create_after(
        connection, record, CHANGE, outcome.version, now=now, by=by, why=text, content_hash=content_hash, **learned
    )
    if change is None:
        return
    move(connection, change, Step(State.REVIEW, text, by, changes=reason.columns()), now)
    raise_alarm(connection, f"change:{change.id}", Urgency.HIGH, text, now)


def _last_told(connection: Connection, record: Record) -> str | None:
    """The content hash of the latest change that became a record of its own, or of what was written.

    A withdrawal that was taken back before it was written is none.
    """
    columns = schema.record.c
    changes = (columns.parent_id == record.id) & columns.document.in_([CHANGE, CANCEL])
    stands = changes & (columns.state != State.CANCELLED.value)
    latest = select(columns.content_hash).where(stands).order_by(columns.version.desc(), columns.id.desc()).limit(1)
    told = connection.execute(latest).one_or_none()
    return told.content_hash if told else record.content_hash


def _open_clash(record: Record, outcome: Settlement) -> Reason | None:
    """A clash that no person has decided yet; a newer version of the order does not decide it."""
    is_open = record.state is State.REVIEW and record.reason_code in CLASHES and outcome.target is not State.CANCELLED
    if not is_open:
        return None
    return Reason(
        record.reason_code or "", record.reason_text or "", field=record.reason_field, value=record.reason_value
    )


def _identity_clash(connection: Connection, record: Record, outcome: Settlement) -> Reason | None:
    """Same source id with another order number or placing time, or one order number under two ids.

    A changed number or time is told once: what was read stays with the record, and a person's replay lets it pass. Two
    ids under one number clash until one of them is cancelled or discarded.
    """
    number, placed_at = outcome.columns.get("order_number"), outcome.columns.get("placed_at")
    for name, known, told in (("orderNumber", record.order_number, number), ("placedAt", record.placed_at, placed_at)):
        if known is not None and told is not None and known != told:
            text = (
                f"order id {record.source_id} had {name} {known} and now has {told}: a person must say which is right"
            )
            return Reason(IDENTITY_CHANGED, text, field=name, value=str(told))
    if number is None:
        return None
    twin = _twin(connection, record, str(number))
    if twin is None:
        return None
    text = f"order number {number} came under two ids, {twin} and {record.source_id}"
    return Reason(NUMBER_TWICE, text, field="orderNumber", value=str(number))


def _twin(connection: Connection, record: Record, number: str) -> str | None:
    """The source id of another order of the site that bears this number and still counts; None when there is none.

    Asked by the number alone: the few that bear it are told apart here, so that no database looks through all orders of
    the connection for them.
    """
    columns = schema.record.c
    bearers = connection.execute(select(schema.record).where(columns.order_number == number).order_by(columns.id))
    for other in map(record_of, bearers):
        is_of_same = (other.connection, other.site, other.document) == (record.connection, record.site, record.document)
        if is_of_same and other.id != record.id and other.state not in {State.CANCELLED, State.DISCARDED}:
            return other.source_id
    return None
