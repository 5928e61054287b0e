"""`tidegate status`: how the fleet stands."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from bridge.errors import TidegateError
from workers.cli.opening import open_broker, open_ledger, settings_of
from workers.cli.options import AsJson, Config
from workers.cli.show import age, heading, money, print_json, print_table, row_dict, say, span

if TYPE_CHECKING:
    from bridge.ledger.store import Database
    from workers.settings import Settings, SystemSettings


def status(as_json: AsJson = False, config: Config = None) -> None:
    """Show how the fleet stands: services, records and their money, alarms, lanes, seats, dead letters, the stream.

    Works while the broker or the Sage agent is away, and says so. It needs the ledger.

    [dim]Example: tidegate status --json | jq .alarms[/]
    """
    from bridge.ports.clock import SystemClock

    settings, now = settings_of(config), SystemClock().now()
    with open_ledger(settings) as database:
        found = gather(settings, database, now)
    if as_json:
        print_json(found)
    else:
        _show(found, now)


def gather(settings: "Settings", database: "Database", now: datetime) -> dict[str, Any]:
    """Everything that `status` shows. A part whose source is away is `{"away": why}`."""
    from bridge.ledger import standing, trace
    from workers.fleet_state import read_state

    return {
        "at": now,
        "services": read_state(settings.run_folder),
        "lanes": [_lane(settings, database, name, now) for name in lane_names(settings)],
        "records": [row_dict(row) for row in standing.records(database)],
        "alarms": [row_dict(row) for row in trace.open_alarms(database)],
        "dead_letters": standing.open_letter_counts(database),
        "broker": _or_away(partial(_broker, settings)),
        "agents": {name: _or_away(partial(_agent, system)) for name, system in settings.systems.items()},
    }


def lane_names(settings: "Settings") -> list[str]:
    """Every lane: the companies, and one for telling each storefront."""
    return [*settings.lanes, *(f"storefront:{name}" for name in settings.connections)]


def _lane(settings: "Settings", database: "Database", name: str, now: datetime) -> dict[str, Any]:
    from bridge.overview import lane_standing

    calendar = settings.lanes[name].calendar if name in settings.lanes else None
    with database.read() as connection:
        return lane_standing(connection, name, calendar, now)


def _or_away(look: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return look()
    except TidegateError as error:
        return {"away": str(error)}


def _broker(settings: "Settings") -> dict[str, Any]:
    from dataclasses import asdict

    from bridge.seats.redis import RedisSeats
    from workers.standing import broker_standing

    with open_broker(settings) as client:
        seats = {name: RedisSeats(client, name, system.seats) for name, system in settings.systems.items()}
        return {
            **asdict(broker_standing(client, settings.broker.stream)),
            "seats": {
                name: {"total": settings.systems[name].seats.total, "held": each.held(), "unproven": each.unproven()}
                for name, each in seats.items()
            },
        }


def _agent(system: "SystemSettings") -> dict[str, Any]:
    from workers.standing import agent_health

    return {"url": system.agent.url, "health": agent_health(system)}


def _show(found: Mapping[str, Any], now: datetime) -> None:
    _show_services(found["services"])
    heading("Lanes")
    print_table(
        ("lane", "standing", "window", "next window", "last end", "last confirmed", "fence"),
        [_lane_row(lane, now) for lane in found["lanes"]],
    )
    heading("Records")
    print_table(
        ("lane", "document", "state", "records", "money", "oldest"),
        [
            (row["lane"], row["document"], row["state"], row["records"], money(row["amount"], row["currency"]),
             age(row["oldest"], now))
            for row in found["records"]
        ],
    )  # fmt: skip
    heading("Open alarms")
    print_table(
        ("urgency", "alarm", "times", "since", "what"),
        [(row["urgency"], row["key"], row["count"], age(row["first_at"], now), row["text"]) for row in found["alarms"]],
    )
    _show_broker(found["broker"], found["dead_letters"])
    for name, agent in found["agents"].items():
        say(f"Sage agent of {name}: " + (f"away: {agent['away']}" if "away" in agent else f"up at {agent['url']}"))


def _show_services(state: Any) -> None:
    if state is None:
        say("No supervisor runs in this run folder; services may run under systemd, Docker or Kubernetes.")
        return
    heading("Services" if state.is_alive else f"Services, before their supervisor (pid {state.pid}) died")
    rows = [(each.name, each.stage, each.pid, each.restarts, each.last_exit, each.since_utc) for each in state.services]
    print_table(("service", "stage", "pid", "restarts", "last exit", "since"), rows)


def _lane_row(lane: Mapping[str, Any], now: datetime) -> tuple[object, ...]:
    window = lane["window"]
    shut = "closed" if lane["next_window"] else "-"
    return (
        lane["lane"],
        f"HALTED: {lane['halt_reason']}" if lane["is_halted"] else "runs",
        f"{window['state']}, {span((window['closes_at'] - now).total_seconds())} left" if window else shut,
        lane["next_window"],
        lane["last_end"],
        f"{age(lane['last_confirmed_at'], now)} ago" if lane["last_confirmed_at"] else None,
        lane["fence"],
    )


def _show_broker(broker: Mapping[str, Any], letters: Mapping[str, int]) -> None:
    heading("Dead letters and the broker")
    queues = broker.get("dead_queues", {})
    print_table(
        ("entity", "open in the ledger", "in its queue"),
        [(entity, letters.get(entity, 0), queues.get(entity)) for entity in sorted({*letters, *queues})],
    )
    if "away" in broker:
        say(f"The broker is away, so stream, queues and seats are not known: {broker['away']}")
        return
    say(f"Stream {broker['stream']}: {broker['depth']} events, the oldest {span(broker['oldest_age_s'])} old")
    for name, seats in broker["seats"].items():
        used = len(seats["held"]) + len(seats["unproven"])
        say(f"Seats of {name}: {used} of {seats['total']} in use, {len(seats['unproven'])} of them not proven gone")
