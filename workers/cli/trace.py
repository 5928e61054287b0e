"""`tidegate trace` and `tidegate receipt`: where did it end up?"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from workers.cli.opening import open_ledger, settings_of
from workers.cli.options import AsJson, Config
from workers.cli.show import heading, money, print_json, print_table, row_dict, say


def trace(
    order: Annotated[
        str,
        typer.Argument(
            metavar="ORDER", help="Order number, id at the storefront, Sage number, record id, customer or event id."
        ),
    ],
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Show where an order ended up: every event, move, number, amount, batch, window, probe and telling.

    Exits with 1 when nothing answers to the id.

    [dim]Example: tidegate trace 100234[/]
    """
    from bridge.ledger.way import roots, way

    settings = settings_of(config)
    with open_ledger(settings) as database:
        ways = [way(database, record) for record in roots(database, list(settings.connections), order)]
    if as_json:
        print_json(ways)
    for each in [] if as_json else ways:
        _show(each)
    if not ways:
        typer.echo(
            f"tidegate: nothing answers to {order!r}: it is no order number, storefront id, Sage number, record id or "
            "event id; ask `tidegate receipt CONNECTION EVENT_ID` whether its event has come",
            err=True,
        )
        raise typer.Exit(1)


def receipt(
    connection: Annotated[str, typer.Argument(metavar="CONNECTION", help="The connection, such as shop.")],
    event_id: Annotated[str, typer.Argument(metavar="EVENT_ID", help="The event's id, as its sender gave it.")],
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Say whether an event was taken over into the ledger, and what became of it. Exits with 1 when it was not.

    [dim]Example: tidegate receipt shop evt_000000000001[/]
    """
    from bridge.ledger.trace import receipt as receipts

    with open_ledger(settings_of(config)) as database:
        rows = [row_dict(row, "body") for row in receipts(database, connection, event_id)]
    if as_json:
        print_json(rows)
    elif rows:
        columns = ("event_id", "topic", "source", "resource_id", "resource_version", "record_id", "taken_at")
        print_table(columns, [[row[column] for column in columns] for row in rows])
    if not rows:
        text = (
            f"event {event_id!r} of {connection!r} is not in the ledger; if it came just now, it is in the stream still"
        )
        typer.echo(f"tidegate: {text} (`tidegate status`)", err=True)
        raise typer.Exit(1)


def _show(found: Mapping[str, Any]) -> None:
    record, totals = found["record"], found["totals"]
    title = f"{record['document']} {record['order_number'] or record['source_id']}: {record['state']}"
    heading(title + (f" as {record['number']}" if record["number"] else ""))
    number = record["number"] or "none yet"
    sides = {"storefront": "storefront", "Sage": "erp", "difference": "difference"}
    amounts = [f"{name} {money(totals[side], totals['currency'])}" for name, side in sides.items()]
    say(f"storefront  {record['connection']}, site {record['site']}, id {record['source_id']}, {_versions(record)}")
    say(f"Sage        {record['lane']}, number {number}, record {record['id']} (our stamp {record['stamp']})")
    say(f"totals      {', '.join(amounts)}")
    if found["customer"]:
        customer = found["customer"]
        say(f"customer    record {customer['id']} ({customer['state']}), number {customer['number'] or 'none yet'}")
    for label, text in (("flags", record["flags"]), ("waits for", record["condition"]), ("reason", _reason(record))):
        if text:
            say(f"{label:<11} {text}")
    say(f"G/L posting {found['gl_posting']}")
    _show_parts(found)


def _show_parts(found: Mapping[str, Any]) -> None:
    _show_rows("Moves", found["moves"], ("at", "origin", "target", "why", "by", "failures", "batch_id", "fence"))
    _show_rows(
        "Events", found["events"], ("received_at", "taken_at", "topic", "event_id", "source", "resource_version")
    )
    _show_rows(
        "Batches and windows",
        found["batches"],
        ("id", "owner", "size", "opened_at", "closed_at", "ended_by", "window_id", "opens_at", "closes_at"),
    )
    _show_rows("Probes", found["probes"], ("at", "verdict", "number", "place", "found_stamp", "text"))
    _show_rows("Known as", found["identities"], ("system", "kind", "value", "at"))
    _show_rows("Dead letters", found["dead_letters"], ("opened_at", "reason", "closed_at", "closed_by", "closed_why"))
    for follower in found["followers"]:
        of = follower["record"]
        _show_rows(
            f"{of['document']} (record {of['id']}): {of['state']}"
            + (f": {follower['says']}" if follower["says"] else ""),
            follower["moves"],
            ("at", "origin", "target", "why", "by", "failures"),
        )


def _show_rows(title: str, rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    if rows:
        heading(title)
        print_table(
            [column.replace("_", " ") for column in columns], [[row[column] for column in columns] for row in rows]
        )


def _versions(record: Mapping[str, Any]) -> str:
    parts = [f"version {record['version']}"]
    if record["wanted_version"] > record["version"]:
        parts.append(f"{record['wanted_version']} wanted")
    if record["written_version"] is not None:
        parts.append(f"{record['written_version']} written")
    return ", ".join(parts)


def _reason(record: Mapping[str, Any]) -> str | None:
    if record["reason_text"] is None:
        return None
    place = f" [{record['reason_field']} = {record['reason_value']!r}]" if record["reason_field"] else ""
    return f"{record['reason_text']}{place}"
