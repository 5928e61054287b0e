"""Windows and lanes in the ledger: one row per scheduled time, whatever beat does; halts that a person resumes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from bridge.errors import Refused
from bridge.ledger import schema
from bridge.ledger.alarms import close_alarm, raise_alarm
from bridge.ledger.claims import know_lane
from bridge.ledger.log import note
from bridge.ledger.store import Database, insert_new
from bridge.outcomes import Urgency
from bridge.windows.due import Window

DUE, OPEN, CLOSED, MISSED = "due", "open", "closed", "missed"


@dataclass(frozen=True)
class WindowRow:
    """One window of one lane as the ledger has it."""

    id: int
    lane: str
    scheduled_for: datetime
    opens_at: datetime
    closes_at: datetime
    opened_at: datetime | None
    closed_at: datetime | None
    state: str
    ended_by: str | None
    fence: int | None


@dataclass(frozen=True)
class LaneRow:
    """One lane's standing."""

    name: str
    fence: int
    halted: bool
    halt_reason: str | None
    last_end: str | None
    last_confirmed_at: datetime | None
    restored_to: datetime | None = None
    restored_at: datetime | None = None


def schedule(database: Database, lane: str, due: Sequence[Window], *, now: datetime) -> int:
    """Makes rows for windows that are due; how many were new.

    A scheduled time that has its row is left alone, so a second beat or a clock jump changes nothing.
    """
    with database.write() as connection:
        return schedule_on(connection, lane, due, now=now)


def schedule_on(connection: Connection, lane: str, due: Sequence[Window], *, now: datetime) -> int:
    """As `schedule`, in a transaction of the caller's."""
    made = 0
    know_lane(connection, lane, now)
    for each in due:
        values = {
            "lane": lane,
            "scheduled_for": each.scheduled_for,
            "opens_at": each.opens_at,
            "closes_at": each.closes_at,
            "state": MISSED if each.missed else DUE,
        }
        new = insert_new(connection, schema.window).values(**values).returning(schema.window.c.id)
        made += connection.execute(new).first() is not None  # PostgreSQL's driver counts no inserted rows
    return made


def newest_scheduled(connection: Connection, lane: str) -> datetime | None:
    """The scheduled time of the lane's newest window."""
    columns = schema.window.c
    return connection.execute(
        select(columns.scheduled_for).where(columns.lane == lane).order_by(columns.scheduled_for.desc()).limit(1)
    ).scalar_one_or_none()


def to_write(connection: Connection, lane: str, now: datetime) -> WindowRow | None:
    """The lane's window that a writer may work in now (due or open, not past its close), or None."""
    columns = schema.window.c
    row = connection.execute(
        select(schema.window)
        .where(columns.lane == lane, columns.state.in_([DUE, OPEN]), columns.opens_at <= now, columns.closes_at > now)
        .order_by(columns.scheduled_for.desc())
        .limit(1)
    ).one_or_none()
    return WindowRow(**row._mapping) if row else None


def open_window(connection: Connection, window_id: int, fence: int, now: datetime) -> bool:
    """Marks a window open under this writer's fence; False when it is closed already."""
    columns = schema.window.c
    mine = (columns.id == window_id) & columns.state.in_([DUE, OPEN])
    opened = update(schema.window).where(mine).values(state=OPEN, opened_at=now, fence=fence)
    lane = connection.execute(opened.returning(columns.lane)).scalar_one_or_none()
    if lane:
        note(connection, "window_opened", lane=lane, window=window_id, fence=fence)
    return lane is not None


