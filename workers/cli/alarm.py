"""`tidegate alarm`: the open alarms, and silences that a person lays on them for a while."""

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from bridge.errors import Misconfigured
from workers.cli.opening import open_ledger, settings_of
from workers.cli.options import AsJson, By, Config, Why, in_utc, person
from workers.cli.show import age, moment, print_json, print_table, row_dict, say

if TYPE_CHECKING:
    from bridge.alarms.muting import Mute

app = typer.Typer(
    help="""List open alarms, and silence what people know of already: by key or pattern, with a reason and an end.

[dim]Example: tidegate alarm silence 'drift:*' --for 4h --why "stock-taking"[/]""",
    no_args_is_help=True,
    rich_markup_mode="rich",
)

Key = Annotated[str, typer.Argument(metavar="KEY", help="An alarm's key, or a pattern of its kind such as 'drift:*'.")]
Until = Annotated[
    datetime | None,
    typer.Option(
        "--until", formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"], help="When it ends (UTC)."
    ),
]
For = Annotated[str | None, typer.Option("--for", metavar="SPAN", help="How long it lasts: 30min, 4h or 2d.")]

_SPAN = re.compile(r"(\d{1,4})(min|h|d)")
_UNITS = {"min": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


@app.command("list")
def list_alarms(as_json: AsJson = False, config: Config = None) -> None:
    """List the open alarms, the latest first, and the silences that last.

    What only `tidegate watch` sees, such as a dead broker, stands in its own list.

    [dim]Example: tidegate alarm list[/]
    """
    from bridge.alarms.muting import muted
    from bridge.alarms.telling import OpenAlarm
    from bridge.ledger import muting
    from bridge.ledger.trace import open_alarms
    from bridge.outcomes import Urgency
    from bridge.ports.clock import SystemClock

    now = SystemClock().now()
    with open_ledger(settings_of(config)) as database:
        rows = open_alarms(database)
        with database.read() as connection:
            mutes = [mute for mute in muting.mutes(connection, now) if mute.is_on(now)]
    alarms = muted([OpenAlarm(row.key, Urgency(row.urgency), row.text, row.first_at) for row in rows], mutes)
    if as_json:
        listed = [
            {**row_dict(row), "silenced_until": alarm.muted_until} for row, alarm in zip(rows, alarms, strict=True)
        ]
        print_json({"alarms": listed, "silences": mutes})
        return
    print_table(
        ("urgency", "alarm", "for", "silenced until", "what"),
        [(each.urgency, each.key, age(each.since, now), each.muted_until, each.text) for each in alarms],
        title="Open alarms",
    )
    _show(mutes)


def _show(mutes: "list[Mute]") -> None:
    rows = [(mute.pattern, mute.until, mute.by, mute.since, mute.why) for mute in mutes]
    print_table(("key", "until", "by", "since", "why"), rows, title="Silences")


@app.command()
def silence(key: Key, *, why: Why, until: Until = None, span: For = None, by: By = None, config: Config = None) -> None:
    """Tell nobody of an alarm for a while; what is still open when the silence ends is told again.

    An alarm that is told at once is silenced by its very key only, and no silence lasts longer than 31 days. A second
    one under the same key takes the place of the first. Other alarms are not touched, and nothing is mended by it.

    [dim]Example: tidegate alarm silence halted:sage100:ABC --for 4h --why "month end, Ann resumes it"[/]
    """
    from bridge.alarms.muting import Mute
    from bridge.ledger import muting
    from bridge.ports.clock import SystemClock

    now = SystemClock().now()
    end = _end(until, span, now)
    with open_ledger(settings_of(config)) as database, database.write() as connection:
        muting.lay(connection, Mute(key, now, end, person(by), why))
    say(f"{key} is silenced until {moment(end)}; `tidegate alarm unsilence {key} --why ...` ends it before")


@app.command()
def unsilence(key: Key, why: Why, by: By = None, config: Config = None) -> None:
    """End a silence before its time; what it covered and is still open is told again.

    [dim]Example: tidegate alarm unsilence 'drift:*' --why "stock-taking is over"[/]
    """
    from bridge.ledger import muting
    from bridge.ports.clock import SystemClock

    with open_ledger(settings_of(config)) as database, database.write() as connection:
        muting.lift(connection, key, by=person(by), why=why, now=SystemClock().now())
    say(f"{key} is not silenced any more")


def _end(until: datetime | None, span: str | None, now: datetime) -> datetime:
    """The end of a silence, of which exactly one option tells. Raises `Misconfigured`."""
    if (until is None) == (span is None):
        raise Misconfigured("a silence has one end: give --until a moment, or --for a span such as 4h")
    if until is not None:
        return in_utc(until)
    found = _SPAN.fullmatch(span or "")
    if found is None:
        raise Misconfigured(f"--for {span!r} is no span; write a number and min, h or d, such as 30min, 4h or 2d")
    return now + int(found[1]) * _UNITS[found[2]]
