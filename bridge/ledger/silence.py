"""Looks for silent lanes, and keeps one alarm for each as long as its silence lasts."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, case, func, or_, select

from bridge.alarms.silence import Waiting, in_words, windows_missed
from bridge.ledger import schema
from bridge.ledger.alarms import close_alarm, raise_alarm
from bridge.ledger.intake import REREAD
from bridge.ledger.store import Database
from bridge.ledger.windows import LaneRow, lane_row
from bridge.outcomes import Urgency
from bridge.ports.erp import ORDER
from bridge.states import State
from bridge.windows.calendar import LaneCalendar

_ON_THE_WAY = (State.RECEIVED, State.READY, State.CLAIMED, State.WRITING, State.UNCERTAIN)


def watch_lanes(database: Database, calendars: Mapping[str, LaneCalendar], *, limit: int, now: datetime) -> int:
    """Raises `silence:<lane>` for each lane that let `limit` windows pass, closes the others; how many are silent.

    Whoever calls it, the steward or the watch from outside, it is one alarm; the same again only counts it once more.
    """
    with database.read() as connection:
        texts = {lane: _silence(connection, lane, calendar, limit, now) for lane, calendar in calendars.items()}
    with database.write() as connection:
        for lane, text in texts.items():
            if text:
                raise_alarm(connection, f"silence:{lane}", Urgency.HIGH, text, now)
            else:
                close_alarm(connection, f"silence:{lane}", now)
    return sum(text is not None for text in texts.values())


def silent_since(connection: Connection, lane: str) -> datetime | None:
    """From when on orders of the lane have waited without one confirmation; None when none is on its way."""
    standing = lane_row(connection, lane)
    waiting = _waiting(connection, lane, standing.last_confirmed_at if standing else None)
    return waiting.silent_since if waiting else None


def _silence(connection: Connection, lane: str, calendar: LaneCalendar, limit: int, now: datetime) -> str | None:
    standing = lane_row(connection, lane)
    confirmed = standing.last_confirmed_at if standing else None
    if confirmed and windows_missed(calendar, confirmed, now) < limit:
        return None  # whatever waits: a lane that works is not asked for a sum over all of it
    waiting = _waiting(connection, lane, confirmed)
    if waiting is None:
        return None
    missed = windows_missed(calendar, waiting.silent_since, now)
    return in_words(lane, waiting, missed, _how_it_stands(standing), now) if missed >= limit else None


def _waiting(connection: Connection, lane: str, confirmed: datetime | None) -> Waiting | None:
    """The lane's orders that are on their way, or None. Visits these and the held ones, and no others."""
    columns = schema.record.c
    is_put_off = (columns.state != State.RECEIVED.value) & (columns.due_at > columns.created_at)
    since = case((is_put_off, columns.due_at), else_=columns.created_at)
    rows = connection.execute(
        select(
            columns.currency,
            func.count().label("orders"),
            func.count(columns.amount).label("read"),
            func.sum(columns.amount).label("amount"),
            func.min(since).label("since"),
        )
        .where(columns.lane == lane, columns.document == ORDER, is_on_its_way())
        .group_by(columns.currency)
    ).all()
    if not rows:
        return None
    return Waiting(
        orders=sum(row.orders for row in rows),
        unread=sum(row.orders - row.read for row in rows),
        money={row.currency or "without currency": row.amount for row in rows if row.amount is not None},
        since=min(row.since for row in rows),
        last_confirmed=confirmed,
    )


def is_on_its_way() -> ColumnElement[bool]:
    """An order that waits for its customer's record, or to be read again, is on its way too: nobody was told of it."""
    columns = schema.record.c
    moves_by_itself = or_(columns.condition == REREAD, columns.condition.like("customer:%"))
    may_be = columns.state.in_([state.value for state in (*_ON_THE_WAY, State.HELD)])
    return may_be & or_(columns.state != State.HELD.value, moves_by_itself)


def _how_it_stands(standing: LaneRow | None) -> str:
    if standing is None:
        return "no writer has ever opened a window of it"
    if standing.halted:
        return f"it is halted: {standing.halt_reason}"
    return f"its last window ended by {standing.last_end}" if standing.last_end else "no window of it has ended yet"
