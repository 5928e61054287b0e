"""`tidegate backup` and `tidegate restore`: a copy of the ledger, and the way back."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bridge.errors import Refused
from workers.cli.opening import open_ledger, settings_of
from workers.cli.options import By, Config, person
from workers.cli.show import say

if TYPE_CHECKING:
    from workers.settings import Settings

File = Annotated[Path, typer.Argument(metavar="FILE", help="The backup, such as tidegate-2026-11-21.backup.")]


def backup(
    file: File,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
    config: Config = None,
) -> None:
    """Copy the whole ledger into one file, as it stands at this moment; the fleet may go on meanwhile.

    The file fits either kind of database. Keep it like the ledger itself: it holds what buyers told the storefront.

    [dim]Example: tidegate backup tidegate-2026-11-21.backup[/]
    """
    from bridge.ledger.backup import write_backup
    from bridge.ports.clock import SystemClock

    with open_ledger(settings_of(config)) as database:
        counts = write_backup(database, file, now=SystemClock().now(), force=force, progress=_tell)
    say(f"{sum(counts.values())} rows, {counts['record']} records among them, are in {file}")


def restore(file: File, by: By = None, config: Config = None) -> None:
    """Fill an empty ledger from a backup, and halt every lane until it is known what happened since.

    The ledger must be new: stop the fleet, name an empty database in ledger.url, and run `tidegate migrate` before.
    Afterwards `tidegate recover LANE` for each company, see docs/runbooks/restore-the-ledger.md.

    [dim]Example: tidegate restore tidegate-2026-11-21.backup[/]
    """
    from bridge.ledger.restore import restore as bring_back
    from bridge.ports.clock import SystemClock
    from workers.cli.status import lane_names

    settings = settings_of(config)
    _refuse_while_running(settings)
    lanes = lane_names(settings)
    with open_ledger(settings) as database:
        header = bring_back(database, file, lanes, by=person(by), now=SystemClock().now(), progress=_tell)
    say(f"the ledger is as it was at {header.taken_at:%Y-%m-%d %H:%M:%S}Z, and every lane is halted; next:")
    for lane in lanes:
        is_company = lane in settings.lanes
        say(f"  tidegate recover {lane}" if is_company else f'  tidegate lane resume {lane} --why "restored"')


def _refuse_while_running(settings: "Settings") -> None:
    from workers.fleet_state import read_state

    running = read_state(settings.run_folder)
    if running and running.is_alive:
        raise Refused(f"a fleet runs in {settings.run_folder} (process {running.pid}); stop it first", field="fleet")


def _tell(table: str, rows: int) -> None:
    typer.echo(f"{table}: {rows} rows", err=True)
