"""Commands that run a whole fleet on this machine: yours from `tidegate.toml`, or one of its own on the sandbox."""

import os
from pathlib import Path
from typing import Annotated

import typer

from bridge.errors import Misconfigured
from workers.cli.opening import reach_ledger, settings_of
from workers.cli.options import Config
from workers.cli.show import say


def up(config: Config = None) -> None:
    """Run every role on this machine under one supervisor, until Ctrl+C.

    Brings the ledger to this release's schema first. What ends is started again; logs are in run_folder/logs.

    [dim]Example: tidegate up --config tidegate.toml[/]
    """
    from bridge.ledger.migrate import migrate
    from workers.fleet_state import read_state
    from workers.logs import start_logs
    from workers.settings import CONFIG_VARIABLE, DEFAULT_CONFIG
    from workers.supervisor import Supervisor
    from workers.up import services
    from workers.wiring import build_fleet

    settings = settings_of(config)
    running = read_state(settings.run_folder)
    if running and running.is_alive:
        raise Misconfigured(f"run_folder {settings.run_folder}: a fleet runs there already (process {running.pid})")
    build_fleet(settings, "check")  # mappings and profiles are wrong here, in one place, or nowhere
    with reach_ledger(settings) as database:
        migrate(database)
    chosen = Path(os.environ.get(CONFIG_VARIABLE, DEFAULT_CONFIG)).resolve()
    made = services(settings, chosen)
    say(f"starting {', '.join(service.name for service in made)}; logs in {settings.run_folder / 'logs'}; Ctrl+C stops")
    start_logs(settings, "supervisor")
    Supervisor(made, settings.run_folder).run()


def demo(
    orders: Annotated[int, typer.Option(min=20, max=5000, help="Orders placed at the two sites together.")] = 300,
    seed: Annotated[int, typer.Option(help="The same seed gives the same morning.")] = 20261121,
    span: Annotated[float, typer.Option(min=5, max=600, help="Seconds over which the orders arrive.")] = 30,
    stay: Annotated[
        bool, typer.Option("--stay", help="Keep everything up at the end, and print the addresses.")
    ] = False,
    keep: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="An empty folder for all files, which then stay.")
    ] = None,
) -> None:
    """Watch a morning of trade on real parts, in fast motion, with an account of every order at the end.

    Two sandbox sites, a simulated Sage 100 with two companies, a real broker, ledger, agent, workers, beat and Flower.
    Webhooks come twice, late or never; Sage is backed up, hangs once, and shuts one company out. Exits with 1 when the
    sites' and Sage's own books do not show every order in exactly one place.

    [dim]Example: tidegate demo --stay[/]
    """
    from rich.console import Console

    from workers.demo.morning import Options, run

    chosen = _empty(keep)
    raise typer.Exit(run(Options(orders=orders, seed=seed, span_s=span, stay=stay, keep=chosen), Console()))


def _empty(keep: Path | None) -> Path | None:
    if keep is not None and keep.exists() and any(keep.iterdir()):
        raise Misconfigured(f"--keep {keep}: the folder is not empty; name another one")
    return keep.resolve() if keep else None


def submit_to_sandbox(files: list[str], items: Path | None, customers: Path | None, keep: Path | None) -> None:
    """The files' orders through a fleet of their own; exits with 1 unless all are in Sage and told."""
    from rich.console import Console

    from workers.cli.submission import orders_of
    from workers.demo.submission import Submission, run
    from workers.json_files import Found, Problem

    found = [(file, each) for file in files for each in orders_of(file)]
    submission = Submission(
        orders=[(f"{file}:{each.line}", each.value) for file, each in found if isinstance(each, Found)],
        unreadable=[each for _, each in found if isinstance(each, Problem)],
        items=items,
        customers=customers,
        keep=_empty(keep),
    )
    raise typer.Exit(run(submission, Console()))
