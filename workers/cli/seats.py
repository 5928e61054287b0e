"""`tidegate seats`: who holds Sage's licensed sessions, and how to free one."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bridge.errors import Misconfigured, Refused, TidegateError
from workers.cli.opening import open_broker, settings_of
from workers.cli.options import AsJson, Config
from workers.cli.show import heading, print_json, print_table, say

if TYPE_CHECKING:
    from bridge.ports.seats import Lease
    from bridge.seats.redis import RedisSeats
    from workers.settings import Settings, SystemSettings

app = typer.Typer(
    help="""Show and free the seats: leases, the agent's sessions, and sessions that nobody has proven gone.

[dim]Example: tidegate seats list[/]""",
    no_args_is_help=True,
    rich_markup_mode="rich",
)

_BY_HAND = (
    "What this cannot do: take the session out of Sage's own Master Console. If Sage still counts it, a person ends it "
    "there (Library Master, Main, Master Console), once no Sage program of that user runs."
)


@app.command("list")
def list_seats(as_json: AsJson = False, config: Config = None) -> None:
    """List who holds a seat, and what does not fit together between our leases and the agent's sessions.

    What opens or ends at this moment may look like a leak; look twice. Works with the agent away, and says so.

    [dim]Example: tidegate seats list --json[/]
    """
    settings = settings_of(config)
    with open_broker(settings) as client:
        found = {name: _look(name, system, client) for name, system in settings.systems.items()}
    if as_json:
        print_json(found)
        return
    for name, each in found.items():
        _show(name, each)


def _look(name: str, system: "SystemSettings", client: Any) -> dict[str, Any]:
    from bridge.seats.leaks import AgentSession, find_leaks
    from bridge.seats.redis import RedisSeats

    seats = RedisSeats(client, name, system.seats)
    sessions: Sequence[dict[str, Any]] = ()
    leases, away = seats.held(), None
    try:
        sessions = _sessions(system)
    except TidegateError as error:
        away = str(error)
    running = [AgentSession(row["id"], f"{name}:{row['company']}", row["fence"], row["pid"]) for row in sessions]
    leaks = [] if away else find_leaks(leases, running, [], user="", workstation="")
    return {
        "total": system.seats.total,
        "leases": leases,
        "sessions": sessions,
        "agent_away": away,
        "unproven": seats.unproven(),
        "leaks": leaks,
    }


def _sessions(system: "SystemSettings") -> Sequence[dict[str, Any]]:
    from workers.cli.sage_agent import AgentCalls

    with AgentCalls(system.agent) as agent:
        return agent.sessions()


def _show(name: str, found: dict[str, Any]) -> None:
    heading(f"{name}: {len(found['leases']) + len(found['unproven'])} of {found['total']} seats in use")
    print_table(
        ("seat", "lane", "purpose", "owner", "fence", "until"),
        [(each.seat, each.lane, each.purpose, each.owner, each.fence, each.expires_at) for each in found["leases"]],
        title="Leases",
    )
    if found["agent_away"]:
        say(f"The Sage agent is away, so its sessions are not known: {found['agent_away']}")
    else:
        columns = ("id", "company", "fence", "purpose", "pid", "opened_utc", "idle_s", "is_doubtful")
        rows = [[row.get(column) for column in columns] for row in found["sessions"]]
        print_table([column.replace("_", " ") for column in columns], rows, title="Sessions of the agent")
    print_table(("session", "why"), list(found["unproven"].items()), title="Not proven gone")
    for leak in found["leaks"]:
        say(f"{leak.kind}: {leak.subject} ({leak.lane})")


@app.command()
def release(
    seat: Annotated[str, typer.Argument(metavar="SEAT", help="A seat's number, or a session's id, as listed.")],
    system: Annotated[
        str | None, typer.Option("--system", metavar="NAME", help="The system, when the settings have several.")
    ] = None,
    config: Config = None,
) -> None:
    """Free a seat whoever holds it, and end the agent's session that belongs to it.

    Its writer stops at its next step; what it had sent is probed before anything is written again.

    [dim]Example: tidegate seats release 1[/]
    """
    from bridge.seats.redis import RedisSeats

    settings = settings_of(config)
    name = _system(settings, system)
    with open_broker(settings) as client:
        seats = RedisSeats(client, name, settings.systems[name].seats)
        lease = next((each for each in seats.held() if str(each.seat) == seat), None)
        if lease:
            seats.release(lease.seat)
            say(f"seat {seat} is free; {lease.owner} held it for {lease.lane}")
        _end_sessions(name, settings.systems[name], seats, seat, lease)
    say(_BY_HAND)


def _end_sessions(name: str, system: "SystemSettings", seats: "RedisSeats", wanted: str, lease: "Lease | None") -> None:
    """Ends the sessions of the lease, or the one with the wanted id. Raises `Refused` when there is nothing to free."""
    from workers.cli.sage_agent import AgentCalls

    ended = []
    try:
        with AgentCalls(system.agent) as agent:
            for row in agent.sessions():
                belongs = lease and (f"{name}:{row['company']}", row["fence"]) == (lease.lane, lease.fence)
                if belongs or row["id"] == wanted:
                    agent.end(row["id"])
                    ended.append(row["id"])
                    say(f"the agent has ended its session {row['id']}")
    except TidegateError as error:
        say(f"the agent's sessions were not ended: {error}")
    counted = [session_id for session_id in seats.unproven() if session_id in {wanted, *ended}]
    for session_id in counted:
        seats.clear_unproven(session_id)
        say(f"session {session_id} no longer counts against the budget")
    if not (lease or ended or counted):
        raise Refused(f"{wanted!r} is no leased seat and no session of {name}; see `tidegate seats list`", field="SEAT")


def _system(settings: "Settings", name: str | None) -> str:
    known = list(settings.systems)
    if name is None and len(known) == 1:
        return known[0]
    if name not in known:
        raise Misconfigured(f"--system {name!r}: name one of {', '.join(known)}")
    return str(name)
