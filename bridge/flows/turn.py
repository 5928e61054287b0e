"""When a reader may have a seat: in its hours, and never in the way of a writer that has something to write."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bridge.flows.settings import ReaderSettings
from bridge.ledger import windows
from bridge.ledger.store import Database
from bridge.windows.calendar import LaneCalendar
from bridge.windows.due import next_window
from bridge.writing.waiting import has_work


@dataclass(frozen=True)
class Turn:
    """The turns of one lane's readers. `calendars` are those of every lane whose writers share our seats.

    `has_own_seat` says that the budget leaves readers a seat when all writers have theirs.
    """

    database: Database
    lane: str
    calendars: Mapping[str, LaneCalendar]
    settings: ReaderSettings
    has_own_seat: bool

    def lasts_until(self, now: datetime) -> datetime | None:
        """When the reader that begins now must be done; None when it may not begin."""
        if not self._is_hour_of_reading(now):
            return None
        limit = now + timedelta(seconds=self.settings.hold_s)
        if self.has_own_seat:
            return limit
        if any(self._is_wanted_by_writer(lane, now) for lane in self.calendars):
            return None
        ahead = timedelta(seconds=self.settings.ahead_s)
        opens = [next_window(calendar, now).opens_at - ahead for calendar in self.calendars.values()]
        end = min([limit, *opens])
        return end if end > now else None

    def night_of(self, now: datetime) -> datetime | None:
        """When the hours of the sweep began in which a moment lies; None outside of them."""
        zone = self.calendars[self.lane].zone
        wall = now.astimezone(zone).replace(tzinfo=None)
        spans = [span for hours in self.settings.sweep.hours for span in hours.near((wall, wall))]
        begun = [start for start, end in spans if start <= wall < end]
        return min(begun).replace(tzinfo=zone).astimezone(UTC) if begun else None

    def _is_hour_of_reading(self, now: datetime) -> bool:
        calendar = self.calendars[self.lane]
        wall = now.astimezone(calendar.zone).replace(tzinfo=None)
        is_shut = any(span.contains(wall) for span in calendar.blackouts) or any(
            closure.start <= wall < closure.end for closure in calendar.closures
        )
        return not is_shut and any(span.contains(wall) for span in self.settings.hours)

    def _is_wanted_by_writer(self, lane: str, now: datetime) -> bool:
        with self.database.read() as connection:
            is_open = windows.to_write(connection, lane, now) is not None
            return is_open and has_work(connection, lane, now)
