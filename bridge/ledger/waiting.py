"""Looks for lanes in which records wait too long, or too many of them, though the lane works; one alarm for each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from sqlalchemy import Connection, Row, func, select

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

    A lane that is silent or halted has an alarm that says as much: it is left as it stands. What waited meanwhile is
    late only if it is passed by once the lane works again. Twice is the same as once.
    """
    with database.read() as connection:
        found = {
            lane: _complaint(connection, lane, calendar, limits, now)
            for lane, calendar in lanes.items()
            if not any(row.closed_at is None for row in _stops(connection, lane))
        }
    with database.write() as connection:
        for lane, text in found.items():
            if text:
                raise_alarm(connection, f"waiting:{lane}", Urgency.HIGH, text, now)
            else:
                close_alarm(connection, f"waiting:{lane}", now)
    return sum(text is not None for text in found.values())


def _complaint(
    connection: Connection, lane: str, calendar: LaneCalendar | None, limits: WaitingSettings, now: datetime
) -> str | None:
    """What is wrong with a lane in words, or None."""
    records = _count(connection, lane, limits.most + 1)
    many = f"more than {limits.most:,} records wait" if records > limits.most else None
    oldest = _oldest(connection, lane, now - timedelta(seconds=limits.oldest_s))
    works_since = [row.closed_at for row in _stops(connection, lane)]
    old = None
    if oldest and _is_late(calendar, max([oldest.since, *works_since]), limits.oldest_s, now):
        old = f"{oldest.name} waits for {span_of(now - oldest.since)}"
    complaints = [complaint for complaint in (many, old) if complaint]
    return f"lane {lane}: {'; '.join(complaints)}" if complaints else None


def _stops(connection: Connection, lane: str) -> Sequence[Row[Any]]:
    """When each alarm of the lane that says so already was closed: from then on the lane works again."""
    known = schema.alarm.c
    keys = [f"{kind}{lane}" for kind in _TOLD_BY]
    return connection.execute(select(known.closed_at).where(known.key.in_(keys))).all()


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
