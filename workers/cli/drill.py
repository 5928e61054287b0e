"""`tidegate drill`: proof that anybody can run, of what the fleet does when things break."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bridge.errors import Misconfigured

if TYPE_CHECKING:
    from workers.drills.faults.catalogue import LedgerKind

app = typer.Typer(
    help="""Break a fleet of its own on the sandbox, and see that no order is lost or doubled. Needs tidegate[dev].

[dim]Example: tidegate drill campaign --orders 1000 --minutes 10[/]""",
    no_args_is_help=True,
    rich_markup_mode="rich",
)

Ledgers = Annotated[
    Literal["sqlite", "postgresql", "both"], typer.Option(help="The databases under it; both run at once.")
]
Seed = Annotated[int, typer.Option(help="The same seed gives the same faults in the same order.")]
Json = Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Where the whole report goes as JSON.")]
Report = Annotated[Path | None, typer.Option(metavar="FILE", help="Where the report goes as a page.")]
Keep = Annotated[Path | None, typer.Option(metavar="FOLDER", help="A folder for all files and logs, which then stay.")]


@app.command()
def faults() -> None:
    """List every fault that a campaign injects, and what it does.

    [dim]Example: tidegate drill faults[/]
    """
    from workers.cli.show import print_table
    from workers.drills.faults.all import FAULTS

    print_table(("fault", "what happens"), [(each.name, each.does) for each in FAULTS.values()])


@app.command()
def campaign(  # noqa: PLR0917  one parameter is one option
    orders: Annotated[int, typer.Option(min=1, max=1_000_000, help="Orders placed, on all ledgers together.")] = 600,
    seed: Seed = 20261121,
    minutes: Annotated[
        float, typer.Option(min=0, max=1440, help="How long faults are injected; each has its turn, however short.")
    ] = 0,
    ledger: Ledgers = "both",
    json: Json = None,
    report: Report = None,
    keep: Keep = None,
) -> None:
    """Run the real fleet under random faults, and compare the sites', Sage's and the ledger's accounts at the end.

    Exits with 1 when any order is lost, double or stuck, a seat is leaked, or a fault could not be injected.

    [dim]Example: tidegate drill campaign --orders 10000 --seed 7 --minutes 45[/]
    """
    from workers.drills.command import Asked, conduct
    from workers.drills.faults.all import FAULTS

    asked = Asked(tuple(FAULTS.values()), _kinds(ledger), seed, orders, minutes, json, report, keep)
    raise typer.Exit(conduct(asked))


@app.command()
def fault(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Faults of `tidegate drill faults`.")],
    seed: Seed = 20261121,
    ledger: Ledgers = "sqlite",
    json: Json = None,
    keep: Keep = None,
) -> None:
    """Inject chosen faults, each once, under a few orders; the report is that of a campaign.

    [dim]Example: tidegate drill fault kill-writer broker-emptied --ledger postgresql[/]
    """
    from workers.drills.command import Asked, conduct
    from workers.drills.faults.all import FAULTS

    unknown = [name for name in names if name not in FAULTS]
    if unknown:
        raise Misconfigured(f"no fault {unknown[0]!r}; `tidegate drill faults` lists them")
    chosen = tuple(FAULTS[name] for name in names)
    raise typer.Exit(conduct(Asked(chosen, _kinds(ledger), seed, 1, 0, json, None, keep)))


@app.command()
def weekend(keep: Keep = None) -> None:
    """Sage goes away on Friday at 18:00 and comes back on Monday at 08:00; 47 orders of 1,200 USD come meanwhile.

    [dim]Example: tidegate drill weekend[/]
    """
    from workers.drills.plays.play import conduct
    from workers.drills.plays.weekend import weekend

    raise typer.Exit(conduct(weekend, keep))


@app.command()
def backup(keep: Keep = None) -> None:
    """The nightly black-out at 02:00, while orders go on coming: nobody knocks at Sage's door, nobody is alarmed.

    [dim]Example: tidegate drill backup[/]
    """
    from workers.drills.plays.backup_night import backup_night
    from workers.drills.plays.play import conduct

    raise typer.Exit(conduct(backup_night, keep))


@app.command("half-batch")
def half_batch(keep: Keep = None) -> None:
    """Sage does not answer any more half way through a batch: one order in doubt, found and not written again.

    [dim]Example: tidegate drill half-batch[/]
    """
    from workers.drills.plays.half_batch import half_batch
    from workers.drills.plays.play import conduct

    raise typer.Exit(conduct(half_batch, keep))


@app.command()
def poison(keep: Keep = None) -> None:
    """One order among 500 ends Sage's server whenever it is written: the others get in, it rests with its reason.

    [dim]Example: tidegate drill poison[/]
    """
    from workers.drills.plays.play import conduct
    from workers.drills.plays.poison import poison

    raise typer.Exit(conduct(poison, keep))


@app.command("seat-leak")
def seat_leak(keep: Keep = None) -> None:
    """Our session is killed, Sage keeps its seat, a person is locked out: found, told, released.

    [dim]Example: tidegate drill seat-leak[/]
    """
    from workers.drills.plays.play import conduct
    from workers.drills.plays.seat_leak import seat_leak

    raise typer.Exit(conduct(seat_leak, keep))


@app.command()
def mutants(
    only: Annotated[str | None, typer.Option(metavar="NAME", help="Those with this in their name; else all.")] = None,
    json: Json = None,
    report: Report = None,
) -> None:
    """Plant mistakes in a copy of the source, one at a time, and see that the property suites notice each.

    Needs a source checkout; takes some minutes. Exits with 1 when a mistake survives, when the suites do not end on
    one, or when its patch does not apply any more.

    [dim]Example: tidegate drill mutants --only fence[/]
    """
    from workers.drills.mutants_command import conduct

    raise typer.Exit(conduct(only, json, report))


def _kinds(ledger: str) -> "tuple[LedgerKind, ...]":
    from workers.drills.faults.catalogue import LedgerKind

    return tuple(LedgerKind) if ledger == "both" else (LedgerKind(ledger),)
