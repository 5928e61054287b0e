"""What the ledger noted while a clock was ahead, put right once the clock is.

A due time, a deadline or an opened window of tomorrow would otherwise hold its record, its batch or its lane up until
tomorrow. Where the clock was behind instead, all that is true looks as if it were ahead: what is done here does no
harm then, and is undone by what follows.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, Update, select, update

from bridge.ledger import schema
from bridge.ledger.alarms import close_alarm, raise_alarm
from bridge.ledger.windows import CLOSED, DUE, MISSED, OPEN
from bridge.outcomes import Urgency
from bridge.ports.clock import CLOCK_SKEW
from bridge.states import State

SITE_SKEW = timedelta(minutes=10)
"""So far may a storefront's clock be ahead of ours."""

LOOK_BACK = timedelta(days=7)
"""From so far back a storefront is polled again whose watermark was ahead: nobody knows from when on it was wrong."""

_WAITING = (State.RECEIVED, State.READY, State.HELD, State.UNCERTAIN)


def recall(connection: Connection, now: datetime) -> int:
    """Makes due what a clock ahead has put off, and windows ahead as good as new; how many rows. Twice is as once."""
    found = sum(connection.execute(change).rowcount for change in _changes(now))
    if found:
        text = f"a clock of the fleet was set back: {found} notes of the ledger were ahead of it and are put right"
        raise_alarm(connection, "clock:ahead", Urgency.NORMAL, text, now)
    else:
        close_alarm(connection, "clock:ahead", now)
    return found


def _changes(now: datetime) -> list[Update]:
    record, batch, window, lane, watermark = (
        schema.record.c, schema.batch.c, schema.window.c, schema.lane.c, schema.watermark.c
    )  # fmt: skip
    ahead = now + CLOCK_SKEW
    waits = record.state.in_([state.value for state in _WAITING])
    is_open = batch.closed_at.is_(None) & (batch.opened_at > ahead) & (batch.expires_at > now)
    by_lane = window.lane.in_(select(lane.name)) & (window.scheduled_for > ahead)  # a look at the end of each lane's
    is_used = by_lane & window.state.in_([OPEN, CLOSED, MISSED])
    is_far = watermark.reached > now + SITE_SKEW
    return [
        update(schema.record).where(waits, record.updated_at > ahead, record.due_at > now).values(
            due_at=now, updated_at=now
        ),
        update(schema.batch).where(is_open).values(expires_at=now),
        update(schema.window).where(is_used).values(state=DUE),
        update(schema.lane).where(lane.last_confirmed_at > ahead).values(last_confirmed_at=now),
        update(schema.watermark).where(is_far).values(reached=now - LOOK_BACK, updated_at=now),
    ]  # fmt: skip
