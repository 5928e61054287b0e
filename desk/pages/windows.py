"""Windows and seats: when each lane is written, what each window did, and what a person may do about it."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from starlette.responses import Response

from bridge.errors import Refused
from bridge.fleet import Lane, SeatSystem
from bridge.ledger import by_hand, trace
from bridge.ledger.audit import note
from bridge.ledger.window_work import work_of
from bridge.overview import coming_windows, lane_standing
from bridge.seats.freeing import Freed, free
from desk.lookout import Seen
from desk.rendering import Desk
from desk.settings import Role
from desk.visits import NotThere, Page, Visit

PAGE_ROWS = 20
NEWEST_ROWS = 10
"""Of each lane, where all are shown."""

AHEAD = 6
_LONGEST_MIN = 720
EVERY_SEAT = "all"
HERE = "/windows"


def show(desk: Desk, visit: Visit) -> Response:
    """Every lane with its windows past and coming, then the seats."""
    lane, before = visit.query("lane"), _moment(visit.query("before"))
    if lane and lane not in desk.ports.fleet.lanes:
        raise NotThere(f"no lane {lane!r}; there are {', '.join(desk.ports.fleet.lanes)}")
    facts = {**_lanes(desk, visit), **_past(desk, lane, before), **_seats(desk)}
    return desk.page(visit, "windows.html", title="Windows and seats", lane=lane, **facts)


def part(desk: Desk, visit: Visit) -> Response:
    """Lanes and seats, without the past."""
    return desk.part(visit, "parts/lanes.html", **_lanes(desk, visit), **_seats(desk))


def _lanes(desk: Desk, visit: Visit) -> dict[str, Any]:
    fleet = desk.ports.fleet
    calendars = {name: lane.calendar for name, lane in fleet.lanes.items()}
    with desk.database.read() as connection:
        names = [*calendars, *(f"storefront:{name}" for name in fleet.connections)]
        standing = [lane_standing(connection, name, calendars.get(name), visit.now) for name in names]
    coming = {name: list(islice(coming_windows(calendar, visit.now), AHEAD)) for name, calendar in calendars.items()}
    return {"lanes": standing, "coming": coming}


def _past(desk: Desk, lane: str, before: datetime | None) -> dict[str, Any]:
    """A page of one lane's windows; of all lanes only the newest, since several have windows at one time."""
    if lane:
        rows = trace.windows(desk.database, lane, PAGE_ROWS, before=before)
    else:
        found = [row for name in desk.ports.fleet.lanes for row in trace.windows(desk.database, name, NEWEST_ROWS)]
        rows = sorted(found, key=lambda row: (row.scheduled_for, row.lane), reverse=True)
    with desk.database.read() as connection:
        work = work_of(connection, rows)
    older = rows[-1].scheduled_for.isoformat() if lane and len(rows) == PAGE_ROWS else None
    return {"windows": rows, "work": work, "older": older}


def _seats(desk: Desk) -> dict[str, Any]:
    systems = desk.ports.fleet.systems

    def looks(system: SeatSystem) -> Any:
        return lambda: {"held": system.seats.held(), "unproven": system.seats.unproven()}

    seen: dict[str, Seen] = desk.lookout.see({f"seats {name}": looks(system) for name, system in systems.items()})
    return {"seats": {name: seen[f"seats {name}"] for name in systems}}


def halt(desk: Desk, visit: Visit) -> Response:
    """Pauses a lane until a person resumes it."""
    lane = _any_lane(desk, visit)
    deed = visit.deed("halt lane", lane)
    with desk.database.write() as connection:
        by_hand.halt_lane(connection, lane, by=visit.name, why=deed.why, now=visit.now)
        note(connection, deed, visit.now)
    return desk.done(HERE, f"{lane} is paused; a window under way ends in its own time.")


def resume(desk: Desk, visit: Visit) -> Response:
    """Lets a lane run again from its next window on."""
    lane = _any_lane(desk, visit)
    deed = visit.deed("resume lane", lane)
    with desk.database.write() as connection:
        was_halted = by_hand.resume_lane(connection, lane, by=visit.name, why=deed.why, now=visit.now)
        note(connection, replace(deed, changes={"was_halted": was_halted}), visit.now)
    return desk.done(HERE, f"{lane} runs again, from its next window on." if was_halted else f"{lane} was not paused.")


