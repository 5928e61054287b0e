"""Sends messages that nobody could read once more: back into the event stream, after what was wrong was mended."""

import json
import re
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from bridge.errors import Refused
from bridge.events.order_event import OrderHead, order_event
from bridge.ledger.resting import put_away
from bridge.ports.events import Event, EventWriter

_FROM_STREAM = re.compile(r"event:(?P<connection>[^:]+):(?P<event_id>.+):[0-9]+-[0-9]+")
_FROM_POLL = re.compile(r"poll:(?P<connection>[^:]+):(?P<source_id>.+):(?P<version>[0-9]+)")


def replay_messages(
    connection: Connection, door: EventWriter, events: Sequence[tuple[int, Event]], *, by: str, why: str, now: datetime
) -> None:
    """Appends events of messages to the stream, each given with its letter, and closes the letters.

    The same again does no harm: intake knows an event that came twice. Raises as `EventWriter.append`.
    """
    door.append([event for _, event in events])
    for letter_id, _ in events:
        put_away(connection, letter_id, by=by, why=f"replay: {why}", now=now)


def event_of(row: Any, connections: Collection[str]) -> Event:
    """The event that a message was. Its origin tells the connection and the id (`tasks.events_intake`).

    Raises `Refused` for one whose event cannot be made again; `connections` are those that the settings name.
    """
    told = _FROM_STREAM.fullmatch(row.origin) or _FROM_POLL.fullmatch(row.origin)
    if told is None:
        text = (
            f"m{row.id} came as {row.origin!r}, and nobody can tell whose event it was; discard it, and send it again"
        )
        raise Refused(text, field="origin", value=row.origin)
    parts = told.groupdict()
    if parts["connection"] not in connections:
        known = ", ".join(connections)
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
