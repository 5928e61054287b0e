"""Moments as the contract writes them: RFC 3339, UTC, milliseconds; such texts sort as the moments do."""

from datetime import UTC, datetime


def to_text(moment: datetime) -> str:
    """`2025-03-01T12:00:00.000Z`; anything below a millisecond is cut off."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_text(text: str) -> datetime:
    """Any offset and 0 to 7 fraction digits; raises `ValueError` for anything else, a missing offset included."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no offset, such as Z")
    return moment.astimezone(UTC)
