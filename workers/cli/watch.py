"""`tidegate watch`: looks at the fleet from outside, and tells people what it finds."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from workers.cli.opening import settings_of
from workers.cli.options import AsJson, Config
from workers.cli.show import age, print_json, print_table, say

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from workers.freshness import Freshness
    from workers.settings import Settings
    from workers.watch.looking import Look
    from workers.watch.telling import Teller


def watch(
    once: Annotated[bool, typer.Option("--once", help="Look once, tell, and exit: 0 well, 1 trouble.")] = False,
    every: Annotated[float, typer.Option(min=1, metavar="SECONDS", help="Seconds from one look to the next.")] = 60,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Watch the fleet from outside: broker, ledger, beat, every queue, silent lanes, missing orders, open alarms.

    Works while broker, ledger or both are dead, and says so. With \\[alerts] in the settings it tells people: once when
    an alarm opens, again while an urgent one lasts, once when it is over. Trouble is an urgent alarm, or a target that
    could not be told. Run it where the fleet does not run.

    [dim]Example: tidegate watch --once --json[/]
    """
    from threading import Event

    from workers.freshness import Freshness
    from workers.supervisor import told_by_signals

    settings = settings_of(config)
    teller = _teller(settings)
    if once:
        raise typer.Exit(0 if _round(settings, teller, Freshness(), as_json) else 1)
    stop = Event()
    with told_by_signals(stop):
        freshness = Freshness(from_now=True)
        while not stop.is_set():
            _round(settings, teller, freshness, as_json)
            stop.wait(every)


def _teller(settings: "Settings") -> "Teller | None":
    if settings.alerts is None:
        return None
    from workers.watch.telling import Teller
    from workers.watch.words import Links

    path = settings.alerts.told_file or settings.run_folder / "watch.json"
    return Teller(settings.alerts, path, Links.of(settings))


def _round(settings: "Settings", teller: "Teller | None", freshness: "Freshness", as_json: bool) -> bool:
    """One look, told and shown; whether all is well and everybody could be told."""
    from workers.watch.looking import look, places

    found = look(settings, _now(), freshness)
    troubles = teller.tell(found) if teller else []
    rows = [_row(place, key, found) for place, key in places(settings)]
    if as_json:
        print_json(_whole(found, rows, troubles))
    else:
        _show(found, rows, troubles)
    return found.is_well and not troubles


def _now() -> "datetime":
    from bridge.ports.clock import SystemClock

    return SystemClock().now()


def _row(place: str, key: str, found: "Look") -> tuple[str, str]:
    """A place, and how it is: its alarm's urgency, `ok`, or `not known`."""
    open_here = [
        alarm for alarm in found.alarms if alarm.key == key or (key.endswith(":") and alarm.key.startswith(key))
    ]
    if open_here:
        return place, open_here[0].urgency.value
    return place, "not known" if found.is_hidden(key) else "ok"


def _whole(found: "Look", rows: "Sequence[tuple[str, str]]", troubles: "Sequence[str]") -> dict[str, Any]:
    from bridge.alarms.muting import muted
    from workers.watch.words import runbook

    alarms = [
        {"key": each.key, "urgency": each.urgency, "since": each.since, "text": each.text,
         "runbook": runbook(each.key), "is_silenced": each.is_muted(found.at)}
        for each in muted(found.alarms, found.mutes or ())
    ]  # fmt: skip
    return {
        "at": found.at,
        "is_well": found.is_well,
        "places": dict(rows),
        "alarms": alarms,
        "troubles": list(troubles),
    }


def _show(found: "Look", rows: "Sequence[tuple[str, str]]", troubles: "Sequence[str]") -> None:
    from workers.watch.words import mute_line, runbook

    print_table(("what", "how it is"), rows)
    if found.alarms:
        alarms = [
            (each.urgency, each.key, age(each.since, found.at), each.text, runbook(each.key)) for each in found.alarms
        ]
        print_table(("urgency", "alarm", "for", "what", "what to do"), alarms, title="Open alarms")
    for mute in found.mutes or ():
        if mute.is_on(found.at):
            say(mute_line(mute))
    for trouble in troubles:
        say(trouble)
    say("All is well." if found.is_well else "Something is wrong.")
