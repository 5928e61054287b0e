"""Which accounts of storefronts are which customers of the ERP."""

from collections.abc import Collection

from sqlalchemy import Connection, or_, select

from bridge.ledger import schema
from bridge.ledger.rows import Record, record_of
from bridge.ports.erp import CUSTOMER
from bridge.states import State

NAMED_BY_US = ("guest:", "order:")
"""How the source ids begin that we gave to buyers without an account; a storefront knows nobody under them."""


def accounts_of(
    connection: Connection, lane: str, *, numbers: Collection[str] = (), source_ids: Collection[str] = ()
) -> list[Record]:
    """The lane's customers with one of these numbers of the ERP, or ids of a storefront; only those with an account."""
    columns = schema.record.c
    rows = connection.execute(
        select(schema.record)
        .where(columns.lane == lane, columns.document == CUSTOMER, columns.state == State.CONFIRMED.value)
        .where(or_(columns.number.in_(numbers), columns.source_id.in_(source_ids)))
        .order_by(columns.id)
    )
    return [record for record in map(record_of, rows) if not record.source_id.startswith(NAMED_BY_US)]
