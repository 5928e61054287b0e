"""How a restored ledger learns what its ERP has: by the same moves, probe rows and links as any doubt."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection, func, select

from bridge.ledger import schema
from bridge.ledger.alarms import raise_alarm
from bridge.ledger.dead import close
from bridge.ledger.moves import Step, check_fence, create_after, hold, move
from bridge.ledger.outcomes import Writer
from bridge.ledger.rows import NO_REASON, Reason, Record, record_of
from bridge.ledger.settle import CHANGE, FOUND, TO_CANCEL, route
from bridge.ledger.store import Database
from bridge.outcomes import Urgency
from bridge.ports.erp import ORDER
from bridge.states import INITIAL, NEEDS_PERSON, State

WHY = "recovered after a restore"

_FROM_READY = (State.CLAIMED, State.WRITING, State.UNCERTAIN)
_WAYS = {State.UNCERTAIN: (), State.READY: _FROM_READY}
_FROM_REST = (State.READY, *_FROM_READY)


def by_ids(connection: Connection, lane: str, document: str, ids: Iterable[int]) -> dict[int, Record]:
    """The lane's records of this kind among these ids, by id."""
    columns = schema.record.c
    wanted = columns.id.in_(list(ids)) & (columns.lane == lane) & (columns.document == document)
    return {row.id: record_of(row) for row in connection.execute(select(schema.record).where(wanted))}


def by_names(connection: Connection, lane: str, document: str, names: Iterable[str]) -> list[Record]:
    """The lane's records of these names at the storefront: order numbers, or the accounts of customers."""
    columns = schema.record.c
    name = columns.order_number if document == ORDER else columns.source_id
    found = connection.execute(select(schema.record).where(name.in_(list(names))).order_by(columns.id))
    return [record_of(row) for row in found if (row.lane, row.document) == (lane, document)]


def unread(connection: Connection, lane: str) -> int:
    """How many records of the lane wait for their document, so that nobody knows their names yet."""
    columns = schema.record.c
    waits = (columns.lane == lane) & (columns.state == INITIAL.value)
    return int(connection.execute(select(func.count()).select_from(schema.record).where(waits)).scalar_one())


def not_polled_since(connection: Connection, names: Iterable[str], moment: datetime) -> list[str]:
    """Those of these storefront connections whose poll has not been completed since a moment."""
    columns = schema.watermark.c
    polled = set(connection.execute(select(columns.connection).where(columns.updated_at > moment)).scalars())
    return sorted(set(names) - polled)


def put_in_doubt(database: Database, writer: Writer, numbers: Mapping[int, str], *, now: datetime) -> None:
    """Moves records that the ERP has, by id with its number there, to UNCERTAIN, for findings to confirm.

    One that is in doubt already stays so. Raises `StaleFence`.
    """
    with database.write() as connection:
        check_fence(connection, writer.lane, writer.fence)
        for record_id in sorted(numbers):
            record = hold(connection, record_id)
            if record.state in NEEDS_PERSON:
                close(connection, record.id, by=writer.name, why=WHY, now=now)
            for leg in _WAYS.get(record.state, _FROM_REST):
                changes: dict[str, object] = {**NO_REASON, "fence": writer.fence, "number": numbers[record_id]}
                if leg is State.WRITING:
                    changes["writes_begun"] = record.writes_begun + 1
                record = move(connection, record, Step(leg, WHY, writer.name, changes=changes), now)


def show(database: Database, writer: Writer, record_id: int, number: str, why: str, *, now: datetime) -> None:
    """Moves a record to REVIEW that may be in the ERP under a number; it is probed there before any later write.

    One that is in doubt stays so, as a probe decides it. The same again changes nothing. Raises `StaleFence`.
    """
    with database.write() as connection:
        check_fence(connection, writer.lane, writer.fence)
        record = hold(connection, record_id)
        if record.state is State.UNCERTAIN or (record.state is State.REVIEW and record.number == number):
            return
        reason = Reason(FOUND, f"{why}: {number}", field="number", value=number)
        close(connection, record.id, by=writer.name, why=WHY, now=now)
        changes = {**NO_REASON, **reason.columns(), "number": number, "writes_begun": max(record.writes_begun, 1)}
        for leg in route(record.state, State.REVIEW):
            record = move(connection, record, Step(leg, reason.text, writer.name, changes=changes), now)


def tell(database: Database, writer: Writer, record: Record, number: str, *, now: datetime) -> None:
    """Leaves word for a person that an order is in the ERP although it was withdrawn; once, however often called."""
    name = record.order_number or record.source_id
    text = f"{record.document} {name} is {record.state}, and in the ERP as {number}: cancel it there"
    with database.write() as connection:
        check_fence(connection, writer.lane, writer.fence)
        change = create_after(
            connection, record, CHANGE, record.version, now=now, by=writer.name, why=text, number=number
        )
        if change is None:
            return
        reason = Reason(TO_CANCEL, text, field="number", value=number)
        move(connection, change, Step(State.REVIEW, text, writer.name, changes=reason.columns()), now)
        raise_alarm(connection, f"change:{change.id}", Urgency.HIGH, text, now)
