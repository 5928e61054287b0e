"""Alarms: one row per key, counted while it lasts, closed when its cause is gone."""

from datetime import datetime

from sqlalchemy import Connection, case, update

from bridge.ledger import schema
from bridge.ledger.log import note
from bridge.ledger.store import upsert
from bridge.outcomes import Urgency


def raise_alarm(connection: Connection, key: str, urgency: Urgency, text: str, now: datetime) -> None:
    """Opens the alarm, or counts it again while it is open; two raised at once are one, counted twice."""
    known = schema.alarm.c
    is_open = known.closed_at.is_(None)
    told: dict[str, object] = {"urgency": urgency.value, "text": text, "last_at": now}
    raised = upsert(connection, schema.alarm).values(key=key, count=1, first_at=now, **told)
    counted = {
        **told,
        "count": case((is_open, known["count"] + 1), else_=1),
        "first_at": case((is_open, known.first_at), else_=raised.excluded.first_at),
        "closed_at": None,
    }
    told_of = raised.on_conflict_do_update(index_elements=[known.key], set_=counted).returning(known["count"])
    if connection.execute(told_of).scalar_one() == 1:
        note(connection, "alarm_opened", is_loud=True, alarm=key, urgency=urgency.value)


def close_alarm(connection: Connection, key: str, now: datetime) -> bool:
    """Closes the alarm, and says whether it was open; one that is not open is no error."""
    is_open = (schema.alarm.c.key == key) & schema.alarm.c.closed_at.is_(None)
    was_open = connection.execute(update(schema.alarm).where(is_open).values(closed_at=now)).rowcount == 1
    if was_open:
        note(connection, "alarm_closed", alarm=key)
    return was_open
