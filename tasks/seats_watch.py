"""Looks for seats that have leaked, and counts sessions in doubt against the budget."""

from celery import shared_task

from bridge.errors import TidegateError
from bridge.fleet import Fleet, SeatSystem
from bridge.ledger.alarms import close_alarm, raise_alarm
from bridge.outcomes import Urgency
from bridge.seats.watch import look
from tasks import fleet


@shared_task(name="seats.watch")
def watch() -> int:
    """Compares leases, the agent's sessions and the ERP's own list of each system; how many leaks there are.

    A leak is what two looks have found; it raises an alarm, which closes itself. A system whose agent or counter is
    away is looked at the next time.
    """
    ports = fleet()
    return sum(_watch(ports, system) for system in ports.systems.values())


def _watch(ports: Fleet, system: SeatSystem) -> int:
    try:
        leaks = look(system.seats, system.sessions)
    except TidegateError:
        return 0
    key, now = f"seats:{system.name}", ports.clock.now()
    with ports.database.write() as connection:
        if leaks:
            text = f"{system.name}: {'; '.join(map(str, leaks))}; see `tidegate seats list`"
            raise_alarm(connection, key, Urgency.HIGH, text, now)
        else:
            close_alarm(connection, key, now)
    return len(leaks)
