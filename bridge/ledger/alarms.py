"""Alarms: one row per key, counted while it lasts, closed when its cause is gone."""

from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from bridge.ledger import schema
from bridge.outcomes import Urgency


def raise_alarm(connection: Connection, key: str, urgency: Urgency, text: str, now: datetime) -> None:
    """Opens the alarm, or counts it again while it is open."""
    table = schema.alarm
    known = connection.execute(select(table.c.count, table.c.closed_at).where(table.c.key == key)).one_or_none()
    if known is None:
        values = {"key": key, "urgency": urgency.value, "text": text, "count": 1, "first_at": now, "last_at": now}
        connection.execute(insert(table).values(**values))
        return
    reopened = known.closed_at is not None
    changes: dict[str, object] = {"urgency": urgency.value, "text": text, "last_at": now, "closed_at": None}
    changes |= {"count": 1, "first_at": now} if reopened else {"count": known._mapping["count"] + 1}
    connection.execute(update(table).where(table.c.key == key).values(**changes))


def close_alarm(connection: Connection, key: str, now: datetime) -> None:
    """Closes the alarm; one that is not open is no error."""
    is_open = (schema.alarm.c.key == key) & schema.alarm.c.closed_at.is_(None)
    connection.execute(update(schema.alarm).where(is_open).values(closed_at=now))
