"""What storefronts were shown before: the thing itself, whoever needs to know that it is there."""

from sqlalchemy import Connection, select

from bridge.ledger import schema
from bridge.ledger.shown import Shelf


def contents_on_show(connection: Connection, shelf: Shelf, *, containing: str) -> list[str]:
    """The newest value, as JSON, of every thing on a shelf whose key contains a text; in no order."""
    columns = schema.record.c
    wanted = (
        (columns.connection == shelf.connection) & (columns.site == shelf.site)
        & (columns.document == shelf.document) & (columns.lane == shelf.lane)
        & columns.source_id.contains(containing, autoescape=True) & columns.content.is_not(None)
    )  # fmt: skip
    return list(connection.execute(select(columns.content).where(wanted)).scalars())
