"""Which queues a fleet with these settings has."""

from workers.roles import load_fleet
from workers.settings import Settings

READERS = "sage.{company}.read"
"""The queue of whatever reads a lane; each task on it is woken for every lane that is read, and looks whether its flow
is due."""


def queues_of(settings: Settings) -> tuple[str, ...]:
    """Every queue of this fleet: those of its roles, and those of its companies; a lane that is never read has no
    readers' queue."""
    named = load_fleet().queues(*map(company_of, settings.lanes))
    unread = {
        READERS.replace("{company}", company_of(name))
        for name, lane in settings.lanes.items()
        if not lane.reading.is_read
    }
    return tuple(queue for queue in named if queue not in unread)


def company_of(lane: str) -> str:
    """The company of a lane's name."""
    return lane.partition(":")[2]
