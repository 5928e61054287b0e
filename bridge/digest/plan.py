"""When the digest is due, and to whom it goes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bridge.ports.roads import Road


@dataclass(frozen=True)
class DigestPlan:
    """Yesterday's digest goes out on all `roads`, opened when needed, once the wall clock of `zone` shows `at`."""

    at: time
    zone: ZoneInfo
    roads: Callable[[], Sequence[Road]]
    desk_url: str | None = None

    def due(self, now: datetime) -> date | None:
        """The day whose digest is due by now; None before its hour."""
        wall = now.astimezone(self.zone)
        return yesterday(self.zone, now) if wall.time() >= self.at else None


def yesterday(zone: ZoneInfo, now: datetime) -> date:
    """The day before today, by a zone's wall clock."""
    return now.astimezone(zone).date() - timedelta(days=1)
