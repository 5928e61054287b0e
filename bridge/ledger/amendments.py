"""What people amended in orders: kept beside the record, so that it outlives every later reading of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, insert, select, update

from bridge.errors import Refused
from bridge.ledger import schema_mending as schema
from bridge.ledger.store import Database


@dataclass(frozen=True)
class Amendment:
    """One field of one order, as a person wants it written.

    `field` is a path such as `ship_to.name`, or `lines[].sku` with the storefront's id of the line as `element`. It
    holds for as long as the storefront says `was` there.
    """

    id: int
    record_id: int
    field: str
    element: str | None
    was: str | None
    value: str | None
    by: str
    why: str
    at: datetime
    overtaken_at: datetime | None = None
    overtaken_by: str | None = None


@dataclass(frozen=True)
class NewAmendment:
    """An amendment that is to be made; fields as in `Amendment`."""

    record_id: int
    field: str
    element: str | None
    was: str | None
    value: str | None


def keep_amendment(connection: Connection, new: NewAmendment, *, by: str, why: str, now: datetime) -> Amendment:
    """Keeps what a person amended. The same field again replaces what was amended before, and both stay to be seen.

    Raises `Refused` when no reason is given.
    """
    if not why.strip():
        raise Refused("amending needs a reason: say why", field="why", value=why)
    columns = schema.amendment.c
    same = (columns.record_id == new.record_id) & (columns.field == new.field)
    same &= columns.element.is_(None) if new.element is None else columns.element == new.element
    connection.execute(
        update(schema.amendment)
        .where(same, columns.overtaken_at.is_(None))
        .values(overtaken_at=now, overtaken_by=new.value)
    )
    row = connection.execute(
        insert(schema.amendment)
        .values(
            record_id=new.record_id, field=new.field, element=new.element, was=new.was, value=new.value,
            by=by, why=why, at=now,
        )
        .returning(schema.amendment)
    ).one()  # fmt: skip
    return _amendment(row)


def amendments_of(connection: Connection, record_id: int) -> tuple[Amendment, ...]:
    """Everything that was ever amended in an order, the oldest first; what was overtaken says when."""
    columns = schema.amendment.c
    rows = connection.execute(select(schema.amendment).where(columns.record_id == record_id).order_by(columns.id))
    return tuple(_amendment(row) for row in rows)


def standing(amendments: Iterable[Amendment]) -> tuple[Amendment, ...]:
    """Those that nothing has overtaken. Pure."""
    return tuple(each for each in amendments if each.overtaken_at is None)


def amended(database: Database, record_id: int) -> tuple[Amendment, ...]:
    """As `amendments_of`, in a view of its own."""
    with database.read() as connection:
        return amendments_of(connection, record_id)


def overtake(connection: Connection, overtaken: Sequence[tuple[Amendment, str | None]], now: datetime) -> None:
    """Marks amendments whose field the storefront has changed itself, each with its value; twice keeps the first."""
    columns = schema.amendment.c
    for amendment, told in overtaken:
        mine = (columns.id == amendment.id) & columns.overtaken_at.is_(None)
        connection.execute(update(schema.amendment).where(mine).values(overtaken_at=now, overtaken_by=told))


def _amendment(row: Row[tuple[object, ...]]) -> Amendment:
    return Amendment(**row._mapping)
