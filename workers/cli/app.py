"""Every command with the panel of the help that it stands in; their modules import what they need when they run."""

from typing import Any

import typer
from typer.core import TyperGroup

from bridge.errors import Misconfigured, TidegateError
from workers.cli import (
    alarm,
    alias,
    backfill,
    backup,
    compare,
    dead,
    digest,
    doctor,
    drill,
    lane,
    machine,
    oversell,
    poll,
    recover,
    run,
    seats,
    status,
    submit,
    top,
    trace,
    watch,
    window,
)

HELP = """Takes a storefront's orders at any hour and lets them into Sage in Sage's own windows.

1. [bold]tidegate doctor[/] checks tidegate.toml and everything that it names, before anything starts.

2. [bold]tidegate migrate[/], then [bold]receiver[/], [bold]worker[/] and [bold]beat[/] run the fleet.

3. [bold]tidegate status[/] says how it stands, and [bold]tidegate trace 100234[/] where an order ended up.

4. [bold]tidegate dead list[/] shows what waits for a person; [bold]dead replay[/] sends it again once mended.

5. [bold]tidegate submit orders.jsonl --wait[/] feeds orders by hand and follows each to its rest.

Exit status: 0 well, 1 trouble was found, 2 the command or the settings are wrong."""


class QuietGroup(TyperGroup):
    """Tells our own errors in a line, without a traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Runs the command; exits with 2 for wrong settings and with 1 for any other error of ours."""
        from workers.logs import quiet_logs

        quiet_logs()
        try:
            return super().invoke(ctx)
        except TidegateError as error:
            typer.echo(f"tidegate: {error}", err=True)
            raise typer.Exit(2 if isinstance(error, Misconfigured) else 1) from None


app = typer.Typer(
    name="tidegate",
    help=HELP,
    cls=QuietGroup,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,  # they would show local variables, and with them secrets
)

_RUN = "Run the fleet"
app.command(rich_help_panel=_RUN)(machine.demo)
app.command(rich_help_panel=_RUN)(machine.up)
app.command(rich_help_panel=_RUN)(run.worker)
app.command(rich_help_panel=_RUN)(run.beat)
app.command(rich_help_panel=_RUN)(run.receiver)
app.command(rich_help_panel=_RUN)(run.agent)
app.command(rich_help_panel=_RUN)(run.flower)
app.command(rich_help_panel=_RUN)(run.desk)
app.command(rich_help_panel=_RUN)(run.desk_password)
app.command(rich_help_panel=_RUN)(run.metrics)
app.command(rich_help_panel=_RUN)(run.migrate)

_LOOK = "Look"
app.command(rich_help_panel=_LOOK)(doctor.doctor)
app.command(rich_help_panel=_LOOK)(status.status)
app.command(rich_help_panel=_LOOK)(top.top)
app.command(rich_help_panel=_LOOK)(watch.watch)
app.command(rich_help_panel=_LOOK)(digest.digest)
app.command(rich_help_panel=_LOOK)(trace.trace)
app.command(rich_help_panel=_LOOK)(trace.receipt)
app.command(rich_help_panel=_LOOK)(compare.compare)
app.command(rich_help_panel=_LOOK)(oversell.oversell)

_MEND = "Mend"
app.add_typer(dead.app, name="dead", rich_help_panel=_MEND)
app.add_typer(alias.app, name="alias", rich_help_panel=_MEND)
app.add_typer(alarm.app, name="alarm", rich_help_panel=_MEND)
app.add_typer(window.app, name="window", rich_help_panel=_MEND)
app.add_typer(lane.app, name="lane", rich_help_panel=_MEND)
app.add_typer(seats.app, name="seats", rich_help_panel=_MEND)

app.command(rich_help_panel=_MEND)(poll.poll)
app.command(rich_help_panel=_MEND)(backfill.backfill)
app.command(rich_help_panel=_MEND)(backup.backup)
app.command(rich_help_panel=_MEND)(backup.restore)
app.command(rich_help_panel=_MEND)(recover.recover)

app.add_typer(drill.app, name="drill", rich_help_panel="Prove")
app.command(rich_help_panel="Feed")(submit.submit)
