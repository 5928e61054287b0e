"""`tidegate backfill`: have a flow read again from a day on."""

import time
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from bridge.shown import Shown
from workers.cli.compare import Flow, OneLane
from workers.cli.opening import open_ledger, settings_of
from workers.cli.options import By, Config, in_utc, person
from workers.cli.show import moment, say
from workers.cli.trying import lanes_of, try_flow

if TYPE_CHECKING:
    from bridge.ledger.store import Database
    from workers.settings import Settings

_PAUSE_S = 1.0


def backfill(  # noqa: PLR0917  a command's options are given by name
    flow: Flow,
    since: Annotated[
        datetime, typer.Option("--since", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"], help="UTC.")
    ],
    lane: OneLane = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what it would do.")] = False,
    wait: Annotated[bool, typer.Option(help="Follow it to its end; leaving early does no harm.")] = True,
    by: By = None,
    config: Config = None,
) -> None:
    """Have a flow read again what Sage changed since a day; the fleet's readers do it, in their hours and turns.

    Only what differs from what was shown is sent. It survives kills and restarts like any reading; the same again
    begins it anew.

    [dim]Example: tidegate backfill invoice --since 2026-11-01 --dry-run[/]
    """
    settings, start = settings_of(config), in_utc(since)
    lanes = lanes_of(settings, lane)
    with open_ledger(settings) as database:
        if dry_run:
            for name in lanes:
                _tell(settings, flow, name, start)
            return
        _begin(database, flow, lanes, start, person(by))
        say(f"{flow.value} of {', '.join(lanes)}: read again since {moment(start)}")
        if wait:
            _follow(database, flow, lanes)


def _tell(settings: "Settings", flow: Shown, lane: str, start: datetime) -> None:
    """Reads, and tells what would be kept."""
    from rich.progress import Progress, TextColumn

    from bridge.flows.trial import Trial
    from workers.cli.show import console

    with Progress(TextColumn("{task.description}"), console=console(), transient=True) as progress:
        bar = progress.add_task(f"{lane}: reading", total=None)
        trial = Trial(start, heard=lambda it: progress.update(bar, description=f"{lane}: {it.pages} pages read"))
        try_flow(settings, flow, lane, trial)
    told = trial.observed
    say(f"{lane}: {told.new} new and {told.changed} changed would be shown, {told.unchanged} are as they were shown")


def _begin(database: "Database", flow: Shown, lanes: list[str], start: datetime, who: str) -> None:
    from bridge.ledger.alarms import close_alarm, raise_alarm
    from bridge.ledger.passes import read_again
    from bridge.outcomes import Urgency
    from bridge.ports.clock import SystemClock

    now = SystemClock().now()
    with database.write() as transaction:
        for lane in lanes:
            stamps_tell = flow is not Shown.STOCK  # (reference sage100.md 2.7)
            read_again(transaction, lane, flow.value, start if stamps_tell else None, now=now)
            key, text = f"backfill:{lane}/{flow.value}", f"{who} has {flow.value} of {lane} read since {moment(start)}"
            raise_alarm(transaction, key, Urgency.NORMAL, text, now)  # closed at once, it keeps who did it
            close_alarm(transaction, key, now)


def _follow(database: "Database", flow: Shown, lanes: list[str]) -> None:
    from rich.progress import Progress

    from bridge.ledger.passes import is_being_read
    from bridge.ledger.shown import waiting_to_be_shown
    from workers.cli.show import console

    with Progress(console=console()) as progress:
        bar, most = progress.add_task("reading", total=None), 0
        while True:
            with database.read() as connection:
                is_reading = any(is_being_read(connection, lane, flow.value) for lane in lanes)
                left = waiting_to_be_shown(connection, flow)
            most = max(most, left)
            what = "reading; to be shown" if is_reading else "to be shown"
            progress.update(bar, description=what, total=most or None, completed=most - left)
            if not is_reading and not left:
                break
            time.sleep(_PAUSE_S)
    say("done")
