"""Whether a lane has anything for a writer to do now."""

from datetime import datetime

from sqlalchemy import Connection, select

from bridge.ledger import schema
from bridge.rules import LIFTED_BY_ERP
from bridge.states import State

_LOOKED_AT = (State.WRITING.value, State.CLAIMED.value, State.UNCERTAIN.value)


def has_work(connection: Connection, lane: str, now: datetime) -> bool:
    """True when a record of the lane is due, in flight, in doubt, or held for a figure of the ERP's."""
    columns = schema.record.c
    mine = columns.lane == lane
    conditions = (
        mine & (columns.state == State.READY.value) & (columns.due_at <= now),
        mine & columns.state.in_(_LOOKED_AT),
        mine & (columns.state == State.HELD.value) & columns.condition.in_(LIFTED_BY_ERP),
    )
    return any(connection.execute(select(columns.id).where(wanted).limit(1)).first() for wanted in conditions)
