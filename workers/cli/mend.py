"""`tidegate dead suggest` and `tidegate dead amend`: what may mend an order, tried before it is kept."""

from typing import TYPE_CHECKING, Annotated

import typer

from bridge.errors import Misconfigured, Refused
from workers.cli import letters
from workers.cli.opening import open_ledger, settings_of
from workers.cli.options import AsJson, By, Config, Why, person
from workers.cli.show import print_json, print_table, say

if TYPE_CHECKING:
    from bridge.ledger.rows import Record
    from bridge.ledger.store import Database
    from mappings.rehearsing import Rehearsal
    from mappings.settling import Settling
    from workers.settings import Settings

OrderId = Annotated[
    str, typer.Argument(metavar="ID", help="The order's record number, as `tidegate dead list` shows it.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what Sage would get, and keep nothing.")]


def suggest(letter: OrderId, as_json: AsJson = False, config: Config = None) -> None:
    """Suggest what may mend an order: an item of a like name, the likely customer, a text that fits.

    [dim]Example: tidegate dead suggest 4711[/]
    """
    from mappings.mending import suggest as remedy_for

    settings = settings_of(config)
    with open_ledger(settings) as database:
        record = order_record(database, letter)
        settling = settling_for(settings, record.lane)
        with database.read() as connection:
            found = remedy_for(settling, connection, record)
    if as_json:
        print_json(found)
        return
    if found.path:
        say(f"{found.path} is {found.value!r}")
    for each in found.suggestions:
        say(f"  {each.value}  {each.why}")
    if found.why_none:
        say(f"no suggestion: {found.why_none}")


def amend(
    letter: OrderId,
    *,
    field: Annotated[str, typer.Option("--field", metavar="PATH", help="Such as lines[0].sku or ship_to.name.")],
    value: Annotated[str, typer.Option("--value", metavar="V", help="What is to stand there; '' empties the field.")],
    why: Why,
    dry_run: DryRun = False,
    by: By = None,
    config: Config = None,
) -> None:
    """Amend one field of an order in REVIEW or DEAD. It outlives later readings of the order; then replay it.

    If the storefront itself changes the field later, its own value holds again.

    [dim]Example: tidegate dead amend 4711 --field "lines[0].sku" --value VALVE-12 --why "a slip of the buyer"[/]
    """
    from bridge.ports.clock import SystemClock
    from mappings.amending import amendment_of
    from mappings.mending import amend as keep
    from mappings.rehearsing import Wish, order_in, rehearse

    settings, now = settings_of(config), SystemClock().now()
    with open_ledger(settings) as database:
        record = order_record(database, letter)
        if dry_run:
            wish = Wish(amendment_of(order_in(record), record.id, field, value))
            with database.read() as connection:
                settling = settling_for(settings, record.lane)
                show(rehearse(settling, connection, record, wish, by=person(by), now=now))
            return
        with database.write() as connection:
            keep(connection, record.id, (field, value), by=person(by), why=why, now=now)
    say(f'{field} is amended; send it again with `tidegate dead replay {record.id} --why "..."`')


def order_record(database: "Database", name: str) -> "Record":
    """The record of an order by its number. Raises `Refused` for a message, and for an id that is not known."""
    from bridge.ledger.moves import fetch

    number, is_message = letters.parse(name)
    if is_message:
        raise Refused(f"{name} is a message that nobody could read; only orders are mended", field="ID", value=name)
    with letters.known(), database.read() as connection:
        return fetch(connection, number)


def settling_for(settings: "Settings", lane: str) -> "Settling":
    """The lane's mappings. Raises `Misconfigured` for a lane that the settings do not have."""
    from workers.wiring import settling_of

    if lane not in settings.lanes:
        raise Misconfigured(f"[lanes] has no {lane!r}; there are {', '.join(settings.lanes)}")
    return settling_of(settings, lane, settings.lanes[lane])


def show(found: "Rehearsal") -> None:
    """Prints what would be another in Sage, and what speaks against the write."""
    if found.refused_before:
        say(f"as it stands it cannot be mapped: {found.refused_before}")
    if found.refused:
        say(f"it cannot be mapped so: {found.refused}")
    rows = [(each.place, each.column, each.before, each.after) for each in found.differences]
    print_table(("where", "column", "before", "after"), rows, title="What Sage would get")
    for text in found.objections:
        say(f"against it: {text}")
