"""The spelling of `clarity-minimal`: PascalCase names and local times without an offset."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.clarity.calls import JsonObject, Problem
from sandbox.clarity.times import from_text, to_text

_TIMES = {
    "placedAt", "createdAt", "updatedAt", "deletedAt", "requestedShipDate", "receivedAt", "time", "asOf",
    "shippedAt", "issuedAt", "dueAt",
}  # fmt: skip


def render(body: JsonObject, zone: ZoneInfo) -> JsonObject:
    """The site's own JSON in the older site's spelling, at any depth."""
    return {name[0].upper() + name[1:]: _rendered(name, value, zone) for name, value in body.items()}


def parse(body: JsonObject) -> JsonObject:
    """What the older site is sent, in the site's own spelling, at any depth. Times in it are left as they are."""
    return {to_camel(name): _parsed(value) for name, value in body.items()}


def to_camel(name: str) -> str:
    """`OrderNumber` as `orderNumber`."""
    return name[:1].lower() + name[1:]


def from_local(text: str, zone: ZoneInfo) -> str:
    """A local time as the site stores it; the first of the two when clocks are put back. Raises `Problem` 400."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Problem(400, "bad_parameter", f"{text!r} is not a time such as 2025-03-01T07:00:00") from error
    return to_text(moment if moment.tzinfo else moment.replace(tzinfo=zone).astimezone(UTC))


def _rendered(name: str, value: Any, zone: ZoneInfo) -> Any:
    if isinstance(value, dict):
        return render(value, zone)
    if isinstance(value, list):
        return [_rendered(name, part, zone) for part in value]
    if name in _TIMES and isinstance(value, str):
        return _local(value, zone)
    return value


def _local(text: str, zone: ZoneInfo) -> str:
    try:
        moment = from_text(text)
    except ValueError:
        return text  # a bad variant of an order may carry any text here, and keeps it
    return moment.astimezone(zone).replace(tzinfo=None).isoformat(timespec="milliseconds")


def _parsed(value: Any) -> Any:
    if isinstance(value, dict):
        return parse(value)
    return [_parsed(part) for part in value] if isinstance(value, list) else value
