"""Listens for silence, of lanes while orders wait and of connections; and closes alarms whose cause is gone."""

from datetime import timedelta

from celery import shared_task

from bridge.ledger import heartbeats
from bridge.ledger.mended import close_mended
from bridge.ledger.silence import watch_lanes
from bridge.ledger.traffic import watch_traffic
from tasks import fleet

GONE = timedelta(days=30)
"""A worker that has not been heard of for so long is no more."""


@shared_task(name="alarms.watch")
def watch() -> int:
    """Raises the alarms of silent lanes and quiet connections, closes what is over; how many there are.

    Twice is the same as once, but for the alarms' counts.
    """
    ports = fleet()
    now = ports.clock.now()
    calendars = {name: lane.calendar for name, lane in ports.lanes.items()}
    silent = watch_lanes(ports.database, calendars, limit=ports.silence.windows, now=now)
    quiet = watch_traffic(ports.database, ports.connections, now=now)
    with ports.database.write() as connection:
        close_mended(connection, now)
        heartbeats.forget(connection, before=now - GONE)
    return silent + quiet
