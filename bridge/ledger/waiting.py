"""Looks for lanes in which records wait too long, or too many of them, though the lane works; one alarm for each."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import Connection, func, select

from bridge.alarms.settings import WaitingSettings
from bridge.alarms.silence import MOST, span_of, windows_missed
from bridge.ledger import schema
from bridge.ledger.alarms import close_alarm, raise_alarm
from bridge.ledger.silence import is_on_its_way
from bridge.ledger.store import Database
from bridge.outcomes import Urgency
from bridge.states import State
from bridge.windows.calendar import LaneCalendar

_TOLD_BY = ("silence:", "halted:")
"""Alarms of a lane that say already that everything in it waits, how much it is and for how long."""


def waiting_lanes(calendars: Mapping[str, LaneCalendar], connections: Iterable[str]) -> dict[str, LaneCalendar | None]:
    """The lanes that are looked at, each with its calendar: the companies', and those of tellings, which have none.

    What flows back is left out: its first showing is a whole catalogue, and rightly waits.
    """
    return {**calendars, **{f"storefront:{name}": None for name in connections}}


def watch_waiting(
    database: Database,
    lanes: Mapping[str, LaneCalendar | None],
    limits: WaitingSettings,
    *,
    now: datetime,
) -> int:
    """Raises `waiting:<lane>` where a limit is passed, closes the others; how many are open.

    A lane that is silent or halted has an alarm that says as much: it is left as it stands. Twice is the same as once.
    """
    with database.read() as connection:
        found = {
            lane: _complaint(connection, lane, calendar, limits, now)
            for lane, calendar in lanes.items()
            if not _is_told(connection, lane)
        }
    with database.write() as connection:
        for lane, text in found.items():
            if text:
                raise_alarm(connection, f"waiting:{lane}", Urgency.HIGH, text, now)
            else:
                close_alarm(connection, f"waiting:{lane}", now)
    return sum(text is not None for text in found.values())


def _is_told(connection: Connection, lane: str) -> bool:
    known = schema.alarm.c
    keys = [f"{kind}{lane}" for kind in _TOLD_BY]
    is_open = known.key.in_(keys) & known.closed_at.is_(None)
    return connection.execute(select(known.key).where(is_open).limit(1)).first() is not None


def _complaint(
    connection: Connection, lane: str, calendar: LaneCalendar | None, limits: WaitingSettings, now: datetime
) -> str | None:
    """What is wrong with a lane in words, or None."""
    records = _count(connection, lane, limits.most + 1)
    many = f"more than {limits.most:,} records wait" if records > limits.most else None
    oldest = _oldest(connection, lane, now - timedelta(seconds=limits.oldest_s))
    old = None
    if oldest and _is_late(calendar, oldest.since, limits.oldest_s, now):
        old = f"{oldest.name} waits for {span_of(now - oldest.since)}"
    complaints = [complaint for complaint in (many, old) if complaint]
    return f"lane {lane}: {'; '.join(complaints)}" if complaints else None


def _is_late(calendar: LaneCalendar | None, since: datetime, oldest_s: float, now: datetime) -> bool:
    """Whether it has waited for as many windows as fit into the time; without a calendar, for the time itself."""
    if calendar is None:
        return now - since > timedelta(seconds=oldest_s)
    return windows_missed(calendar, since, now) >= min(MOST, ceil(oldest_s / calendar.every_s))


def _count(connection: Connection, lane: str, most: int) -> int:
    """How many records of a lane wait; counts no further than `most`."""
    waiting = select(schema.record.c.id).where(schema.record.c.lane == lane, is_on_its_way()).limit(most).subquery()
    return connection.execute(select(func.count()).select_from(waiting)).scalar_one()


@dataclass(frozen=True)
class _Oldest:
    """The record that waits the longest, by its name, and since when."""

    name: str
    since: datetime


def _oldest(connection: Connection, lane: str, before: datetime) -> _Oldest | None:
    """The record that waits the longest of those that came, and were last released by anybody, before a moment.

    Its due time does not count: what is busy, or refused by a site, is put off time and again.
    """
    columns, moved = schema.record.c, schema.move.c
    rested = moved.origin.in_([state.value for state in (State.HELD, State.REVIEW, State.DEAD)])
    released = select(func.max(moved.at)).where(moved.record_id == columns.id, rested).scalar_subquery()
    since = func.coalesce(released, columns.created_at)
    row = connection.execute(
        select(columns.document, columns.order_number, columns.source_id, since.label("since"))
        .where(columns.lane == lane, is_on_its_way(), columns.created_at < before, since < before)
        .order_by(since)
        .limit(1)
    ).one_or_none()
    return _Oldest(f"{row.document} {row.order_number or row.source_id}", row.since) if row else None
