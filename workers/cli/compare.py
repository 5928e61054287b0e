"""`tidegate compare`: what storefronts show beside what Sage has."""

from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Annotated

import typer

from bridge.errors import Misconfigured
from bridge.shown import Shown
from workers.cli.opening import open_ledger, settings_of
from workers.cli.options import AsJson, Config
from workers.cli.show import print_json, print_table, say
from workers.cli.trying import lanes_of, try_flow

if TYPE_CHECKING:
    from bridge.flows.comparing import Difference
    from workers.cli.sampling import PriceDifference
    from workers.settings import Settings

Flow = Annotated[Shown, typer.Argument(metavar="FLOW", help=f"What flows back: {', '.join(Shown)}.")]
OneLane = Annotated[str | None, typer.Option("--lane", metavar="LANE", help="One lane only, such as sage100:ABC.")]


def compare(
    flow: Flow,
    lane: OneLane = None,
    *,
    heal: Annotated[bool, typer.Option("--heal", help="Have what differs shown again as Sage has it.")] = False,
    sample: Annotated[
        int | None,
        typer.Option("--sample", metavar="N", min=1, help="Only price: what N buyers are shown, chosen by chance."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="With --sample: another one chooses others.")] = 0,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Read a flow out of Sage, read back what the storefronts show, and print every difference.

    With --sample, what accounts are shown for a product and a quantity is compared with what Sage's price rules say.
    Changes nothing without --heal. Takes a reader's seat, in the reader's hours and turns. Exit status 1 when anything
    differs.

    [dim]Example: tidegate compare stock --lane sage100:ABC[/]
    [dim]Example: tidegate compare price --sample 50 --seed 7[/]
    """
    if sample is not None and (flow is not Shown.PRICE or heal):
        raise Misconfigured("--sample: only for price, and without --heal; leave it out")
    settings = settings_of(config)
    found: list[Difference] | list[PriceDifference]
    with open_ledger(settings):
        lanes = lanes_of(settings, lane)
        if sample is None:
            found = [each for name in lanes for each in _whole(settings, flow, name, heal=heal, says=not as_json)]
        else:
            found = [each for name in lanes for each in _sample(settings, name, sample, seed, says=not as_json)]
    if as_json:
        print_json(found)
    elif found:
        columns = [each.name for each in fields(found[0])]
        print_table(columns, [[getattr(each, column) for column in columns] for each in found])
    else:
        say("no difference")
    if found:
        raise typer.Exit(1)


def _whole(settings: "Settings", flow: Shown, lane: str, *, heal: bool, says: bool) -> "Sequence[Difference]":
    """Whatever differs of a flow of one lane; with `heal` it is shown again."""
    from bridge.flows.comparing import differences, show_all_again
    from bridge.flows.trial import Trial

    trial = Trial()
    ports = try_flow(settings, flow, lane, trial)
    differing = list(differences(ports, flow, trial.found))
    if says:
        say(f"{lane}: {len(trial.found)} compared")
    if heal:
        healed = show_all_again(ports, flow, differing)
        typer.echo(f"{lane}: {healed} are shown again; what is on its way already needs no help", err=True)
    return differing


def _sample(settings: "Settings", lane: str, count: int, seed: int, *, says: bool) -> "Sequence[PriceDifference]":
    """Those of so many prices of one lane that differ."""
    from workers.cli.sampling import sample_prices

    sampled = sample_prices(settings, lane, count, seed)
    if says:
        say(f"{lane}: {sampled.compared} compared, {sampled.promotions} of them promotions of Sage's")
    return sampled.differences
