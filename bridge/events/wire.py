"""The wire form of an event: the fields of one stream entry, the same for every producer (docs/events-door.md)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bridge.errors import Refused
from bridge.ports.events import Entry, Event

VERSION = b"1"
MAX_BODY_BYTES = 1024 * 1024
MAX_CHARS = {"connection": 64, "event_id": 128, "topic": 64, "received_at": 40, "source": 16}
SOURCES = frozenset({"webhook", "poll", "submit"})

_SHOWN_CHARS = 80
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ENTRY_ID = re.compile(r"[0-9]{1,20}-[0-9]{1,20}")


@dataclass(frozen=True)
class Unreadable:
    """Why an entry is no event: the field, the beginning of its value (at most 80 characters) and the way out."""

    reason: str
    field: str
    value: str


class _Unfit(Exception):
    def __init__(self, field: str, value: object, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.value = value if isinstance(value, str) else repr(value)


def stream_name(vendor: str) -> str:
    """The stream of one storefront vendor's events, such as `events:clarity`."""
    return f"events:{vendor}"


def fits(field: str, text: str) -> bool:
    """Whether `text` may stand in this field: not empty, printable, and no longer than its limit."""
    return 0 < len(text) <= MAX_CHARS[field] and text.isprintable()


def to_fields(event: Event) -> dict[bytes, bytes]:
    """The entry that `parse_entry` reads back as `event`; raises `Refused` for an event that it could not read."""
    fields = {
        b"v": VERSION,
        b"received_at": event.received_at.isoformat().encode(),
        b"source": event.source.encode(errors="surrogatepass"),
        b"connection": event.connection.encode(errors="surrogatepass"),
        b"event_id": event.event_id.encode(errors="surrogatepass"),
        b"topic": event.topic.encode(errors="surrogatepass"),
        b"body": event.body,
    }
    unreadable = parse_entry(Entry(id="0-1", fields=fields))
    if isinstance(unreadable, Unreadable):
        raise Refused(unreadable.reason, field=unreadable.field, value=unreadable.value, code="unreadable event")
    return fields


def parse_entry(entry: Entry) -> Event | Unreadable:
    """The event in an entry that anybody may have added, or why there is none. Never raises; unknown fields are left.

    `received_at` may be missing (the entry's own time holds), and `source` (it is `submit` then).
    """
    try:
        return _parse(entry)
    except _Unfit as unfit:
        return Unreadable(str(unfit), unfit.field, unfit.value[:_SHOWN_CHARS])


def _parse(entry: Entry) -> Event:
    fields = entry.fields
    if fields.get(b"v") != VERSION:
        raise _Unfit("v", fields.get(b"v"), "the version of the entry's form is not known; send v = 1")
    return Event(
        connection=_text(fields, "connection"),
        event_id=_text(fields, "event_id"),
        topic=_text(fields, "topic"),
        body=_body(fields),
        received_at=_received_at(entry),
        source=_source(fields),
    )


def _text(fields: Mapping[bytes, bytes], name: str) -> str:
    raw = fields.get(name.encode())
    if raw is None:
        raise _Unfit(name, "", f"the field {name} is missing; every entry needs it")
    limit = MAX_CHARS[name]
    try:
        text = raw.decode() if len(raw) <= 4 * limit else ""  # no character takes more than four bytes
    except UnicodeDecodeError:
        text = ""
    if not fits(name, text):
        raise _Unfit(name, raw[:_SHOWN_CHARS], f"the field {name} is to be 1 to {limit} printable characters of UTF-8")
    return text


def _body(fields: Mapping[bytes, bytes]) -> bytes:
    body = fields.get(b"body")
    if body is None:
        raise _Unfit("body", "", "the field body is missing; every entry needs it, be it empty")
    if len(body) > MAX_BODY_BYTES:
        raise _Unfit("body", f"{len(body)} bytes", f"the body is larger than {MAX_BODY_BYTES} bytes")
    return body


def _source(fields: Mapping[bytes, bytes]) -> str:
    source = _text(fields, "source") if b"source" in fields else "submit"
    if source not in SOURCES:
        raise _Unfit("source", source, f"the source is none of {', '.join(sorted(SOURCES))}")
    return source


def _received_at(entry: Entry) -> datetime:
    if b"received_at" not in entry.fields:
        return _time_of(entry.id)
    text = _text(entry.fields, "received_at")
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise _Unfit("received_at", text, "the time is not RFC 3339 with a zone, such as 2026-11-21T17:05:00Z")


def _time_of(entry_id: str) -> datetime:
    """The moment at which the broker took the entry; its id begins with that moment's milliseconds."""
    try:
        if _ENTRY_ID.fullmatch(entry_id):
            return _EPOCH + timedelta(milliseconds=int(entry_id.partition("-")[0]))
    except OverflowError:
        pass
    raise _Unfit("id", entry_id, "the entry's id holds no time; let the broker choose it (XADD ... *)")
