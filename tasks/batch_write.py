"""Writes one lane in its present window."""

from time import monotonic

from celery import shared_task

from bridge.writing.writer import LaneWriter
from tasks import fleet


@shared_task(name="batch.write")
def write(lane_name: str) -> str | None:
    """Works through the lane's open window as design section 5 says; how it ended, or None when nothing was open.

    A message that comes twice, late or for a lane that is being written does nothing. A lane that this process does
    not know is an error: its queue has been given to the wrong worker.
    """
    ports = fleet()
    lane = ports.lanes[lane_name]
    writer = LaneWriter(
        database=ports.database,
        erp=lane.erp,
        seats=lane.seats,
        clock=ports.clock,
        settings=lane.writer,
        calendar=lane.calendar,
        preflight=lane.preflight,
        lane=lane.name,
        owner=ports.name,
        observer=ports.observer,
    )
    began_s = monotonic()
    ended_by = writer.write_window()
    if ended_by:
        ports.observer.window(lane.name, ended_by, monotonic() - began_s)
    return ended_by
