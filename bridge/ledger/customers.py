"""The customer's own record, which an order waits for: one per site account and lane."""

from datetime import datetime

from sqlalchemy import Connection, select

from bridge.documents import Customer
from bridge.ledger import schema
from bridge.ledger.intake import create
from bridge.ledger.moves import Step, move
from bridge.ledger.rows import Reason, Record, record_of
from bridge.ports.erp import CUSTOMER
from bridge.states import State


def find_customer(connection: Connection, order: Record, source_id: str) -> Record | None:
    """The record of a site account in the order's lane, or None."""
    columns = schema.record.c
    row = connection.execute(
        select(schema.record).where(
            columns.connection == order.connection,
            columns.site == order.site,
            columns.document == CUSTOMER,
            columns.source_id == source_id,
            columns.lane == order.lane,
        )
    ).one_or_none()
    return record_of(row) if row else None


def add_customer(
    connection: Connection,
    order: Record,
    customer: Customer,
    *,
    mapped: str | None,
    refused: Reason | None,
    mapping_version: str | None,
    by: str,
    now: datetime,
) -> Record:
    """Makes the customer's record, ready to be matched or created before its orders.

    One that cannot be mapped (`refused`) waits for a person. Raises `LookupError` when it exists by now.
    """
    made = create(
        connection,
        now=now,
        by=by,
        why=f"order {order.order_number or order.source_id} names it",
        connection_name=order.connection,
        site=order.site,
        document=CUSTOMER,
        source_id=customer.source_id,
        lane=order.lane,
        version=1,
        priority=0,
        content=customer.model_dump_json(),
        mapped=mapped,
        mapping_version=mapping_version,
    )
    if made is None:
        raise LookupError(f"customer {customer.source_id} exists by now")
    if refused is None:
        return move(connection, made, Step(State.READY, "to be matched or created", by), now)
    return move(connection, made, Step(State.REVIEW, refused.text, by, changes=refused.columns()), now)
