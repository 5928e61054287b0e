"""What a person may do with a record that waits for one: replay it, discard it; always with a reason."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from bridge.documents.customer import NO_ACCOUNT
from bridge.errors import Refused
from bridge.ledger import schema
from bridge.ledger.dead import close
from bridge.ledger.intake import REREAD
from bridge.ledger.moves import Step, hold, move, revise
from bridge.ledger.rows import NO_REASON, Record, record_of
from bridge.ledger.settle import CHANGE
from bridge.ledger.store import Database
from bridge.ports.erp import CUSTOMER, DEPOSIT, ORDER
from bridge.shown import SHOWN
from bridge.states import NEEDS_PERSON, State


def waiting_for_person(
    database: Database, *, document: str | None = None, fingerprint: str | None = None, limit: int = 200, after: int = 0
) -> list[Record]:
    """Records in REVIEW or DEAD, the oldest first, narrowed by document kind or error fingerprint.

    `after` is the id of the last one of the page before.
    """
    with database.read() as connection:
        return resting(connection, document=document, fingerprint=fingerprint, limit=limit, after=after)


def resting(
    connection: Connection, *, document: str | None, fingerprint: str | None, limit: int, after: int = 0
) -> list[Record]:
    """As `waiting_for_person`, inside a transaction."""
    columns = schema.record.c
    wanted: list[ColumnElement[bool]] = [columns.state.in_([state.value for state in NEEDS_PERSON])]
    if document:
        wanted.append(columns.document == document)
    if fingerprint:
        wanted.append(columns.fingerprint == fingerprint)
    if after:
        wanted.append(columns.id > after)
    rows = connection.execute(select(schema.record).where(*wanted).order_by(columns.id).limit(limit)).all()
    return [record_of(row) for row in rows]


def replay(database: Database, record_ids: Sequence[int], *, by: str, why: str, now: datetime) -> list[Record]:
    """Sends records the ordinary way again: next window, same seat guard, failures counted anew.

    An order is read and mapped anew first, since what was wrong was mended there or in the mapping; so is an account
    that was never mapped. The order of a deposit that was never mapped is read again, which makes another deposit of
    it; the record is cancelled. A replay approves an account that waits for approval. Raises `Refused` (and changes
    none) when one of them does not wait for a person, or cannot go that way.
    """
    with database.write() as connection:
        return send_again(connection, record_ids, by=by, why=why, now=now)


def send_again(connection: Connection, record_ids: Sequence[int], *, by: str, why: str, now: datetime) -> list[Record]:
    """As `replay`, inside a transaction."""
    orders = _to_read_again(connection, record_ids)
    held = {record_id: hold(connection, record_id) for record_id in sorted({*record_ids, *orders.values()})}
    records = [held[record_id] for record_id in sorted(set(record_ids))]
    for record in records:
        _refuse_unless_waiting(record, "replayed")
        _refuse_without_a_way(record)
    replayed = []
    for record in records:
        if record.id in orders:
            revise(connection, held[orders[record.id]], {"needs_read": True, "due_at": now}, now)
            close(connection, record.id, by=by, why=why, now=now)
            gone = Step(State.CANCELLED, f"replay: {why}; its order is read again", by, changes=NO_REASON)
            replayed.append(move(connection, record, gone, now))
            continue
        changes: dict[str, Any] = {**NO_REASON, "failures": 0, "due_at": now}
        if record.document in SHOWN:  # a site keeps its refusal under the key of this version
            changes["wanted_version"] = record.wanted_version + 1
        close(connection, record.id, by=by, why=why, now=now)
        ready = move(connection, record, Step(State.READY, f"replay: {why}", by, changes=changes), now)
        if record.document == ORDER or _is_account_never_mapped(record):
            again = {"condition": REREAD, "needs_read": True}
            ready = move(connection, ready, Step(State.HELD, "read again first", by, changes=again), now)
        replayed.append(ready)
    return replayed


def discard(database: Database, record_id: int, *, by: str, why: str, now: datetime) -> Record:
    """Gives a record up for good. Raises `Refused` when no reason is given or it does not wait for a person."""
    with database.write() as connection:
        return give_up(connection, record_id, by=by, why=why, now=now)


def give_up(connection: Connection, record_id: int, *, by: str, why: str, now: datetime) -> Record:
    """As `discard`, inside a transaction."""
    if not why.strip():
        raise Refused("discarding needs a reason: say why with --why", field="why", value=why)
    record = hold(connection, record_id)
    _refuse_unless_waiting(record, "discarded")
    close(connection, record.id, by=by, why=why, now=now)
    return move(connection, record, Step(State.DISCARDED, why, by, changes={"needs_read": False}), now)


def _to_read_again(connection: Connection, record_ids: Sequence[int]) -> dict[int, int]:
    """The orders of those of these records that are deposits which were never mapped."""
    columns = schema.record.c
    unmapped = (columns.document == DEPOSIT) & columns.mapped.is_(None) & columns.parent_id.is_not(None)
    rows = connection.execute(select(columns.id, columns.parent_id).where(columns.id.in_(record_ids), unmapped))
    return {row.id: row.parent_id for row in rows}


def _refuse_without_a_way(record: Record) -> None:
    if record.document == CHANGE:
        text = (
            f"record {record.id} is a change of an order that is written: make it in the ERP, then discard the record"
        )
        raise Refused(text, field="document", value=record.document)
    if record.document == CUSTOMER and record.mapped is None and not _is_account_never_mapped(record):
        text = f"customer record {record.id} was never mapped: replay one of its orders, which maps it anew"
        raise Refused(text, field="mapped", value=record.source_id)


def _is_account_never_mapped(record: Record) -> bool:
    """Whether it is read at its site again before it is mapped; a guest stands nowhere but in an order."""
    is_account = record.document == CUSTOMER and not record.source_id.startswith(NO_ACCOUNT)
    return is_account and record.mapped is None


def _refuse_unless_waiting(record: Record, verb: str) -> None:
    if record.state not in NEEDS_PERSON:
        text = f"record {record.id} is {record.state}; only REVIEW and DEAD records can be {verb}"
        raise Refused(text, field="state", value=record.state.value)
