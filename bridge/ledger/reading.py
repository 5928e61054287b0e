"""Which records wait for their document to be read, and the poll's watermark."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, func, select, update

from bridge.ledger import schema
from bridge.ledger.intake import insert_new
from bridge.ledger.rows import Record, record_of

ORDERS = "orders"


def to_read(connection: Connection, connection_name: str, limit: int, now: datetime) -> list[Record]:
    """Records of a connection whose document is to be read now, the oldest first."""
    columns = schema.record.c
    rows = connection.execute(
        select(schema.record)
        .where(columns.needs_read, columns.connection == connection_name, columns.due_at <= now)
        .order_by(columns.id)
        .limit(limit)
    )
    return [record_of(row) for row in rows]


def put_off(connection: Connection, record_ids: Sequence[int], *, now: datetime, after_s: float) -> None:
    """Puts off when these records are due; what they wait for is not there yet."""
    due = {"due_at": now + timedelta(seconds=after_s)}
    connection.execute(update(schema.record).where(schema.record.c.id.in_(record_ids)).values(**due))


def watermark(connection: Connection, connection_name: str, resource: str = ORDERS) -> datetime | None:
    """Up to when the poll has seen everything, or None before the first pass."""
    columns = schema.watermark.c
    mine = (columns.connection == connection_name) & (columns.resource == resource)
    return connection.execute(select(columns.reached).where(mine)).scalar_one_or_none()


def advance_watermark(
    connection: Connection, connection_name: str, reached: datetime, *, now: datetime, resource: str = ORDERS
) -> None:
    """Moves the watermark forward; call it only when every (id, version) up to it is committed. Never moves back."""
    columns = schema.watermark.c
    made = connection.execute(
        insert_new(connection, schema.watermark).values(
            connection=connection_name, resource=resource, reached=reached, updated_at=now
        )
    )
    if made.rowcount == 1:
        return
    mine = (columns.connection == connection_name) & (columns.resource == resource) & (columns.reached < reached)
    connection.execute(update(schema.watermark).where(mine).values(reached=reached, updated_at=now))


def known_versions(connection: Connection, connection_name: str, document: str, ids: list[str]) -> dict[str, int]:
    """The newest version known of each source id, whatever its site; ids unknown to the ledger are absent."""
    columns = schema.record.c
    rows = connection.execute(
        select(columns.source_id, func.max(columns.version).label("version"))
        .where(columns.connection == connection_name, columns.document == document, columns.source_id.in_(ids))
        .group_by(columns.source_id)
    )
    return {row.source_id: row.version for row in rows}


def embedded_body(connection: Connection, record: Record) -> dict[str, Any]:
    """The newest document that an event of this record brought along; empty when none did."""
    columns = schema.event.c
    bodies = connection.execute(
        select(columns.body)
        .where(columns.record_id == record.id)
        .order_by(columns.resource_version.desc(), columns.id.desc())
    )
    for row in bodies:
        data = json.loads(row.body, parse_float=Decimal).get("data")
        if isinstance(data, dict):
            return data
    return {"id": record.source_id}
