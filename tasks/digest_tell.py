"""Sends the digest of yesterday, once to each target, from its hour on."""

from celery import shared_task

from bridge.digest.figures import digest_of
from bridge.digest.words import body, title
from bridge.ledger.alarms import close_alarm, raise_alarm
from bridge.ledger.digests import note_told, take
from bridge.outcomes import Urgency
from tasks import fleet


@shared_task(name="digest.tell")
def tell() -> int:
    """Tells whom it has not told yet; how many were told just now. Twice is the same as once.

    Who could not be told is an alarm, and is tried again ten minutes later; so is who was being told when this worker
    died, and he alone may read it twice.
    """
    ports = fleet()
    now = ports.clock.now()
    day = ports.digest.due(now) if ports.digest else None
    if ports.digest is None or day is None:
        return 0
    with ports.database.write() as connection:
        roads = [road for road in ports.digest.roads() if take(connection, day, road.id, now)]
    if not roads:
        return 0
    calendars = {name: lane.calendar for name, lane in ports.lanes.items()}
    digest = digest_of(ports.database, day, calendars, tuple(ports.connections), now=now)
    troubles = []
    for road in roads:
        trouble = road.tell(title(digest), body(digest, ports.digest.desk_url))
        troubles += [trouble] if trouble else []
        if not trouble:
            with ports.database.write() as connection:
                note_told(connection, day, road.id, ports.clock.now())
    with ports.database.write() as connection:
        if troubles:
            text = f"the digest of {day} did not reach everybody: {'; '.join(troubles)}"
            raise_alarm(connection, "digest:untold", Urgency.NORMAL, text, now)
        else:
            close_alarm(connection, "digest:untold", now)
    return len(roads) - len(troubles)
