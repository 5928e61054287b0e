"""Finds an event's id and topic in a webhook with the least parsing that will do."""

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

from bridge.events.wire import fits
from workers.receiver.settings import ConnectionSettings

UNKNOWN_TOPIC = "unknown"


def identify(headers: Mapping[str, str], body: bytes, connection: ConnectionSettings) -> tuple[str, str]:
    """The event's id and topic: from the headers, else from the body's `id` and `type`.

    A body that says neither, or is no JSON, is an event all the same: its id is made of its hash, so that a repeat is
    known as one, and its topic is `unknown`; intake lets it rest where a person sees it.
    """
    event_id = _of_headers("event_id", headers, connection.event_id_headers)
    topic = _of_headers("topic", headers, connection.topic_headers)
    if event_id and topic:
        return event_id, topic
    envelope = _parse(body)
    event_id = event_id or _first_fit("event_id", [envelope.get("id")]) or f"sha256:{sha256(body).hexdigest()}"
    topic = topic or _first_fit("topic", [envelope.get("type")]) or UNKNOWN_TOPIC
    return event_id, topic


def _of_headers(field: str, headers: Mapping[str, str], names: Iterable[str]) -> str | None:
    return _first_fit(field, [headers.get(name) for name in names])


def _first_fit(field: str, candidates: Iterable[object]) -> str | None:
    return next((text for text in candidates if isinstance(text, str) and fits(field, text)), None)


def _parse(body: bytes) -> dict[str, Any]:
    try:
        envelope = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return envelope if isinstance(envelope, dict) else {}
