"""What storefronts were shown before: the thing itself, whoever needs to know that it is there."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, select

from bridge.ledger import schema
from bridge.ledger.moves import hold
from bridge.ledger.rows import Record, record_of
from bridge.ledger.shown import Shelf
from bridge.states import State


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


def keys_on_show(connection: Connection, shelf: Shelf) -> list[str]:
    """The keys of every thing on a shelf, in their own order."""
    return sorted(connection.execute(select(schema.record.c.source_id).where(_on(shelf))).scalars())


def refused_of(connection: Connection, products: Collection[Record], documents: Collection[str]) -> list[Record]:
    """Those of these documents of which a site has never taken anything, though it has their products by now.

    `products` are the records of facts that it has taken, of one connection. One look, however many there are.
    """
    columns = schema.record.c
    names = {(product.connection, product.site, product.source_id) for product in products}
    wanted = columns.connection.in_({name for name, _, _ in names}) & columns.document.in_(documents)
    never_taken = (columns.state == State.CONFIRMED.value) & columns.number.is_(None)
    found = connection.execute(
        select(columns.id, columns.connection, columns.site, columns.source_id).where(wanted & never_taken)
    ).all()
    ids = [row.id for row in found if (row.connection, row.site, row.source_id.partition("@")[0]) in names]
    held = (hold(connection, record_id) for record_id in sorted(ids))
    return [record for record in held if record.state is State.CONFIRMED]


def of_product(connection: Connection, product: Record, documents: Collection[str]) -> list[Record]:
    """The records of these documents that tell of one product at one site, the oldest first.

    `product` is the record of its facts; the keys of its other documents begin with its SKU and an @.
    """
    columns, sku = schema.record.c, product.source_id
    here = (columns.connection == product.connection) & (columns.site == product.site)
    is_of_it = (columns.source_id == sku) | columns.source_id.startswith(f"{sku}@", autoescape=True)
    wanted = here & columns.document.in_(documents) & is_of_it
    rows = connection.execute(select(schema.record).where(wanted).order_by(columns.id))
    return [record_of(row) for row in rows]
