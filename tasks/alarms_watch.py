"""Listens for silence and for what waits too long or in too great a number; closes alarms whose cause is gone."""

from datetime import timedelta

from celery import shared_task

from bridge.ledger import heartbeats
from bridge.ledger.mended import close_mended
from bridge.ledger.silence import watch_lanes
from bridge.ledger.traffic import watch_traffic
from bridge.ledger.waiting import waiting_lanes, watch_waiting
from tasks import fleet

GONE = timedelta(days=30)
"""A worker that has not been heard of for so long is no more."""


@shared_task(name="alarms.watch")
def watch() -> int:
    """Raises the alarms of silent lanes, quiet connections and full lanes, closes what is over; how many there are.

    Twice is the same as once, but for the alarms' counts.
    """
    ports = fleet()
    now = ports.clock.now()
    calendars = {name: lane.calendar for name, lane in ports.lanes.items()}
    silent = watch_lanes(ports.database, calendars, limit=ports.silence.windows, now=now)
    quiet = watch_traffic(ports.database, ports.connections, now=now)
    lanes = waiting_lanes(calendars, ports.connections)
    full = watch_waiting(ports.database, lanes, ports.waiting, now=now)
    with ports.database.write() as connection:
        close_mended(connection, now)
        heartbeats.forget(connection, before=now - GONE)
    return silent + quiet + full