def open_window(desk: Desk, visit: Visit) -> Response:
    """Opens a window now; beat wakes the writer within seconds."""
    lane, minutes = _company(desk, visit), _minutes(visit)
    deed = visit.deed("open window", lane.name)
    with desk.database.write() as connection:
        opened = by_hand.open_now(connection, lane.name, lane.calendar, minutes=minutes, now=visit.now)
        note(connection, replace(deed, changes={"until": opened.until, "is_new": opened.is_new}), visit.now)
    already = "" if opened.is_new else " already"
    return desk.done(HERE, f"{lane.name}: a window is open until {opened.until:%H:%M:%S} UTC{already}.")


def close_window(desk: Desk, visit: Visit) -> Response:
    """Closes what is open or due now, so that no writer starts any more."""
    lane = _company(desk, visit).name
    deed = visit.deed("close window", lane)
    with desk.database.write() as connection:
        until = by_hand.close_now(connection, lane, by=visit.name, now=visit.now)
        note(connection, replace(deed, changes={"would_have_closed": until}), visit.now)
    return desk.done(HERE, f"{lane}: the window is closed." if until else f"{lane}: no window is open or due.")


def release(desk: Desk, visit: Visit) -> Response:
    """Hands back one seat, or all of a system's, and ends the sessions that belong to them."""
    name, wanted = visit.path("system"), visit.field("seat")
    system = desk.ports.fleet.systems.get(name)
    if system is None:
        raise NotThere(f"no system {name!r}")
    deed = visit.deed("release seat", f"{name} seat {wanted}")
    freed = [free(name, system.seats, system.sessions, each) for each in _wanted(system, wanted)]
    # The seats are in the broker, so this is a transaction of its own: what was done is noted once it was done.
    with desk.database.write() as connection:
        note(connection, replace(deed, changes=_changes(freed)), visit.now)
    told = "; ".join(line for each in freed for line in each.lines()) or f"no seat of {name} is in use"
    return desk.done(HERE, f"{told}. Sage's own Master Console may still count the session.")


def _wanted(system: SeatSystem, wanted: str) -> list[str]:
    if wanted != EVERY_SEAT:
        return [wanted]
    return [*(str(lease.seat) for lease in system.seats.held()), *system.seats.unproven()]


def _changes(freed: list[Freed]) -> dict[str, Any]:
    return {
        "freed": [f"seat {each.lease.seat} of {each.lease.owner}" for each in freed if each.lease],
        "ended": [session for each in freed for session in each.ended],
        "cleared": [session for each in freed for session in each.cleared],
    }


def _any_lane(desk: Desk, visit: Visit) -> str:
    name, fleet = visit.path("lane"), desk.ports.fleet
    known = [*fleet.lanes, *(f"storefront:{each}" for each in fleet.connections)]
    if name not in known:
        raise NotThere(f"no lane {name!r}; there are {', '.join(known)}")
    return name


def _company(desk: Desk, visit: Visit) -> Lane:
    lane = desk.ports.fleet.lanes.get(visit.path("lane"))
    if lane is None:
        raise NotThere(f"no lane {visit.path('lane')!r} of an ERP; there are {', '.join(desk.ports.fleet.lanes)}")
    return lane


def _minutes(visit: Visit) -> int:
    text = visit.field("minutes")
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= _LONGEST_MIN):
        raise Refused(f"minutes = {text!r}: give 1 to {_LONGEST_MIN}", field="minutes", value=text)
    return int(text)


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise NotThere(f"{text!r} is no time") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


routes = (
    Page("GET", HERE, Role.VIEW, show),
    Page("GET", "/parts/lanes", Role.VIEW, part, is_part=True),
    Page("POST", "/lanes/{lane}/halt", Role.OPERATE, halt),
    Page("POST", "/lanes/{lane}/resume", Role.OPERATE, resume),
    Page("POST", "/lanes/{lane}/open", Role.OPERATE, open_window),
    Page("POST", "/lanes/{lane}/close", Role.OPERATE, close_window),
    Page("POST", "/seats/{system}/release", Role.OPERATE, release),
)
