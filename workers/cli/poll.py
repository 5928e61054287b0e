"""`tidegate poll`: have a storefront read again from a moment in the past."""

from datetime import datetime
from typing import Annotated

import typer

from bridge.errors import Misconfigured
from workers.cli.opening import open_ledger, settings_of
from workers.cli.options import By, Config, in_utc, person
from workers.cli.show import moment, say


def poll(
    connection: Annotated[str, typer.Argument(metavar="CONNECTION", help="A storefront of [connections].")],
    start: Annotated[
        datetime, typer.Option("--from", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"], help="UTC.")
    ],
    by: By = None,
    config: Config = None,
) -> None:
    """Have everything read again that changed at a storefront since a moment; the next poll does it.

    What the ledger has already is left alone. Never makes the poll begin later than it would.

    [dim]Example: tidegate poll shop --from 2026-11-20[/]
    """
    from bridge.ledger.alarms import close_alarm, raise_alarm
    from bridge.ledger.reading import set_watermark_back
    from bridge.outcomes import Urgency
    from bridge.ports.clock import SystemClock

    settings, now, since = settings_of(config), SystemClock().now(), in_utc(start)
    if connection not in settings.connections:
        raise Misconfigured(f"no connection {connection!r}; [connections] has {', '.join(settings.connections)}")
    with open_ledger(settings) as database, database.write() as transaction:
        was_later = set_watermark_back(transaction, connection, since)
        if was_later:  # the alarm, closed in the same commit, keeps who did it
            key, text = f"poll-set-back:{connection}", f"{person(by)} has {connection} read again from {moment(since)}"
            raise_alarm(transaction, key, Urgency.NORMAL, text, now)
            close_alarm(transaction, key, now)
    what = f"the next poll reads everything since {moment(since)}" if was_later else "it begins there or earlier anyway"
    say(f"{connection}: {what}")
