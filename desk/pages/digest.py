"""The digest of a day, as it is mailed."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from starlette.responses import Response

from bridge.digest.figures import digest_of
from bridge.digest.plan import yesterday
from bridge.digest.words import body, title
from desk.rendering import Desk
from desk.settings import Role
from desk.visits import NotThere, Page, Visit

_FIRST_YEAR = 2000
_UTC = ZoneInfo("UTC")


def show(desk: Desk, visit: Visit) -> Response:
    """Yesterday's, or that of the day that is asked for; each lane's day is that of its calendar's time zone."""
    last = yesterday(_UTC, visit.now)
    day = _day(visit.query("day"), last)
    fleet = desk.ports.fleet
    calendars = {name: lane.calendar for name, lane in fleet.lanes.items()}
    found = digest_of(desk.database, day, calendars, tuple(fleet.connections), now=visit.now)
    return desk.page(
        visit, "digest.html", title="Daily digest", said=title(found), body=body(found), day=day, last=last,
        earlier=day - timedelta(days=1), later=day + timedelta(days=1),
    )  # fmt: skip


def _day(asked: str, last: date) -> date:
    try:
        day = date.fromisoformat(asked) if asked else last
    except ValueError:
        raise NotThere(f"{asked!r} is no day; write it as {last.isoformat()}") from None
    if not day.year >= _FIRST_YEAR or day > last + timedelta(days=1):
        raise NotThere(f"there is no digest of {day.isoformat()} yet; the newest is that of {last.isoformat()}")
    return day


routes = (Page("GET", "/digest", Role.VIEW, show),)
