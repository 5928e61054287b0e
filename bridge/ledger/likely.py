"""What the ledger has seen of an ERP's items and customers, for who looks for what an order may have meant."""

from collections.abc import Sequence

from sqlalchemy import Connection, func, or_, select

from bridge.documents import Customer, ItemFacts
from bridge.ledger import schema
from bridge.ledger.on_show import keys_on_show
from bridge.ledger.rows import Record
from bridge.ledger.shown import Shelf
from bridge.ports.erp import CUSTOMER
from bridge.shown import Shown, showing_lane
from bridge.states import State

_LOOKED_AT = 200


def known_items(connection: Connection, order: Record) -> list[str]:
    """Every name under which the ERP's items are shown where an order came from, in their own order."""
    return keys_on_show(connection, _items(order))


def item_facts(connection: Connection, order: Record, names: Sequence[str]) -> dict[str, ItemFacts]:
    """What the ERP said last of these items; names that it was not heard to have are absent."""
    shelf, columns = _items(order), schema.record.c
    mine = (columns.connection == shelf.connection) & (columns.site == shelf.site)
    rows = connection.execute(
        select(columns.source_id, columns.content).where(
            mine, columns.document == shelf.document, columns.lane == shelf.lane, columns.source_id.in_(names)
        )
    )
    return {row.source_id: ItemFacts.model_validate_json(row.content) for row in rows if row.content}


def likely_customers(
    connection: Connection, order: Record, *, email: str | None, postal_code: str | None
) -> list[tuple[str, Customer]]:
    """Numbers and facts of customers of the order's lane whose record names this e-mail or postal code.

    Looks through the customers of one connection, and at 200 of them at most; who asks looks closer.
    """
    columns = schema.record.c
    told = func.lower(columns.content)
    texts = [text.lower() for text in (email, postal_code) if text]
    if not texts:
        return []
    mine = (columns.connection == order.connection) & (columns.document == CUSTOMER) & (columns.lane == order.lane)
    is_known = (columns.state == State.CONFIRMED.value) & columns.number.is_not(None)
    wanted = select(columns.number, columns.content).where(mine, is_known)
    wanted = wanted.where(or_(*(told.contains(text, autoescape=True) for text in texts)))
    rows = connection.execute(wanted.order_by(columns.id).limit(_LOOKED_AT))
    return [(row.number, Customer.model_validate_json(row.content)) for row in rows]


def _items(order: Record) -> Shelf:
    return Shelf(order.connection, order.site, Shown.ITEM, showing_lane(order.connection, Shown.ITEM))
