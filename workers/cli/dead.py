"""`tidegate dead`: what waits for a person, and what a person may do with it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bridge.errors import Misconfigured
from workers.cli import letters, mend
from workers.cli.opening import open_broker, open_ledger, settings_of
from workers.cli.options import AsJson, By, Config, Why, person
from workers.cli.show import age, heading, money, print_json, print_table, say

if TYPE_CHECKING:
    from bridge.ledger.store import Database
    from workers.settings import Settings

app = typer.Typer(
    help="""List, mend, replay and discard what waits for a person: dead letters, and records in REVIEW.

Records go by their number, as in `tidegate trace`; messages that nobody could read by m1, m2, ...

[dim]Example: tidegate dead replay --fingerprint rejected/ItemCode --why "items created in Sage"[/]""",
    no_args_is_help=True,
    rich_markup_mode="rich",
)

Entity = Annotated[
    str | None, typer.Option("--entity", metavar="E", help="Only these: order, customer, acknowledgement, message, ...")
]
Fingerprint = Annotated[
    str | None, typer.Option("--fingerprint", metavar="F", help="Only the group with this fingerprint.")
]
Id = Annotated[str, typer.Argument(metavar="ID", help="A record's number, or m and a message's number.")]

_CHUNK = 200


@app.command("list")
def list_groups(
    entity: Entity = None, fingerprint: Fingerprint = None, as_json: AsJson = False, config: Config = None
) -> None:
    """List what waits for a person, grouped by what one fix would mend; with --fingerprint, one by one.

    [dim]Example: tidegate dead list --entity order[/]
    """
    from bridge.ledger.resting import groups
    from bridge.ports.clock import SystemClock

    now = SystemClock().now()
    with open_ledger(settings_of(config)) as database:
        found = groups(database, entity=entity, fingerprint=fingerprint)
        members = letters.members(database, entity, fingerprint) if fingerprint else []
    if as_json:
        print_json({"groups": found, "members": members} if fingerprint else {"groups": found})
        return
    print_table(
        ("entity", "state", "fingerprint", "count", "money", "oldest", "reason (of one)"),
        [
            (group.entity, group.state, group.fingerprint, group.count, money(group.amount, group.currency),
             age(group.oldest, now), letters.first_line(group.reason))
            for group in found
        ],
        title="Waiting for a person",
    )  # fmt: skip
    if members:
        heading(f"With fingerprint {fingerprint}")
        print_table(("id", "name", "state", "reason"), [list(member.values()) for member in members])


@app.command()
def show(letter: Id, as_json: AsJson = False, config: Config = None) -> None:
    """Show one of them whole: the reason, the field at fault and its value, the traceback, the way so far.

    [dim]Example: tidegate dead show 4711[/]
    """
    with open_ledger(settings_of(config)) as database:
        found = letters.whole(database, letter)
    if as_json:
        print_json(found)
        return
    for name, value in found.items():
        if isinstance(value, list):
            heading(name.replace("_", " "))
            print_table(list(value[0]) if value else (), [list(row.values()) for row in value])
        elif value is not None:
            text = value.decode(errors="replace") if isinstance(value, bytes) else value
            say(f"{name.replace('_', ' '):<14} {text}")


@app.command()
def replay(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Records, or messages as m1; or name a group.")
    ] = None,
    *,
    why: Why,
    entity: Entity = None,
    fingerprint: Fingerprint = None,
    by: By = None,
    config: Config = None,
) -> None:
    """Send them the ordinary way again: same windows, same seat guard, failures counted anew.

    An order is read from its storefront and mapped anew first. A message goes back into the event stream.

    [dim]Example: tidegate dead replay 4711 m3 --why "item created in Sage"[/]
    """
    from bridge.ledger.people import replay as replay_records
    from bridge.ports.clock import SystemClock

    if bool(ids) == bool(entity or fingerprint):
        raise Misconfigured("name ids, or a group by --entity or --fingerprint, and not both: `tidegate dead list`")
    settings, who = settings_of(config), person(by)
    with open_ledger(settings) as database:
        records, messages = letters.chosen(database, ids or [], entity, fingerprint)
        if messages:
            _send(settings, database, messages, who, why)
        for at in range(0, len(records), _CHUNK):
            with letters.known():
                replay_records(database, records[at : at + _CHUNK], by=who, why=why, now=SystemClock().now())
    say(f"{len(records)} records and {len(messages)} messages are on their way again")


def _send(settings: "Settings", database: "Database", messages: Sequence[Any], who: str, why: str) -> None:
    """Sends messages back into the event stream; before anything is sent it is clear that all of them can be."""
    from bridge.events.again import event_of, replay_messages
    from bridge.events.redis_stream import RedisEventWriter
    from bridge.ports.clock import SystemClock

    with open_broker(settings) as client:
        events = [(row.id, event_of(row, settings.connections)) for row in messages]
        door = RedisEventWriter(client, settings.broker.stream)
        with database.write() as connection:
            replay_messages(connection, door, events, by=who, why=why, now=SystemClock().now())


@app.command()
def discard(letter: Id, why: Why, by: By = None, config: Config = None) -> None:
    """Give one up for good. It stays in the ledger, with the person and the reason.

    [dim]Example: tidegate dead discard 4711 --why "test order of the web agency"[/]
    """
    from bridge.ledger.people import discard as discard_record
    from bridge.ledger.resting import close_message
    from bridge.ports.clock import SystemClock

    number, is_message = letters.parse(letter)
    now = SystemClock().now()
    with open_ledger(settings_of(config)) as database:
        if is_message:
            letters.open_message(database, number)
            close_message(database, number, by=person(by), why=why, now=now)
        else:
            with letters.known():
                discard_record(database, number, by=person(by), why=why, now=now)
    say(f"{letter} is discarded")


@app.command()
def rebuild(config: Config = None) -> None:
    """Empty the broker's dead-letter queues and fill them from the ledger, which is the truth.

    [dim]Example: tidegate dead rebuild[/]
    """
    from bridge.ledger.dead import as_letter, mark_queued
    from bridge.ledger.resting import open_letters
    from bridge.ports.clock import SystemClock
    from workers.dead_queues import KombuDeadLetters

    settings = settings_of(config)
    with open_ledger(settings) as database, open_broker(settings):
        by_entity = open_letters(database)
        queues = {entity: [as_letter(row) for row in rows] for entity, rows in by_entity.items()}
        KombuDeadLetters(settings.broker.url.get_secret_value()).rebuild(queues)
        with database.write() as connection:
            for rows in by_entity.values():
                for at in range(0, len(rows), _CHUNK):
                    ids = [row.id for row in rows[at : at + _CHUNK]]
                    mark_queued(connection, ids, SystemClock().now())
    say(f"{sum(map(len, queues.values()))} dead letters are in their queues")


app.command()(mend.suggest)
app.command()(mend.amend)
