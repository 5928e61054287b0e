"""`tidegate recover`: a restored ledger learns from the ERP what it has forgotten."""

from typing import TYPE_CHECKING, Annotated

import typer

from bridge.errors import Misconfigured
from workers.cli.opening import open_broker, open_ledger, settings_of
from workers.cli.options import AsJson, By, Config, LaneName, Since, person
from workers.cli.show import money, print_json, print_table, say

if TYPE_CHECKING:
    from bridge.recovery.comparison import Report


def recover(
    lane: LaneName,
    *,
    since: Since = None,
    leave: Annotated[
        list[str] | None,
        typer.Option(metavar="NUMBER", help="An order of Sage's that a person has looked at and leaves as it is."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be learned, and change no record.")
    ] = False,
    by: By = None,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Read back from Sage what a restored ledger has forgotten, so that no order is written twice.

    Takes the writer's seat. Needs the storefronts to have been read since the restore. Begins two days before the
    backup; --since names another day of Sage's. Exits with 1 while Sage has an order of ours that the ledger cannot
    place. Twice does no harm.

    [dim]Example: tidegate recover sage100:ABC --dry-run[/]
    """
    from bridge.ports.clock import SystemClock
    from bridge.recovery.recover import Recovery
    from workers.wiring import build_fleet

    settings = settings_of(config)
    if lane not in settings.lanes:
        raise Misconfigured(f"no lane {lane!r} of an ERP; [lanes] has {', '.join(settings.lanes)}")
    feeding = [name for name, each in settings.connections.items() if lane in each.lanes.values()]
    with open_ledger(settings) as database, open_broker(settings):
        ours = build_fleet(settings, "recover").lanes[lane]
        recovery = Recovery(
            database, ours.erp, ours.seats, SystemClock(), ours.writer, lane, person(by), feeding, leave or (), dry_run
        )
        report = recovery.run(since.date() if since else None)
    if as_json:
        print_json(report)
    else:
        _show(lane, report, dry_run)
    raise typer.Exit(1 if report.unsettled else 0)


def _show(lane: str, report: "Report", dry_run: bool) -> None:
    columns = ("record", "document", "web order", "number", "money", "flags")
    rows = [
        (each.id, each.document, each.order_number or each.source_id, each.number, money(each.amount, each.currency),
         each.flags)
        for each in report.learned
    ]  # fmt: skip
    print_table(columns, rows, title="To be learned" if dry_run else "Learned")
    for title, matches in (("For a person, in REVIEW", report.shown), ("Unsettled", report.unsettled)):
        found = [(each.row.number, each.row.text, each.row.stamp, each.why) for each in matches]
        print_table(("number", "text", "stamp", "why"), found, title=title)
    if report.unsettled:
        say(f"{lane} stays closed: settle these (docs/runbooks/restore-the-ledger.md), and run this again")
    elif not dry_run:
        say(f"{lane}: all {report.seen} documents accounted for; `tidegate lane resume {lane} --why ...` opens it")