def close_window(connection: Connection, window_id: int, *, ended_by: str, now: datetime) -> None:
    """Closes a window and notes on the lane how it ended; closing twice keeps the first end.

    One that was noted as missed, because its writer's session was late, ends as that writer says.
    """
    columns = schema.window.c
    lane = connection.execute(
        update(schema.window)
        .where(columns.id == window_id, columns.state.in_([DUE, OPEN, MISSED]))
        .values(state=CLOSED, closed_at=now, ended_by=ended_by)
        .returning(columns.lane)
    ).scalar_one_or_none()
    if lane:
        ended = {"last_end": ended_by, "updated_at": now}
        connection.execute(update(schema.lane).where(schema.lane.c.name == lane).values(**ended))
        note(connection, "window_closed", lane=lane, window=window_id, ended_by=ended_by)


def close_past(connection: Connection, now: datetime, idle: Collection[str] = ()) -> int:
    """Closes windows whose time is over and that no writer closed; how many.

    One that no writer opened was missed, unless its lane is `idle`: then nothing waited for it. One that was recalled
    (`bridge.ledger.ahead`) keeps how it had ended.
    """
    columns = schema.window.c
    recalled = (columns.state == DUE) & columns.opened_at.is_not(None)
    connection.execute(
        update(schema.window)
        .where(recalled, columns.closes_at <= now)
        .values(
            state=CLOSED,
            closed_at=func.coalesce(columns.closed_at, now),
            ended_by=func.coalesce(columns.ended_by, "time"),
        )
    )
    past = columns.state.in_([DUE, OPEN]) & (columns.closes_at <= now)
    unneeded = connection.execute(
        update(schema.window)
        .where(past, columns.state == DUE, columns.lane.in_(idle))
        .values(state=CLOSED, closed_at=now, ended_by="nothing waited")
    ).rowcount
    missed = connection.execute(
        update(schema.window).where(past, columns.state == DUE).values(state=MISSED, closed_at=now, ended_by="missed")
    ).rowcount
    ended = connection.execute(
        update(schema.window).where(past, columns.state == OPEN).values(state=CLOSED, closed_at=now, ended_by="time")
    ).rowcount
    return int(unneeded + missed + ended)


def lane_row(connection: Connection, lane: str) -> LaneRow | None:
    """The lane's standing, or None when nothing has used it yet."""
    columns = schema.lane.c
    row = connection.execute(
        select(
            columns.name,
            columns.fence,
            columns.halted,
            columns.halt_reason,
            columns.last_end,
            columns.last_confirmed_at,
            columns.restored_to,
            columns.restored_at,
        ).where(columns.name == lane)
    ).one_or_none()
    return LaneRow(**row._mapping) if row else None


def halt(connection: Connection, lane: str, *, reason: str, now: datetime) -> None:
    """Stops all writing to a lane until a person resumes it; told at once."""
    know_lane(connection, lane, now)
    halted = {"halted": True, "halt_reason": reason, "updated_at": now}
    connection.execute(update(schema.lane).where(schema.lane.c.name == lane).values(**halted))
    note(connection, "lane_halted", is_loud=True, lane=lane)
    raise_alarm(connection, f"halted:{lane}", Urgency.AT_ONCE, f"lane {lane} is halted: {reason}", now)


def resume(connection: Connection, lane: str, *, now: datetime) -> bool:
    """Lets a halted lane be written again from its next window on; False when it was not halted.

    Raises `Refused` for a lane that was restored from a backup and has not been compared with its ERP yet.
    """
    columns = schema.lane.c
    standing = lane_row(connection, lane)
    if standing and standing.restored_to:
        text = (
            f"lane {lane} was restored to {standing.restored_to:%Y-%m-%d %H:%M:%S}Z and may lack what the ERP has; "
            f"run `tidegate recover {lane}` first"
        )
        raise Refused(text, field="lane", value=lane)
    is_halted = (columns.name == lane) & columns.halted
    freed = {"halted": False, "halt_reason": None, "updated_at": now}
    changed = connection.execute(update(schema.lane).where(is_halted).values(**freed)).rowcount
    close_alarm(connection, f"halted:{lane}", now)
    if changed:
        note(connection, "lane_resumed", lane=lane)
    return changed == 1
