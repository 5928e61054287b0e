"""What the ledger knows of orders that an ERP has: their numbers, and the stamps under which they are there."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, select

from bridge.ledger import schema
from bridge.ledger.rows import Record, record_of
from bridge.ledger.store import Database
from bridge.ports.erp import CANCEL, ORDER, ProbeKey, Verdict
from bridge.states import State

GONE = frozenset({Verdict.ABSENT, Verdict.ANOTHERS})
"""What a probe says of a confirmed order that is not in the ERP any more."""


def newest_confirmed(database: Database, lane: str) -> Record | None:
    """The order that the lane's ERP confirmed last; None when there is none, or a probe has found it gone before.

    None too when it was withdrawn since: an ERP that keeps no history has nothing more of it.
    """
    record, probe = schema.record.c, schema.probe.c
    is_newest = record.id == select(schema.lane.c.newest_order_id).where(schema.lane.c.name == lane).scalar_subquery()
    found_gone = select(probe.id).where(
        probe.record_id == record.id, probe.doubt == record.doubts, probe.verdict.in_([each.value for each in GONE])
    )
    with database.read() as connection:
        wanted = select(schema.record).where(is_newest, ~found_gone.exists(), ~_is_withdrawn())
        row = connection.execute(wanted).one_or_none()
    return record_of(row) if row else None


def confirmed_since(database: Database, lane: str, since: datetime, *, after_id: int, limit: int) -> list[Record]:
    """Orders of the lane that are confirmed, not withdrawn, and were changed since, by id behind `after_id`."""
    columns = schema.record.c
    confirmed = (columns.lane == lane) & (columns.document == ORDER) & (columns.state == State.CONFIRMED.value)
    recent = (columns.updated_at >= since) & (columns.id > after_id) & ~_is_withdrawn()
    with database.read() as connection:
        rows = connection.execute(select(schema.record).where(confirmed, recent).order_by(columns.id).limit(limit))
        return [record_of(row) for row in rows]


def _is_withdrawn() -> ColumnElement[bool]:
    """Whether the ERP has held or cancelled the order for us."""
    child = schema.record.alias("withdrawal")
    of_it = (child.c.parent_id == schema.record.c.id) & (child.c.document == CANCEL)
    return select(child.c.id).where(of_it, child.c.state == State.CONFIRMED.value).correlate(schema.record).exists()


def key_of(database: Database, order: Record) -> ProbeKey:
    """What to look for: the number, and the stamp under which it was last found, which may be of a former ledger."""
    columns = schema.probe.c
    found = (columns.record_id == order.id) & (columns.verdict == Verdict.OURS.value) & columns.found_stamp.is_not(None)
    latest = select(columns.found_stamp).where(found).order_by(columns.id.desc()).limit(1)
    with database.read() as connection:
        stamp = connection.execute(latest).scalar_one_or_none()
    return ProbeKey(order.id, order.number or "", stamp or order.stamp)


def known_numbers(database: Database, lane: str, numbers: Sequence[str]) -> list[str]:
    """Those of these order numbers that an order of the lane has already."""
    columns = schema.record.c
    bearers = select(columns.number, columns.lane, columns.document).where(columns.number.in_(numbers))
    with database.read() as connection:  # all who bear a number are few, so lane and kind need no index
        rows = connection.execute(bearers).all()
    return sorted({row.number for row in rows if (row.lane, row.document) == (lane, ORDER)})
