"""What was ordered of each item lately, and the velocity of items that was measured from it."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, select

from bridge.ledger import schema
from bridge.ledger.store import upsert
from bridge.ports.erp import ORDER
from bridge.states import State
from bridge.writing.mapped import Columns, Mapped

MOST_ORDERS = 100_000
"""Of each storefront connection; the newest ones are looked at."""

_TAKEN_BACK = (State.CANCELLED.value, State.DISCARDED.value)


def sold_lines(
    connection: Connection, lane: str, connections: Sequence[str], since: datetime
) -> Iterator[tuple[datetime, Sequence[Columns]]]:
    """When each order of a lane that came since a moment was placed, and its lines as the ERP gets them."""
    columns = schema.record.c
    for name in connections:
        wanted = (columns.connection == name) & (columns.document == ORDER) & (columns.created_at >= since)
        newest = (
            select(columns.placed_at, columns.created_at, columns.mapped)
            .where(wanted, columns.lane == lane, columns.state.not_in(_TAKEN_BACK), columns.mapped.is_not(None))
            .order_by(columns.created_at.desc())
            .limit(MOST_ORDERS)
        )
        for placed_at, created_at, mapped in connection.execute(newest.execution_options(yield_per=500)):
            yield placed_at or created_at, Mapped.from_json(mapped).lines


def quantity_of(line: Columns, column: str) -> Decimal:
    """What a line orders; nothing where it is a comment."""
    ordered = line.get(column)
    return ordered if isinstance(ordered, Decimal) else Decimal(0)


def keep_velocity(connection: Connection, lane: str, content: str, now: datetime) -> None:
    """Keeps what was measured, in place of what was measured before."""
    values = {"measured_at": now, "content": content}
    made = upsert(connection, schema.velocity).values(lane=lane, **values)
    connection.execute(made.on_conflict_do_update(index_elements=[schema.velocity.c.lane], set_=values))


def kept_velocity(connection: Connection, lane: str) -> tuple[datetime, str] | None:
    """When the lane's velocity was measured last, and what came of it."""
    columns = schema.velocity.c
    row = connection.execute(select(columns.measured_at, columns.content).where(columns.lane == lane)).one_or_none()
    return (row.measured_at, row.content) if row else None
