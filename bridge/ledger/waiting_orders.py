"""What orders that are not in the ERP yet will take out of its stock."""

from decimal import Decimal

from sqlalchemy import Connection, select

from bridge.ledger import schema
from bridge.ports.erp import ORDER
from bridge.states import State
from bridge.writing.mapped import Mapped

_NOT_IN_ERP = tuple(
    state.value for state in State if state not in {State.CONFIRMED, State.CANCELLED, State.DISCARDED, State.RECEIVED}
)
"""An order that a person must look at was bought all the same. One that has not been read names no items yet."""


def waiting_quantities(connection: Connection, lane: str, item: str, quantity: str) -> dict[str, Decimal]:
    """Ordered quantities by item over the lane's orders that the ERP does not have, or may not have.

    `item` and `quantity` are the ERP's columns of an order line. Ask before the ERP is asked: an order that gets in
    meanwhile then counts twice for a while, and never not at all.
    """
    columns = schema.record.c
    wanted = (columns.lane == lane) & columns.state.in_(_NOT_IN_ERP) & (columns.document == ORDER)
    totals: dict[str, Decimal] = {}
    for text in connection.execute(select(columns.mapped).where(wanted, columns.mapped.is_not(None))).scalars():
        for line in Mapped.from_json(text).lines:
            ordered = line.get(quantity)
            if isinstance(ordered, Decimal):
                code = str(line.get(item, ""))
                totals[code] = totals.get(code, Decimal(0)) + ordered
    return totals
