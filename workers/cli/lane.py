"""`tidegate lane`: stop and resume what is written."""

from datetime import timedelta
from typing import TYPE_CHECKING

import typer

from bridge.errors import Misconfigured
from workers.cli.opening import open_broker, open_ledger, settings_of
from workers.cli.options import AsJson, By, Config, LaneName, Since, Why, in_utc, person
from workers.cli.show import moment, money, print_json, print_table, say

if TYPE_CHECKING:
    from workers.settings import Settings

app = typer.Typer(
    help="""Show, halt, resume and check lanes: a company's (sage100:ABC), or a storefront's (storefront:shop).

[dim]Example: tidegate lane resume sage100:ABC --why "the password was renewed"[/]""",
    no_args_is_help=True,
    rich_markup_mode="rich",
)


@app.command("list")
def list_lanes(as_json: AsJson = False, config: Config = None) -> None:
    """List the lanes: halted or not and why, the fence, how the last window ended.

    [dim]Example: tidegate lane list[/]
    """
    from dataclasses import asdict

    from bridge.ledger import windows
    from workers.cli.status import lane_names

    settings = settings_of(config)
    with open_ledger(settings) as database, database.read() as connection:
        found = {name: windows.lane_row(connection, name) for name in lane_names(settings)}
    rows = [{"name": name, **(asdict(row) if row else {})} for name, row in found.items()]
    if as_json:
        print_json(rows)
        return
    columns = ("name", "halted", "halt_reason", "fence", "last_end", "last_confirmed_at")
    print_table([name.replace("_", " ") for name in columns], [[row.get(name) for name in columns] for row in rows])


@app.command()
def halt(lane: LaneName, why: Why, by: By = None, config: Config = None) -> None:
    """Stop all writing to a lane until a person resumes it. A window under way ends in its own time.

    [dim]Example: tidegate lane halt sage100:ABC --why "month end"[/]
    """
    from bridge.ledger.by_hand import halt_lane
    from bridge.ports.clock import SystemClock

    settings = settings_of(config)
    _check(settings, lane)
    with open_ledger(settings) as database, database.write() as connection:
        halt_lane(connection, lane, by=person(by), why=why, now=SystemClock().now())
    say(f"{lane} is halted; `tidegate lane resume {lane} --why ...` lets it run again")


@app.command()
def resume(lane: LaneName, why: Why, by: By = None, config: Config = None) -> None:
    """Let a halted lane be written again, from its next window on.

    [dim]Example: tidegate lane resume sage100:ABC --why "the password was renewed"[/]
    """
    from bridge.ledger.by_hand import resume_lane
    from bridge.ports.clock import SystemClock

    settings = settings_of(config)
    _check(settings, lane)
    with open_ledger(settings) as database, database.write() as connection:
        was_halted = resume_lane(connection, lane, by=person(by), why=why, now=SystemClock().now())
    say(f"{lane} runs again, from its next window on" if was_halted else f"{lane} was not halted")


@app.command()
def check(lane: LaneName, since: Since = None, by: By = None, as_json: AsJson = False, config: Config = None) -> None:
    """List the orders that Sage confirmed and does not have any more, as after Sage was set back to an older state.

    Takes a reader's seat and looks every confirmed order up that changed since then (a month ago, unless said). Exits
    with 1 when any is missing. Changes no order; what is listed here does not halt the lane once more.

    [dim]Example: tidegate lane check sage100:ABC --since 2026-11-20[/]
    """
    from bridge.ports.clock import SystemClock
    from bridge.recovery.checking import Check
    from workers.wiring import build_fleet

    settings, clock = settings_of(config), SystemClock()
    if lane not in settings.lanes:
        raise Misconfigured(f"no lane {lane!r} of an ERP; [lanes] has {', '.join(settings.lanes)}")
    start = in_utc(since) if since else clock.now() - timedelta(days=30)
    with open_ledger(settings) as database, open_broker(settings):
        ours = build_fleet(settings, "check").lanes[lane]
        found = list(Check(database, ours.erp, ours.seats, clock, lane, person(by)).missing(start))
    if as_json:
        print_json(found)
    else:
        columns = ("web order", "number", "money", "record", "probe", "text")
        rows = [
            (each.order.order_number, each.order.number, money(each.order.amount, each.order.currency), each.order.id,
             each.verdict, each.text)
            for each in found
        ]  # fmt: skip
        print_table(columns, rows, title=f"Confirmed since {moment(start)} and not in Sage")
    raise typer.Exit(1 if found else 0)


def _check(settings: "Settings", lane: str) -> None:
    from workers.cli.status import lane_names

    if lane not in lane_names(settings):
        raise Misconfigured(f"no lane {lane!r}; there are {', '.join(lane_names(settings))}")
