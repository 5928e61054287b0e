"""Opens the windows that are due, and wakes the writers that have something to write in them."""

from celery import shared_task

from bridge.fleet import Lane
from bridge.ledger import windows
from bridge.windows.due import windows_due
from bridge.writing.waiting import has_work
from tasks import fleet, nudge


@shared_task(name="windows.tick")
def tick() -> None:
    """Makes a row for each window that is due, once per scheduled time whatever beat does, and nudges writers."""
    ports = fleet()
    with ports.database.write() as connection:
        now = ports.clock.now()
        idle = [lane for lane in ports.lanes if not has_work(connection, lane, now)]
        windows.close_past(connection, now, idle)
    for lane in ports.lanes.values():
        _schedule(lane)
        with ports.database.read() as connection:
            now = ports.clock.now()
            window = windows.to_write(connection, lane.name, now)
            standing = windows.lane_row(connection, lane.name)
            is_halted = standing is not None and standing.halted
            wake = window is not None and not is_halted and has_work(connection, lane.name, now)
        if wake:
            nudge("batch.write", lane.name)


def _schedule(lane: Lane) -> None:
    ports = fleet()
    now = ports.clock.now()
    with ports.database.read() as connection:
        newest = windows.newest_scheduled(connection, lane.name)
    due = windows_due(lane.calendar, newest or now, now)
    if due:
        windows.schedule(ports.database, lane.name, due, now=now)
