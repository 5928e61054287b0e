"""Orders for people who look for one: lists a page at a time, and a search through the newest for any text."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, literal, or_, select, tuple_

from bridge.ledger import schema
from bridge.ledger.schema_desk import is_order
from bridge.states import State

PAGE_ROWS = 50
NEWEST = 2000
"""So many of the newest orders are looked through for a text: neither e-mail nor PO has an index of its own."""

_COLUMNS = (
    "id", "order_number", "source_id", "connection", "lane", "state", "placed_at", "amount", "currency", "number",
    "flags", "condition", "reason_text", "due_at", "created_at", "updated_at",
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """Which orders: of a lane, in a state, of a customer's record; each may be left open.

    `before` is where the page before ended: id and time of last change.
    """

    lane: str | None = None
    state: State | None = None
    customer_id: int | None = None
    before: tuple[int, datetime] | None = None


def orders(connection: Connection, asked: Asked, limit: int = PAGE_ROWS) -> Sequence[Row[Any]]:
    """A page of orders, the newest first; those in a state by their last change, the latest first.

    Each answer walks one index from where the page before ended, however many there are.
    """
    columns = schema.record.c
    wanted = _listed().where(is_order)
    if asked.customer_id is not None:
        wanted = wanted.where(columns.customer_record_id == asked.customer_id)
    chosen = _by_change(wanted, asked) if _is_by_change(asked) else _by_id(wanted, asked)
    return connection.execute(chosen.limit(limit)).all()


def newest_with(connection: Connection, text: str, limit: int = PAGE_ROWS) -> Sequence[Row[Any]]:
    """Those of the newest orders in whose document or Sage fields the text stands, such as an e-mail or a PO."""
    columns = schema.record.c
    newest = select(columns.id).where(is_order).order_by(columns.id.desc()).limit(NEWEST).subquery()
    has_it = or_(columns.content.icontains(text, autoescape=True), columns.mapped.icontains(text, autoescape=True))
    found = _listed().join(newest, newest.c.id == columns.id).where(has_it)
    return connection.execute(found.order_by(columns.id.desc()).limit(limit)).all()


def _by_id(wanted: Select[Any], asked: Asked) -> Select[Any]:
    """Lane and state are said so that no index of them serves: with one, all of a lane's orders would be sorted."""
    columns = schema.record.c
    if asked.lane:
        wanted = wanted.where(columns.lane + "" == asked.lane)
    if asked.state is not None:
        wanted = wanted.where(columns.state + "" == asked.state.value)
    if asked.before:
        wanted = wanted.where(columns.id < asked.before[0])
    return wanted.order_by(columns.id.desc())


def _by_change(wanted: Select[Any], asked: Asked) -> Select[Any]:
    columns = schema.record.c
    if asked.lane:
        wanted = wanted.where(columns.lane == asked.lane)
    if asked.state is not None:
        wanted = wanted.where(columns.state == asked.state.value)
    if asked.before:
        number, at = asked.before
        place = tuple_(literal(at, columns.updated_at.type), literal(number))
        wanted = wanted.where(tuple_(columns.updated_at, columns.id) < place)
    return wanted.order_by(columns.updated_at.desc(), columns.id.desc())


def _is_by_change(asked: Asked) -> bool:
    """Nearly all orders are confirmed: those, and one customer's, are walked by id."""
    return asked.state not in (None, State.CONFIRMED) and asked.customer_id is None


def _listed() -> Select[Any]:
    return select(*(schema.record.c[name] for name in _COLUMNS))
