"""Windows: the spans in which a lane may be written, computed from its calendar alone (pure, no clock of its own)."""

from bridge.windows.calendar import DatedSpan, LaneCalendar, Weekday, WeeklySpan
from bridge.windows.due import Window, may_start, next_window, windows_between, windows_due

__all__ = [
    "DatedSpan",
    "LaneCalendar",
    "Weekday",
    "WeeklySpan",
    "Window",
    "may_start",
    "next_window",
    "windows_between",
    "windows_due",
]
