"""Which records wait for their document to be read, and the poll's watermark."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, func, select, update

from bridge.ledger import schema
from bridge.ledger.rows import Record, record_of
from bridge.ledger.store import insert_new
from bridge.ports.erp import ORDER
from bridge.states import IN_FLIGHT, INITIAL

ORDERS = "orders"


def to_read(
    connection: Connection, connection_name: str, limit: int, now: datetime, *, document: str = ORDER
) -> list[Record]:
    """Records of a connection whose document, of this kind, is to be read now, the oldest first.

    What a writer has in flight is left to it: it turns back by itself, or is read when its outcome is known.
    """
    columns = schema.record.c
    is_at_rest = columns.state.not_in([state.value for state in IN_FLIGHT])
    rows = connection.execute(
        select(schema.record)
        .where(columns.needs_read, columns.connection == connection_name, columns.due_at <= now, is_at_rest)
        .where(columns.document == document)
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
    first = {"connection": connection_name, "resource": resource, "reached": reached, "updated_at": now}
    connection.execute(insert_new(connection, schema.watermark).values(**first))
    mine = (columns.connection == connection_name) & (columns.resource == resource) & (columns.reached < reached)
    connection.execute(update(schema.watermark).where(mine).values(reached=reached, updated_at=now))


def set_watermark_back(connection: Connection, connection_name: str, reached: datetime, resource: str = ORDERS) -> bool:
    """Lets the next poll read again from a moment on; False when it reads from there, or from before, anyway."""
    columns = schema.watermark.c
    mine = (columns.connection == connection_name) & (columns.resource == resource) & (columns.reached > reached)
    return connection.execute(update(schema.watermark).where(mine).values(reached=reached)).rowcount == 1


def known_versions(
    connection: Connection, connection_name: str, document: str, ids: Sequence[str]
) -> dict[tuple[str, str], int]:
    """The newest version read of each document, by site and source id; what the ledger has not read is absent."""
    columns = schema.record.c
    rows = connection.execute(
        select(columns.site, columns.source_id, func.max(columns.version).label("version"))
        .where(columns.connection == connection_name, columns.document == document, columns.source_id.in_(ids))
        .where(columns.state != INITIAL.value)
        .group_by(columns.site, columns.source_id)
    )
    return {(row.site, row.source_id): row.version for row in rows}


def embedded_body(connection: Connection, record: Record) -> dict[str, Any]:
    """The newest document that an event of this record brought along; empty when none did."""
    columns = schema.event.c
    bodies = connection.execute(
        select(columns.body)
        .where(columns.record_id == record.id)
        .order_by(columns.resource_version.desc(), columns.id.desc())
    )
    for row in bodies:
        body = json.loads(row.body, parse_float=Decimal)
        data = body.get("data") if isinstance(body, dict) else None
        if isinstance(data, dict):
            return data
    return {"id": record.source_id}


def has_two_stories(connection: Connection, record: Record) -> bool:
    """Whether one event of the record's wanted version came with two bodies, so that neither can be trusted."""
    columns = schema.event.c
    newest = (columns.record_id == record.id) & (columns.resource_version == record.wanted_version)
    twice = select(columns.event_id).where(newest).group_by(columns.event_id).having(func.count() > 1).limit(1)
    return connection.execute(twice).first() is not None


def last_polls(connection: Connection) -> Mapping[str, datetime]:
    """When each connection was last polled with success, whatever of it; one that never was is absent."""
    columns = schema.watermark.c
    rows = connection.execute(
        select(columns.connection, func.max(columns.updated_at).label("at")).group_by(columns.connection)
    )
    return {row.connection: row.at for row in rows}
