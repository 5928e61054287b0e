"""Closes alarms whose cause people have taken away: the records of which they spoke wait no longer."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, select

from bridge.ledger import schema
from bridge.ledger.alarms import close_alarm
from bridge.states import NEEDS_PERSON, State

_BY_FINGERPRINT = {state.lower(): state.value for state in (State.HELD, State.REVIEW, State.DEAD)}
_BY_RECORD = frozenset({"identity", "change", "customer"})


def close_mended(connection: Connection, now: datetime) -> None:
    """Looks at each open alarm that speaks of records, one indexed look-up each. Twice is the same as once."""
    keys = select(schema.alarm.c.key).where(schema.alarm.c.closed_at.is_(None))
    for key in connection.execute(keys).scalars().all():
        cause = _cause(key)
        if cause is not None and not connection.execute(select(schema.record.c.id).where(cause).limit(1)).first():
            close_alarm(connection, key, now)


def _cause(key: str) -> ColumnElement[bool] | None:
    """The records for which the alarm is open; None for an alarm that is closed by whoever raised it."""
    columns = schema.record.c
    kind, _, of = key.partition(":")
    if kind in _BY_FINGERPRINT:
        return (columns.fingerprint == of[:64]) & (columns.state == _BY_FINGERPRINT[kind])
    if kind in _BY_RECORD:
        return (columns.id == int(of)) & columns.state.in_([state.value for state in NEEDS_PERSON])
    if kind == "probe":
        return (columns.lane == of) & (columns.state == State.UNCERTAIN.value)
    return None
