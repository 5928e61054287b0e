"""`tidegate alias`: names of items that people give once, for later orders too."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from workers.cli import mend
from workers.cli.opening import open_ledger, settings_of
from workers.cli.options import AsJson, By, Config, LaneName, Why, person
from workers.cli.show import heading, print_json, print_table, say

if TYPE_CHECKING:
    from bridge.ledger.rows import Record
    from bridge.ledger.store import Database

app = typer.Typer(
    help="""Name the items of a lane: which of Sage's items a storefront's SKU means.

They go before the `items` of the lane's settings, and need no restart.

[dim]Example: tidegate alias add sage100:ABC VALVE-12-X VALVE-12 --why "its old name"[/]""",
    no_args_is_help=True,
    rich_markup_mode="rich",
)

Sku = Annotated[str, typer.Argument(metavar="SKU", help="The SKU at the storefront, in any case.")]

_LOOKED_AT = 200


@app.command()
def add(
    lane: LaneName,
    sku: Sku,
    item: Annotated[str, typer.Argument(metavar="ITEM", help="Sage's item code.")],
    *,
    why: Why,
    dry_run: mend.DryRun = False,
    by: By = None,
    config: Config = None,
) -> None:
    """Name an item, for every order that is mapped from now on. Then replay those that wait for it.

    [dim]Example: tidegate alias add sage100:ABC VALVE-12-X VALVE-12 --why "its old name"[/]
    """
    from bridge.ledger.aliases import add_alias
    from bridge.ports.clock import SystemClock
    from mappings.rehearsing import Wish, rehearse

    settings, now = settings_of(config), SystemClock().now()
    settling = mend.settling_for(settings, lane)
    with open_ledger(settings) as database:
        waiting = list(_waiting_for(database, lane, sku))
        if not dry_run:
            with database.write() as connection:
                made = add_alias(connection, lane, (sku, item), by=person(by), why=why, now=now)
            say(f"{made.sku!r} is {made.item} in {lane}; {len(waiting)} orders at rest name it")
            return
        for record in waiting:
            heading(f"record {record.id}, order {record.order_number}")
            with database.read() as connection:
                mend.show(rehearse(settling, connection, record, Wish(sku=sku, item=item), by=person(by), now=now))
    say(f"{len(waiting)} orders at rest name {sku!r}; nothing is kept")


@app.command("list")
def list_aliases(
    lane: Annotated[str | None, typer.Option("--lane", metavar="LANE", help="Only those of this lane.")] = None,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """List the names that people gave, with who and why; those of the settings stand there.

    [dim]Example: tidegate alias list[/]
    """
    from bridge.ledger.aliases import aliases

    with open_ledger(settings_of(config)) as database:
        found = aliases(database, lane)
    if as_json:
        print_json(found)
        return
    columns = ("lane", "sku", "item", "by", "at", "why")
    print_table(columns, [[getattr(each, column) for column in columns] for each in found], title="Names of items")


@app.command()
def remove(
    lane: LaneName, sku: Sku, *, why: Why, dry_run: mend.DryRun = False, by: By = None, config: Config = None
) -> None:
    """Take a name away, for every order that is mapped from now on.

    [dim]Example: tidegate alias remove sage100:ABC VALVE-12-X --why "sold out"[/]
    """
    from bridge.ledger.aliases import aliases_of, remove_alias
    from bridge.ports.clock import SystemClock

    with open_ledger(settings_of(config)) as database:
        if dry_run:
            with database.read() as connection:
                known = aliases_of(connection, lane, [sku]).get(sku.casefold())
            say(f"{sku!r} would no longer mean {known.item}" if known else f"{lane} has no alias for {sku!r}")
            return
        with database.write() as connection:
            gone = remove_alias(connection, lane, sku, by=person(by), why=why, now=SystemClock().now())
    say(f"{gone.sku!r} no longer means {gone.item} in {lane}")


def _waiting_for(database: "Database", lane: str, sku: str) -> "Iterator[Record]":
    """Orders of the lane at rest that name the SKU, among the oldest 200 at rest."""
    from bridge.documents import Order
    from bridge.ledger.people import waiting_for_person
    from bridge.ports.erp import ORDER

    for record in waiting_for_person(database, document=ORDER, limit=_LOOKED_AT):
        if record.lane == lane and record.content is not None:
            told = Order.model_validate_json(record.content)
            if any(line.sku.casefold() == sku.strip().casefold() for line in told.lines):
                yield record
