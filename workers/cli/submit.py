"""`tidegate submit`: a person's own orders into the running fleet."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bridge.errors import Misconfigured, Uncertain
from workers.cli.machine import submit_to_sandbox
from workers.cli.opening import open_broker, open_ledger, settings_of
from workers.cli.options import AsJson, Config
from workers.cli.show import heading, money, print_json, print_table, say

if TYPE_CHECKING:
    from bridge.ports.events import Event
    from workers.cli.submission import FileAccount, Submission
    from workers.settings import Settings

_GROUP = 200


def submit(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="JSON (an order or a list) or JSON Lines; - reads stdin.")
    ],
    *,
    connection: Annotated[
        str | None, typer.Option(metavar="NAME", help="The connection; else the only one with trusts_body = true.")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Follow the orders until each rests.")] = False,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Through a fleet of their own, on a sandbox site and a simulated Sage.")
    ] = False,
    items: Annotated[
        Path | None, typer.Option(metavar="FILE", help="With --sandbox: its items, JSON, JSON Lines or CSV.")
    ] = None,
    customers: Annotated[
        Path | None, typer.Option(metavar="FILE", help="With --sandbox: its customers, JSON, JSON Lines or CSV.")
    ] = None,
    keep: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="With --sandbox: an empty folder for its files, which stay.")
    ] = None,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Send orders of your own into the fleet, in the Clarity contract's form.

    Each order is checked by itself: bad ones are listed with file, line and field, good ones go on. The same file again
    changes nothing. Exits with 1 when an order was bad or, with --wait or --sandbox, did not end in Sage.

    [dim]Example: tidegate submit orders.jsonl --wait[/]
    [dim]Example: tidegate submit --sandbox --items items.csv --customers customers.json orders.jsonl[/]
    """
    if sandbox:
        _refuse(
            {"--connection": connection, "--wait": wait, "--json": as_json, "--config": config}, "without --sandbox"
        )
        return submit_to_sandbox(files, items, customers, keep)
    _refuse({"--items": items, "--customers": customers, "--keep": keep}, "with --sandbox")
    return _submit(files, connection, wait=wait, as_json=as_json, config=config)


def _refuse(options: Mapping[str, object], place: str) -> None:
    given = [name for name, value in options.items() if value]
    if given:
        raise Misconfigured(f"{', '.join(given)}: only {place}; leave it out, or write the command so")


def _submit(files: list[str], connection: str | None, *, wait: bool, as_json: bool, config: Path | None) -> None:
    from bridge.ports.clock import SystemClock
    from workers.cli.submission import check_files, connection_for

    settings = settings_of(config)
    name, chosen = connection_for(settings, connection)
    submission = check_files(files, name, chosen, SystemClock().now())
    _send(settings, submission.events)
    if not as_json:
        _show(submission, name)
    came_to = _follow(settings, name, submission.versions) if wait and submission.versions else []
    if as_json:
        print_json({"files": [_plain(account) for account in submission.accounts], "orders": came_to})
    elif came_to:
        _show_outcomes(came_to)
    if submission.problems or any(each["outcome"] != "CONFIRMED" for each in came_to):
        raise typer.Exit(1)


def _send(settings: "Settings", events: "Sequence[Event]") -> None:
    from bridge.events.redis_stream import RedisEventWriter

    if not events:
        return
    with open_broker(settings) as client:
        writer = RedisEventWriter(client, settings.broker.stream)
        for at in range(0, len(events), _GROUP):
            try:
                writer.append(events[at : at + _GROUP])
            except Uncertain as error:
                raise Uncertain(f"{error}; submit the same files again: what has arrived is not taken twice") from error


def _show(submission: "Submission", name: str) -> None:
    rows = [(each.file, each.orders, len(each.events), len(each.problems)) for each in submission.accounts]
    print_table(("file", "orders", f"sent on {name}", "not sent"), rows)
    if submission.problems:
        heading("Not sent")
        columns = ("file", "line", "order", "field", "what is wrong, and the way out")
        print_table(columns, [(it.file, it.line, it.order, it.field, it.text) for it in submission.problems])


def _plain(account: "FileAccount") -> dict[str, Any]:
    sent = [event.event_id for event in account.events]
    return {"file": account.file, "orders": account.orders, "sent": sent, "problems": account.problems}


def _follow(settings: "Settings", name: str, versions: Mapping[str, int]) -> list[dict[str, Any]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from workers.cli.following import follow, outcome

    columns = (TextColumn("orders at rest"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with (
        open_ledger(settings) as database,
        Progress(*columns, console=Console(stderr=True), transient=True) as progress,
    ):
        bar = progress.add_task("orders", total=len(versions))
        records = follow(database, name, versions, lambda resting: progress.update(bar, completed=resting))
    return [
        {
            "order": record.order_number or record.source_id,
            "outcome": outcome(record, versions[record.source_id]),
            "number": record.number,
            "currency": record.currency,
            "storefront_total": record.amount,
            "erp_total": record.erp_total,
            "reason": record.reason_text or record.condition or record.flags,
        }
        for record in records.values()
    ]


def _show_outcomes(came_to: Sequence[Mapping[str, Any]]) -> None:
    heading("What became of them")
    print_table(
        ("order", "outcome", "Sage number", "storefront total", "Sage total", "reason"),
        [
            (each["order"], each["outcome"], each["number"], money(each["storefront_total"], each["currency"]),
             money(each["erp_total"], each["currency"]), each["reason"])
            for each in came_to
        ],
    )  # fmt: skip
    confirmed = sum(each["outcome"] == "CONFIRMED" for each in came_to)
    say(f"{confirmed} of {len(came_to)} are in Sage; `tidegate trace ORDER` shows the whole way of each")
