"""Everything that the ledger knows of one customer: orders, invoices, payments, terms, and what is not settled."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Select, select

from bridge.errors import Refused
from bridge.ledger import schema
from bridge.ledger.moves import fetch
from bridge.ledger.rows import Record, record_of
from bridge.ledger.shown import find_at
from bridge.ledger.store import Database
from bridge.ports.erp import CUSTOMER, ORDER
from bridge.shown import Shown
from bridge.states import State

MOST = 200
"""So many invoices, payments and open questions of one customer are looked at, the newest first."""


@dataclass(frozen=True)
class Dossier:
    """One customer. `orders` are a page of the newest, `older` the id from which older ones are asked for.

    `invoices` and `receipts` are the newest that were read from the ERP; `unsettled` is whatever follows an order, or
    is shown to the account, and has not arrived. `terms` is None for who was never shown any.
    """

    customer: Record
    orders: tuple[Record, ...]
    older: int | None
    invoices: tuple[Record, ...]
    receipts: tuple[Record, ...]
    unsettled: tuple[Record, ...]
    terms: Record | None


def dossier(database: Database, record_id: int, *, before: int | None = None, page: int = 50) -> Dossier:
    """What there is of the customer whose record this is. Raises `KeyError`, and `Refused` for another document."""
    with database.read() as connection:
        customer = fetch(connection, record_id)
        if customer.document != CUSTOMER:
            text = f"record {record_id} is no customer's, but {customer.document} {customer.source_id}"
            raise Refused(text, field="document", value=customer.document)
        orders = _orders(connection, customer, before, page + 1)
        return Dossier(
            customer=customer,
            orders=orders[:page],
            older=orders[page - 1].id if len(orders) > page else None,
            invoices=_following(connection, customer, (Shown.INVOICE,)),
            receipts=_following(connection, customer, (Shown.RECEIPT,)),
            unsettled=_following(connection, customer, unsettled=True),
            terms=find_at(connection, customer.connection, customer.site, Shown.TERMS, customer.source_id),
        )


def customers(database: Database, wanted: str = "", *, before: int | None = None, limit: int = 50) -> list[Record]:
    """Customers, the newest first; of a wanted name those with this ERP number, site account or guest's e-mail."""
    columns = schema.record.c
    chosen = select(schema.record).where(columns.document == CUSTOMER)
    if wanted:
        guest = f"guest:{wanted.lower()}"
        by_index = [columns.number == wanted.upper(), columns.source_id == wanted, columns.source_id == guest]
        with database.read() as connection:
            found = [record for each in by_index for record in _records(connection, chosen.where(each).limit(limit))]
        return list({record.id: record for record in found}.values())
    if before is not None:
        chosen = chosen.where(columns.id < before)
    with database.read() as connection:
        return list(_records(connection, chosen.order_by(columns.id.desc()).limit(limit)))


def _orders(connection: Connection, customer: Record, before: int | None, limit: int) -> tuple[Record, ...]:
    columns = schema.record.c
    mine = select(schema.record).where(columns.customer_record_id == customer.id, columns.document == ORDER)
    if before is not None:
        mine = mine.where(columns.id < before)
    return _records(connection, mine.order_by(columns.id.desc()).limit(limit))


def _following(
    connection: Connection, customer: Record, documents: Sequence[Shown] = (), *, unsettled: bool = False
) -> tuple[Record, ...]:
    """What follows the customer's orders, or his account itself, each the newest first."""
    columns, order = schema.record.c, schema.record.alias("of_customer")
    orders = select(order.c.id).where(order.c.customer_record_id == customer.id, order.c.document == ORDER)
    found: dict[int, Record] = {}
    for parents in (columns.parent_id.in_(orders), columns.parent_id == customer.id):
        wanted = select(schema.record).where(parents)
        if documents:
            wanted = wanted.where(columns.document.in_([each.value for each in documents]))
        if unsettled:
            settled = (State.CONFIRMED, State.CANCELLED, State.DISCARDED)
            wanted = wanted.where(columns.state.not_in([state.value for state in settled]))
        chosen = _records(connection, wanted.order_by(columns.id.desc()).limit(MOST))
        found |= {record.id: record for record in chosen}
    return tuple(found[record_id] for record_id in sorted(found, reverse=True)[:MOST])


def _records(connection: Connection, query: Select[tuple[object, ...]]) -> tuple[Record, ...]:
    return tuple(record_of(row) for row in connection.execute(query))
