"""Sage's days, which have no hour and no zone, as moments."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def moment_of(day: str, zone: str) -> datetime | None:
    """The beginning of a day (YYYYMMDD) in a company's zone, in UTC; None for what is no day. Pure."""
    try:
        local = datetime.strptime(day, "%Y%m%d")  # noqa: DTZ007 - a day has no zone of its own
    except ValueError:
        return None
    return local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
