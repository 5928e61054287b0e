"""An order as the event that a site would have sent of it: the envelope of the Clarity contract (clarity.md 2.7)."""

import json
from dataclasses import dataclass
from datetime import datetime

from bridge.ports.events import Event

TOPIC = "order.created"


@dataclass(frozen=True)
class OrderHead:
    """What the envelope says of the order."""

    source_id: str
    version: int
    site: str
    updated_at: datetime | None


def order_event(connection: str, event_id: str, head: OrderHead, order_json: str, received_at: datetime) -> Event:
    """The event, of source `submit`. `order_json` is the order's own text, kept letter by letter so that no number
    changes. The same arguments but for `received_at` give the same body, so that a repeat is known as one."""
    updated = head.updated_at.isoformat() if head.updated_at else None
    resource = {"type": "order", "id": head.source_id, "version": head.version, "updatedAt": updated}
    envelope = {"id": event_id, "type": TOPIC, "apiVersion": "v1", "siteId": head.site, "resource": resource}
    body = f'{json.dumps(envelope)[:-1]}, "data": {order_json}}}'
    return Event(connection, event_id, TOPIC, body.encode(), received_at, source="submit")
