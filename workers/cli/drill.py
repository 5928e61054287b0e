"""`tidegate drill`: the promises put to the test, with a report to keep."""

from pathlib import Path
from typing import Annotated

import typer

from workers.cli.show import print_table, say

app = typer.Typer(
    help="""Put the promises to the test. Each drill runs on parts of its own and touches no fleet.

[dim]Example: tidegate drill mutants --only fence[/]""",
    no_args_is_help=True,
    rich_markup_mode="rich",
)


@app.callback()
def drill() -> None:
    """Keeps the drills under one name, however many there are."""


Json = Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Also write the result as JSON.")]
Report = Annotated[Path | None, typer.Option("--report", metavar="FILE", help="Also write a page about it (Markdown).")]


@app.command()
def mutants(
    only: Annotated[str | None, typer.Option(metavar="NAME", help="Those with this in their name; else all.")] = None,
    json_file: Json = None,
    report: Report = None,
) -> None:
    """Plant mistakes in a copy of the source, one at a time, and see that the property suites notice each.

    Needs a source checkout with the development packages; takes some minutes. Exits with 1 when a mistake survives,
    when the suites do not end on one, or when its patch does not apply any more.

    [dim]Example: tidegate drill mutants --report docs/mutants.md[/]
    """
    from workers.drills.mutants import PATCHES, Fate, Hunt, Trial, read_mutants, source_tree
    from workers.drills.mutants_report import as_json, as_page

    root = source_tree()
    chosen = read_mutants(root / PATCHES, only)
    say(f"{len(chosen)} mutants; first the suites on the tree as it is")

    def tell(trial: Trial) -> None:
        say(f"{trial.mutant}: {trial.fate}, {trial.seconds:.0f} s")

    trials = Hunt(root).run(chosen, tell)
    columns = ("mutant", "plants", "fate", "by", "seconds")
    print_table(columns, [[getattr(trial, column) for column in columns] for trial in trials])
    for file, text in ((json_file, as_json), (report, as_page)):
        if file:
            file.write_text(text(trials), encoding="utf-8")
    caught = sum(trial.fate is Fate.CAUGHT for trial in trials)
    say(f"{caught} of {len(trials)} caught")
    if caught < len(trials):
        raise typer.Exit(1)
