"""`tidegate window`: when a lane may be written, now and by hand."""

from typing import TYPE_CHECKING, Annotated

import typer

from bridge.errors import Misconfigured
from workers.cli.opening import open_ledger, settings_of
from workers.cli.options import AsJson, By, Config, LaneName, person
from workers.cli.show import moment, print_json, print_table, row_dict, say

if TYPE_CHECKING:
    from workers.settings import LaneSettings, Settings

app = typer.Typer(
    help="""Show a lane's windows, open one now, or close the present one.

[dim]Example: tidegate window open sage100:ABC --minutes 15[/]""",
    no_args_is_help=True,
    rich_markup_mode="rich",
)


@app.command("list")
def list_windows(
    lane: Annotated[str | None, typer.Argument(metavar="[LANE]", help="One lane; else all.")] = None,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """List the newest windows and when the next one opens.

    [dim]Example: tidegate window list sage100:ABC[/]
    """
    from bridge.ledger.trace import windows
    from bridge.ports.clock import SystemClock
    from bridge.windows.due import next_window

    settings = settings_of(config)
    wanted = {lane: _lane(settings, lane)} if lane else settings.lanes
    with open_ledger(settings) as database:
        rows = [row_dict(row) for row in windows(database, lane)]
    following = {name: next_window(each.calendar, SystemClock().now()).opens_at for name, each in wanted.items()}
    if as_json:
        print_json({"windows": rows, "next": following})
        return
    columns = ("lane", "scheduled_for", "opens_at", "closes_at", "state", "ended_by", "opened_at", "closed_at")
    print_table([name.replace("_", " ") for name in columns], [[row[name] for name in columns] for row in rows])
    for name, opens_at in following.items():
        say(f"{name}: the calendar opens the next window at {moment(opens_at)}")


@app.command("open")
def open_now(
    lane: LaneName,
    minutes: Annotated[int, typer.Option(min=1, max=720, help="How long it stays open.")] = 15,
    config: Config = None,
) -> None:
    """Open a window now, whatever the calendar says. Does nothing while one is open for that long already.

    Sage has the last word: if it is locked, the writer ends the window. Beat wakes the writer within seconds.

    [dim]Example: tidegate window open sage100:ABC --minutes 30[/]
    """
    from bridge.ledger.by_hand import open_now as open_by_hand
    from bridge.ports.clock import SystemClock

    settings, now = settings_of(config), SystemClock().now()
    calendar = _lane(settings, lane).calendar
    with open_ledger(settings) as database, database.write() as connection:
        opened = open_by_hand(connection, lane, calendar, minutes=minutes, now=now)
    already = "" if opened.is_new else " already"
    say(f"{lane}: a window is open until {moment(opened.until)}{already}")


@app.command("close")
def close_now(lane: LaneName, by: By = None, config: Config = None) -> None:
    """Close the windows that are open or due now, so that no writer starts in them any more.

    A writer that is at work goes on to its window's end; `tidegate seats release` stops it at its next batch.

    [dim]Example: tidegate window close sage100:ABC[/]
    """
    from bridge.ledger.by_hand import close_now as close_by_hand
    from bridge.ports.clock import SystemClock

    settings, now = settings_of(config), SystemClock().now()
    _lane(settings, lane)
    with open_ledger(settings) as database, database.write() as connection:
        until = close_by_hand(connection, lane, by=person(by), now=now)
    text = f"closed; it would have stayed open until {moment(until)}" if until else "no window is open or due"
    say(f"{lane}: {text}")


def _lane(settings: "Settings", name: str) -> "LaneSettings":
    if name not in settings.lanes:
        raise Misconfigured(f"no lane {name!r}; [lanes] has {', '.join(settings.lanes)}")
    return settings.lanes[name]
