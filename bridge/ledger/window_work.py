"""What windows did: how many records they claimed, and what was confirmed in them, with its money."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, func, select

from bridge.ledger import schema
from bridge.ledger.schema_desk import is_confirmation


@dataclass(frozen=True)
class Work:
    """One window's work. `claimed` counts a record once for each batch that took it; `money` is by currency."""

    batches: int
    claimed: int
    confirmed: int
    money: Mapping[str, Decimal]


def work_of(connection: Connection, windows: Sequence[Row[Any]], now: datetime) -> dict[int, Work]:
    """The work of each of these windows by its id, answered from indexes; one that never opened did none."""
    columns = schema.batch.c
    claims = {
        row.window_id: row
        for row in connection.execute(
            select(columns.window_id, func.count().label("batches"), func.sum(columns.size).label("claimed"))
            .where(columns.window_id.in_([window.id for window in windows]))
            .group_by(columns.window_id)
        )
    }
    found = {}
    for window in windows:
        claim = claims.get(window.id)
        confirmed, money = _confirmed(connection, window, now) if window.opened_at else (0, {})
        found[window.id] = Work(claim.batches if claim else 0, int(claim.claimed) if claim else 0, confirmed, money)
    return found


def _confirmed(connection: Connection, window: Row[Any], now: datetime) -> tuple[int, Mapping[str, Decimal]]:
    """Windows of one lane do not overlap, so what the lane confirmed in that time was confirmed in that window."""
    move, record = schema.move.c, schema.record.c
    rows = connection.execute(
        select(record.currency, func.count().label("records"), func.sum(record.amount).label("amount"))
        .join_from(schema.move, schema.record, record.id == move.record_id)
        .where(is_confirmation, move.at >= window.opened_at, move.at <= (window.closed_at or now))
        .where(record.lane == window.lane)
        .group_by(record.currency)
    ).all()
    money = {row.currency: row.amount for row in rows if row.currency and row.amount is not None}
    return sum(row.records for row in rows), dict(sorted(money.items()))
