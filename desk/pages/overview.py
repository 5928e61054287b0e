"""The first page: how every lane and flow stands, who is at work, and what is away."""

from collections.abc import Callable
from functools import partial
from typing import Any

from starlette.responses import Response

from bridge.fleet import Fleet, SeatSystem
from bridge.ledger.outcomes import ACKNOWLEDGEMENT
from bridge.ledger.reading import last_polls
from bridge.ledger.trace import open_alarms
from bridge.overview import lane_standing, read_overview
from bridge.ports.erp import ORDER
from desk.pictures import sparkline, walk
from desk.rendering import Desk
from desk.settings import Role
from desk.visits import Page, Visit

_ALARMS = 10


def show(desk: Desk, visit: Visit) -> Response:
    """The whole page; its parts renew themselves."""
    return desk.page(visit, "overview.html", title="Overview", **_standing(desk, visit), **_services(desk))


def standing(desk: Desk, visit: Visit) -> Response:
    """Lanes, flows and the walk."""
    return desk.part(visit, "parts/standing.html", **_standing(desk, visit))


def services(desk: Desk, visit: Visit) -> Response:
    """Broker, agents, storefronts and seats."""
    return desk.part(visit, "parts/services.html", **_services(desk))


def _standing(desk: Desk, visit: Visit) -> dict[str, Any]:
    fleet = desk.ports.fleet
    with desk.database.read() as connection:
        found = read_overview(connection, visit.now)
        lanes = [lane_standing(connection, name, calendar, visit.now) for name, calendar in _lanes(fleet).items()]
    alarms = open_alarms(desk.database)
    return {
        "flows": found.flows,
        "lanes": lanes,
        "alarms": alarms[:_ALARMS],
        "more_alarms": max(len(alarms) - _ALARMS, 0),
        "spark": sparkline(found.hourly, found.hours_from),
        "steps": walk(found.of_document(ORDER), found.of_document(ACKNOWLEDGEMENT)),
    }


def _lanes(fleet: Fleet) -> dict[str, Any]:
    """Every lane with its calendar: the companies', and one for telling each storefront, which has none."""
    tellings = {f"storefront:{name}": None for name in fleet.connections}
    return {**{name: lane.calendar for name, lane in fleet.lanes.items()}, **tellings}


def _services(desk: Desk) -> dict[str, Any]:
    fleet, ports = desk.ports.fleet, desk.ports
    looks: dict[str, Callable[[], Any]] = {"broker": ports.broker}
    looks |= {f"agent {name}": health for name, health in ports.agents.items()}
    looks |= {f"seats {name}": partial(_seats, system) for name, system in fleet.systems.items()}
    seen = desk.lookout.see(looks)
    with desk.database.read() as connection:
        polls = last_polls(connection)
    return {
        "broker": seen["broker"],
        "agents": {name: seen[f"agent {name}"] for name in ports.agents},
        "seats": {name: seen[f"seats {name}"] for name in fleet.systems},
        "polled": {name: polls.get(name) for name in fleet.connections},
    }


def _seats(system: SeatSystem) -> dict[str, Any]:
    return {"held": system.seats.held(), "unproven": system.seats.unproven()}


routes = (
    Page("GET", "/", Role.VIEW, show),
    Page("GET", "/parts/standing", Role.VIEW, standing, is_part=True),
    Page("GET", "/parts/services", Role.VIEW, services, is_part=True),
)
