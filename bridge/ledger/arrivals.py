"""An event with what it says of itself, and whether the ledger's columns can take it."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import String

from bridge.ledger import schema
from bridge.ledger.dead import DeadMessage
from bridge.ports.events import Event

_LARGEST_VERSION = 2**31 - 1


@dataclass(frozen=True)
class Arrival:
    """An event with what its envelope says, and the lane its site maps to by configuration.

    Without `makes_record` it is only told to a record that there is already, and else stays raw. With `rereads` that
    record is read again although the event names no newer version of it.
    """

    event: Event
    document: str
    source_id: str
    version: int
    site: str
    lane: str
    read_from: datetime | None = None
    makes_record: bool = True
    rereads: bool = False


def misfit(arrival: Arrival) -> str | None:
    """Why the ledger's columns cannot take this arrival, with the way out; None when they can. Pure."""
    event, columns = arrival.event, schema.event.c
    texts = (
        ("event id", event.event_id, columns.event_id),
        ("topic", event.topic, columns.topic),
        ("id", arrival.source_id, columns.resource_id),
        ("siteId", arrival.site, schema.record.c.site),
    )
    for name, text, column in texts:
        limit = column.type.length if isinstance(column.type, String) else None
        if not text.isprintable() or len(text) > (limit or 0):
            return f"{name} {text[:80]!r} is not up to {limit} printable characters; correct it at its source"
    if not 0 <= arrival.version <= _LARGEST_VERSION:
        return f"version {arrival.version} is not between 0 and {_LARGEST_VERSION}; correct it at its source"
    return None


def misfit_letter(arrival: Arrival, reason: str) -> DeadMessage:
    """The dead letter of an arrival that does not fit; the same event again is the same letter."""
    event = arrival.event
    digest = sha256(event.body).hexdigest()[:16]
    return DeadMessage(f"event:{event.connection}:{event.event_id}:{digest}", reason, event.body)
