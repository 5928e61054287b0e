"""An order withdrawn after it was written: a record of its own, which the lane's next window writes."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, select

from bridge.ledger import schema
from bridge.ledger.dead import close
from bridge.ledger.moves import Step, create_after, hold_all, move
from bridge.ledger.rows import NO_REASON, Record
from bridge.ports.erp import CANCEL
from bridge.states import NEEDS_PERSON, State

WITHDRAWN = "withdrawn"
"""Stands for the content of an order that its storefront has cancelled."""

_FIRST = 0
"""The priority: before orders, since the warehouse may be about to ship this one."""


def withdraw(
    connection: Connection, order: Record, version: int, mapped: str, *, why: str, by: str, now: datetime
) -> None:
    """Makes the withdrawal of a confirmed order, due from now on; the same version again changes nothing."""
    made = create_after(
        connection, order, CANCEL, version, now=now, by=by, why=why,
        priority=_FIRST, number=order.number, mapped=mapped, content_hash=WITHDRAWN,
    )  # fmt: skip
    if made is not None:
        move(connection, made, Step(State.READY, why, by), now)


def take_back(connection: Connection, order: Record, version: int, *, by: str, now: datetime) -> None:
    """Cancels the withdrawals of an order that is wanted again, as far as they wait for a window or for a person.

    One in flight goes on. Raises `LostRace` when a writer claims one just now.
    """
    columns = schema.record.c
    waits = columns.state.in_([state.value for state in (State.READY, *NEEDS_PERSON)])
    why = f"version {version} of the order is wanted again"
    for record in hold_all(connection, (columns.parent_id == order.id) & (columns.document == CANCEL) & waits):
        close(connection, record.id, by=by, why=why, now=now)
        move(connection, record, Step(State.CANCELLED, why, by, changes=NO_REASON), now)


def withdrawn(connection: Connection, order_ids: Collection[int]) -> frozenset[int]:
    """Those of these orders whose withdrawal stands: on its way into the ERP, done there, or before a person."""
    columns = schema.record.c
    stands = columns.state.not_in([State.CANCELLED.value, State.DISCARDED.value])
    found = select(columns.parent_id).where(columns.parent_id.in_(order_ids), columns.document == CANCEL, stands)
    return frozenset(connection.execute(found).scalars())
