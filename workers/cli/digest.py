"""`tidegate digest`: one day in figures."""

from datetime import datetime
from typing import Annotated

import typer

from workers.cli.opening import open_ledger, settings_of
from workers.cli.options import AsJson, Config
from workers.cli.show import print_json, say


def digest(
    day: Annotated[
        datetime | None, typer.Option("--day", formats=["%Y-%m-%d"], help="The day; yesterday unless said.")
    ] = None,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Show the digest of a day: orders in, confirmed, waiting, held, dead, with money; windows, errors, drift, seats.

    Each lane's day is that of its calendar's time zone. Ends with 1 when the windows' manifests and the ledger do not
    balance, and says by how much and for which records. With digest_targets in \\[alerts] it is sent once a day too.

    [dim]Example: tidegate digest --day 2026-11-21[/]
    """
    from zoneinfo import ZoneInfo

    from bridge.digest.figures import digest_of
    from bridge.digest.plan import yesterday
    from bridge.digest.words import body, title
    from bridge.ports.clock import SystemClock

    settings, now = settings_of(config), SystemClock().now()
    zone = ZoneInfo(settings.alerts.time_zone if settings.alerts else "UTC")
    calendars = {name: lane.calendar for name, lane in settings.lanes.items()}
    with open_ledger(settings) as database:
        chosen = day.date() if day else yesterday(zone, now)
        found = digest_of(database, chosen, calendars, tuple(settings.connections), now=now)
    if as_json:
        print_json(found)
    else:
        say(title(found))
        say()
        say(body(found))
    raise typer.Exit(0 if found.is_balanced else 1)
