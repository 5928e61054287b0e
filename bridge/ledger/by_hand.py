"""What a person does to a lane and its windows: halt, resume, open now, close now. Each in the caller's transaction."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from bridge.errors import Misconfigured, Refused
from bridge.ledger import windows
from bridge.ledger.alarms import raise_alarm
from bridge.outcomes import Urgency
from bridge.windows.calendar import LaneCalendar
from bridge.windows.due import Window

_ENDED_BY_CHARS = 32


@dataclass(frozen=True)
class Opened:
    """A window that is open for hand's sake; not `is_new` when one was open for that long already."""

    until: datetime
    is_new: bool


def halt_lane(connection: Connection, lane: str, *, by: str, why: str, now: datetime) -> None:
    """Stops all writing to a lane until a person resumes it; a window under way ends in its own time.

    Raises `Refused` without a reason.
    """
    _require_reason(why)
    windows.halt(connection, lane, reason=f"{by}: {why}", now=now)


def resume_lane(connection: Connection, lane: str, *, by: str, why: str, now: datetime) -> bool:
    """Lets a halted lane be written again from its next window on; False when it was not halted.

    Raises `Refused` without a reason, and for a lane that was restored and not compared with its ERP yet.
    """
    _require_reason(why)
    standing = windows.lane_row(connection, lane)
    if standing is not None and standing.halted:
        # The alarm, closed in the same commit, keeps who resumed the lane and why.
        text = f"lane {lane} was resumed by {by}: {why}"
        raise_alarm(connection, f"halted:{lane}", Urgency.AT_ONCE, text, now)
    return windows.resume(connection, lane, now=now)


def open_now(connection: Connection, lane: str, calendar: LaneCalendar, *, minutes: int, now: datetime) -> Opened:
    """Opens a window now, whatever the calendar says; the same call again finds it open.

    Raises `Misconfigured` for a time that is no longer than the calendar's guard, `Refused` for a halted lane.
    """
    until = now + timedelta(minutes=minutes)
    if minutes * 60 <= calendar.guard_s:
        raise Misconfigured(f"{minutes} minutes are no more than the lane's guard_s = {calendar.guard_s}; give more")
    standing, present = windows.lane_row(connection, lane), windows.to_write(connection, lane, now)
    if standing and standing.halted:
        text = f"lane {lane} is halted ({standing.halt_reason}); `tidegate lane resume {lane}` first"
        raise Refused(text, field="lane", value=lane)
    if present and present.closes_at >= until:
        return Opened(present.closes_at, is_new=False)
    windows.schedule_on(connection, lane, [Window(now, now, until, calendar.guard_s)], now=now)
    return Opened(until, is_new=True)


def close_now(connection: Connection, lane: str, *, by: str, now: datetime) -> datetime | None:
    """Closes the windows that are open or due, so that no writer starts in them; until when they would have been open.

    None when there was none. A writer that is at work goes on to its window's end.
    """
    closed = []
    while present := windows.to_write(connection, lane, now):
        windows.close_window(connection, present.id, ended_by=f"closed by {by}"[:_ENDED_BY_CHARS], now=now)
        closed.append(present.closes_at)
    return max(closed, default=None)


def _require_reason(why: str) -> None:
    if not why.strip():
        raise Refused("halting and resuming need a reason: say why with --why", field="why", value=why)
