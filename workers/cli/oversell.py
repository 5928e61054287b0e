"""`tidegate oversell`: what is promised beyond what is there."""

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import typer

from workers.cli.compare import OneLane
from workers.cli.opening import open_ledger, settings_of
from workers.cli.options import AsJson, Config
from workers.cli.show import print_json, print_table
from workers.cli.trying import lanes_of

if TYPE_CHECKING:
    from bridge.ledger.store import Database
    from workers.settings import Settings


@dataclass(frozen=True)
class Oversold:
    """So many units of an item, in the standard unit of measure, are promised beyond what is there."""

    lane: str
    item: str
    short: Decimal


def oversell(lane: OneLane = None, as_json: AsJson = False, config: Config = None) -> None:
    """List the items of which more is promised than is there, in Sage and in orders that wait here.

    By the newest reading of stock; an item goes by the names under which storefronts sell it. Exit status 1 when there
    is any.

    [dim]Example: tidegate oversell --lane sage100:ABC[/]
    """
    settings = settings_of(config)
    with open_ledger(settings) as database:
        found = [each for name in lanes_of(settings, lane) for each in oversold(settings, database, name)]
    if as_json:
        print_json(found)
    else:
        rows = [(each.lane, each.item, f"{each.short:f}") for each in found]
        print_table(("lane", "item", "oversold by"), rows, title="Promised beyond what is there")
    if found:
        raise typer.Exit(1)


def oversold(settings: "Settings", database: "Database", lane: str) -> list[Oversold]:
    """A lane's oversold items in order of their names, each once whatever locations and sites show it."""
    from bridge.flows.stock import OVERSOLD
    from bridge.ledger.on_show import remarks_on_show
    from bridge.ledger.shown import Shelf
    from bridge.shown import Shown, showing_lane

    found: dict[str, Decimal] = {}
    with database.read() as connection:
        for name, each in settings.connections.items():
            for site in (site for site, target in each.lanes.items() if target == lane):
                shelf = Shelf(name, site, Shown.STOCK, showing_lane(name, Shown.STOCK))
                for key, remark in remarks_on_show(connection, shelf, beginning=OVERSOLD):
                    item, short = key.rpartition("@")[0], Decimal(remark.removeprefix(OVERSOLD).strip())
                    found[item] = max(short, found.get(item, short))
    return [Oversold(lane, item, short) for item, short in sorted(found.items())]
