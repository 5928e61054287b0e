"""Sends messages that nobody could read once more: back into the event stream, after what was wrong was mended."""

import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bridge.errors import Refused
from bridge.events.redis_stream import RedisEventWriter
from bridge.ledger.resting import close_message
from bridge.ports.clock import SystemClock
from bridge.ports.events import Event
from workers.cli.order_event import OrderHead, order_event

if TYPE_CHECKING:
    import redis

    from bridge.ledger.store import Database
    from workers.settings import Settings

_FROM_STREAM = re.compile(r"event:(?P<connection>[^:]+):(?P<event_id>.+):[0-9]+-[0-9]+")
_FROM_POLL = re.compile(r"poll:(?P<connection>[^:]+):(?P<source_id>.+):(?P<version>[0-9]+)")


def replay_messages(
    settings: "Settings", database: "Database", client: "redis.Redis", rows: Sequence[Any], *, by: str, why: str
) -> None:
    """Appends each message's event to the stream, then closes its dead letter; the same again does no harm.

    Raises `Refused`, before anything is sent, for one whose event cannot be made again.
    """
    events = [event_of(row, settings) for row in rows]
    RedisEventWriter(client, settings.broker.stream).append(events)
    for row in rows:
        close_message(database, row.id, by=by, why=f"replay: {why}", now=SystemClock().now())


def event_of(row: Any, settings: "Settings") -> Event:
    """The event that a message was. Its origin tells the connection and the id (`tasks.events_intake`)."""
    told = _FROM_STREAM.fullmatch(row.origin) or _FROM_POLL.fullmatch(row.origin)
    if told is None:
        text = (
            f"m{row.id} came as {row.origin!r}, and nobody can tell whose event it was; discard it, and send it again"
        )
        raise Refused(text, field="origin", value=row.origin)
    parts = told.groupdict()
    if parts["connection"] not in settings.connections:
        known = ", ".join(settings.connections)
        text = f"m{row.id} is of connection {parts['connection']!r}, and [connections] has only {known}; add it first"
        raise Refused(text, field="connection", value=parts["connection"])
    body = _parsed(row.body)
    if "source_id" not in parts:
        topic = str(body.get("type") or "unknown")
        return Event(parts["connection"], parts["event_id"], topic, row.body, row.opened_at, source="submit")
    head = OrderHead(parts["source_id"], int(parts["version"]), str(body.get("siteId", "main")), None)
    event_id = f"replay:{row.id}:{head.source_id}:{head.version}"
    return order_event(parts["connection"], event_id, head, row.body.decode(), row.opened_at)


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
