"""What beat wakes, and how often. Beat knows no work: each task looks up what is due."""

from typing import Any

from tasks import TICK_LIFE_S
from workers.queues import READERS, queues_of
from workers.roles import load_fleet
from workers.settings import Settings


def beat_schedule(settings: Settings) -> dict[str, dict[str, Any]]:
    """Celery's `beat_schedule`."""
    rhythm = settings.rhythm
    rows = {
        "intake": _row("events.intake", rhythm.intake_s),
        "windows": _row("windows.tick", rhythm.windows_s),
        "sweep": _row("ledger.sweep", rhythm.sweep_s),
        "seats": _row("seats.watch", rhythm.seats_s),
        "alarms": _row("alarms.watch", rhythm.alarms_s),
        "digest": _row("digest.tell", rhythm.alarms_s),
    }
    for queue in queues_of(settings):
        rows[f"canary {queue}"] = _to(queue, _row("canary.echo", rhythm.canary_s))
    for name in settings.connections:
        rows[f"read {name}"] = _row("documents.read", rhythm.read_s, name)
        rows[f"read customers {name}"] = _row("customers.read", rhythm.read_s, name)
        rows[f"read products {name}"] = _row("products.read", rhythm.read_s, name)
        rows[f"poll {name}"] = _row("storefront.poll", rhythm.poll_s, name)
        rows[f"tell {name}"] = _row("storefront.tell", rhythm.tell_s, name)
        rows[f"show {name}"] = _row("storefront.show", rhythm.show_s, name)
    for task in (task for task, queue in load_fleet().tasks.items() if queue == READERS):
        read = (name for name, lane in settings.lanes.items() if lane.reading.is_read)
        rows |= {f"{task} {lane}": _row(task, rhythm.flows_s, lane) for lane in read}
    return rows


def _to(queue: str, row: dict[str, Any]) -> dict[str, Any]:
    """The same row, sent to this queue whatever queue its task has."""
    return {**row, "options": {**row["options"], "queue": queue}}


def _row(task: str, every_s: float, *args: str) -> dict[str, Any]:
    return {"task": task, "schedule": every_s, "args": args, "options": {"expires": max(every_s, TICK_LIFE_S)}}
