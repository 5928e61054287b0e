"""`tidegate seats`: who holds Sage's licensed sessions, and how to free one."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from bridge.errors import Misconfigured, TidegateError
from workers.cli.opening import open_broker, settings_of
from workers.cli.options import AsJson, Config
from workers.cli.show import heading, print_json, print_table, say

if TYPE_CHECKING:
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
    from bridge.erp.sage100.agent_sessions import SageAgentSessions
    from bridge.seats.leaks import find_leaks
    from bridge.seats.redis import RedisSeats

    seats = RedisSeats(client, name, system.seats)
    leases = seats.held()
    found: dict[str, Any] = {"total": system.seats.total, "leases": leases, "unproven": seats.unproven()}
    try:
        with SageAgentSessions(system.agent, name) as agent:
            running, listing = agent.running(), agent.listed()
    except TidegateError as error:
        return {**found, "sessions": [], "erp_list": None, "agent_away": str(error), "leaks": []}
    leaks = find_leaks(leases, running, listing)
    return {**found, "sessions": running, "erp_list": listing, "agent_away": None, "leaks": leaks}


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
        columns = ("session_id", "lane", "fence", "purpose", "pid", "opened_utc", "idle_s", "is_doubtful")
        rows = [[getattr(session, column) for column in columns] for session in found["sessions"]]
        print_table([column.replace("_", " ") for column in columns], rows, title="Sessions of the agent")
        listing = found["erp_list"]
        told = f"lists {len(listing.sessions)} sessions of ours" if listing else "cannot be read (see console_reader)"
        say(f"Sage's own list {told}")
    print_table(("session", "why"), list(found["unproven"].items()), title="Not proven gone")
    for leak in found["leaks"]:
        say(str(leak))


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
    from bridge.erp.sage100.agent_sessions import SageAgentSessions
    from bridge.seats.freeing import free
    from bridge.seats.redis import RedisSeats

    settings = settings_of(config)
    name = _system(settings, system)
    chosen = settings.systems[name]
    with open_broker(settings) as client, SageAgentSessions(chosen.agent, name) as agent:
        freed = free(name, RedisSeats(client, name, chosen.seats), agent, seat)
    for line in freed.lines():
        say(line)
    say(_BY_HAND)


def _system(settings: "Settings", name: str | None) -> str:
    known = list(settings.systems)
    if name is None and len(known) == 1:
        return known[0]
    if name not in known:
        raise Misconfigured(f"--system {name!r}: name one of {', '.join(known)}")
    return str(name)
