"""How much of a flow was read again in search of changes without a stamp, and how many such changes were found."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, select, update

from bridge.ledger import schema
from bridge.ledger.store import insert_new


def note_found(connection: Connection, lane: str, flow: str, changed: int, *, night: datetime, now: datetime) -> None:
    """Notes one page of a pass over everything, and how much it found changed; call it before `note_page`.

    What is found is added up over the pass, and pages over the time since `night`.
    """
    columns = schema.reading_pass.c
    connection.execute(insert_new(connection, schema.reading_pass).values(lane=lane, flow=flow, updated_at=now))
    row = connection.execute(select(schema.reading_pass).where(_mine(lane, flow))).one()
    before = row.changed if row.began_at is not None else 0
    pages = row.pages if row.updated_at >= night else 0
    values = {columns.pages: pages + 1, columns.changed: before + changed}
    connection.execute(update(schema.reading_pass).where(_mine(lane, flow)).values(values))


def pages_read(connection: Connection, lane: str, flow: str, night: datetime) -> int:
    """How many pages of a pass over everything were read since a moment."""
    columns = schema.reading_pass.c
    wanted = select(columns.pages).where(_mine(lane, flow), columns.updated_at >= night)
    return int(connection.execute(wanted).scalar_one_or_none() or 0)


def found_in(connection: Connection, lane: str, flow: str) -> int:
    """How much the newest passes over all kinds of a flow have found changed."""
    columns = schema.reading_pass.c
    of_flow = (columns.lane == lane) & columns.flow.like(f"{flow}/%")
    return int(connection.execute(select(func.coalesce(func.sum(columns.changed), 0)).where(of_flow)).scalar_one())


def _mine(lane: str, flow: str) -> ColumnElement[bool]:
    return (schema.reading_pass.c.lane == lane) & (schema.reading_pass.c.flow == flow)
