"""`tidegate compare`: what storefronts show beside what Sage has."""

from typing import Annotated

import typer

from bridge.shown import Shown
from workers.cli.opening import open_ledger, settings_of
from workers.cli.options import AsJson, Config
from workers.cli.show import print_json, print_table, say
from workers.cli.trying import lanes_of, try_flow

Flow = Annotated[Shown, typer.Argument(metavar="FLOW", help=f"What flows back: {', '.join(Shown)}.")]
OneLane = Annotated[str | None, typer.Option("--lane", metavar="LANE", help="One lane only, such as sage100:ABC.")]


def compare(
    flow: Flow,
    lane: OneLane = None,
    heal: Annotated[bool, typer.Option("--heal", help="Have what differs shown again as Sage has it.")] = False,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Read a flow out of Sage, read back what the storefronts show, and print every difference.

    Changes nothing without --heal. Takes a reader's seat, in the reader's hours and turns. Exit status 1 when anything
    differs.

    [dim]Example: tidegate compare stock --lane sage100:ABC[/]
    """
    from bridge.flows.comparing import differences, show_all_again
    from bridge.flows.trial import Trial

    settings, found = settings_of(config), []
    with open_ledger(settings):
        for name in lanes_of(settings, lane):
            trial = Trial()
            ports = try_flow(settings, flow, name, trial)
            differing = list(differences(ports, flow, trial.found))
            found += differing
            if not as_json:
                say(f"{name}: {len(trial.found)} compared")
            if heal:
                healed = show_all_again(ports, flow, differing)
                typer.echo(f"{name}: {healed} are shown again; what is on its way already needs no help", err=True)
    if as_json:
        print_json(found)
    elif found:
        columns = ("connection", "site", "key", "field", "erp", "storefront")
        print_table(columns, [[getattr(each, column) for column in columns] for each in found])
    else:
        say("no difference")
    if found:
        raise typer.Exit(1)
