"""What storefronts were shown before: the thing itself, whoever needs to know that it is there."""

from sqlalchemy import ColumnElement, Connection, select

from bridge.ledger import schema
from bridge.ledger.shown import Shelf


def contents_on_show(connection: Connection, shelf: Shelf, *, containing: str) -> list[str]:
    """The newest value, as JSON, of every thing on a shelf whose key contains a text; in no order."""
    columns = schema.record.c
    wanted = columns.source_id.contains(containing, autoescape=True) & columns.content.is_not(None)
    return list(connection.execute(select(columns.content).where(_on(shelf), wanted)).scalars())


def remarks_on_show(connection: Connection, shelf: Shelf, *, beginning: str) -> list[tuple[str, str]]:
    """Key and remark of every thing on a shelf whose remark begins so, in no order. Looks through the whole shelf."""
    columns = schema.record.c
    begins = columns.flags.startswith(beginning, autoescape=True)
    rows = connection.execute(select(columns.source_id, columns.flags).where(_on(shelf), begins))
    return [(row.source_id, row.flags) for row in rows]


def _on(shelf: Shelf) -> ColumnElement[bool]:
    columns = schema.record.c
    return (
        (columns.connection == shelf.connection) & (columns.site == shelf.site)
        & (columns.document == shelf.document) & (columns.lane == shelf.lane)
    )  # fmt: skip
