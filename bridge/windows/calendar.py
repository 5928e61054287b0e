"""The calendar of a lane, as people set it: local hours in the lane's own time zone."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Annotated, Literal, Self, TypeVar, get_args
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from bridge.windows.spans import Span

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEK: tuple[Weekday, ...] = get_args(Weekday)

_DAY = timedelta(days=1)
_HOUR_S = 3600


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError) as error:
        raise ValueError(f"{name!r} is no time zone; use an IANA name such as America/Chicago") from error
    return name


_Local = TypeVar("_Local", time, datetime)


def _without_zone(moment: _Local) -> _Local:
    if moment.tzinfo is not None:
        raise ValueError(f"{moment} carries a zone; leave it out, the lane's time_zone applies")
    return moment


ZoneName = Annotated[str, AfterValidator(_known_zone)]


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class WeeklySpan(_Settings):
    """A span of the wall clock on some days of each week; it may run past midnight."""

    days: tuple[Weekday, ...] = Field(WEEK, min_length=1, description="The weekdays on which the span starts.")
    start: Annotated[time, AfterValidator(_without_zone)] = Field(description="Local time at which the span starts.")
    end: Annotated[time, AfterValidator(_without_zone)] = Field(
        description="Local time at which the span ends; not after `start` means on the next day (00:00 is midnight)."
    )

    def near(self, wall: Span) -> Iterable[Span]:
        """The span's occurrences, in wall-clock time, that may touch `wall` (also in wall-clock time)."""
        day = wall[0].date() - _DAY
        while day <= wall[1].date():
            if WEEK[day.weekday()] in self.days:
                last = day if self.start < self.end else day + _DAY
                yield datetime.combine(day, self.start), datetime.combine(last, self.end)
            day += _DAY

    def contains(self, wall: datetime) -> bool:
        """Whether a wall clock that shows `wall` is inside the span."""
        return any(start <= wall < end for start, end in self.near((wall, wall)))


class DatedSpan(_Settings):
    """A span that comes once, such as a period end."""

    start: Annotated[datetime, AfterValidator(_without_zone)] = Field(
        description="Local date and time at which it starts."
    )
    end: Annotated[datetime, AfterValidator(_without_zone)] = Field(description="Local date and time at which it ends.")
    reason: str = Field("", description="Why the lane is closed, for the people who look at it.")

    @model_validator(mode="after")
    def _ends_after_start(self) -> Self:
        if self.end <= self.start:
            raise ValueError(f"end {self.end} is not after start {self.start}; exchange or correct them")
        return self


class LaneCalendar(_Settings):
    """When a lane may be written, and how much at a time.

    Hours and black-outs follow the wall clock of `time_zone`: a moment is inside a span exactly when the clock on the
    wall says so. The hour that comes twice when the clock goes back is therefore open, or blacked out, both times.
    """

    time_zone: ZoneName = Field("UTC", description="IANA time zone in which hours and black-outs are meant.")
    every_s: int = Field(
        900,
        gt=0,
        le=_HOUR_S,
        description="Seconds from one scheduled time to the next; a divisor of 3600, so that every hour looks alike.",
    )
    duration_s: int | None = Field(
        None, gt=0, description="Seconds that one window lasts at most; without it, until the next scheduled time."
    )
    max_records: int = Field(200, gt=0, description="Records that one window takes in at most.")
    guard_s: float = Field(
        30, ge=0, description="Seconds before a window's end by which a batch must be expected to be done, or wait."
    )
    opening_hours: tuple[WeeklySpan, ...] = Field(
        (WeeklySpan(start=time(0), end=time(0)),),
        min_length=1,
        description="Local hours in which windows may open, per weekday; around the clock unless set.",
    )
    blackouts: tuple[WeeklySpan, ...] = Field(
        (), description="Local hours in which nothing is written, daily or per weekday, such as the nightly backup."
    )
    closures: tuple[DatedSpan, ...] = Field(
        (), description="Local spans that come once in which nothing is written, such as a period end."
    )

    @property
    def zone(self) -> ZoneInfo:
        """The lane's time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def longest(self) -> timedelta:
        """How long a window may last."""
        return timedelta(seconds=self.duration_s or self.every_s)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if _HOUR_S % self.every_s:
            raise ValueError(f"every_s = {self.every_s} does not divide 3600; use 300, 600, 900, 1200, 1800 or 3600")
        if self.duration_s is not None and self.duration_s > self.every_s:
            raise ValueError(
                f"duration_s = {self.duration_s} is more than every_s = {self.every_s}; windows would overlap"
            )
        if self.guard_s >= self.longest.total_seconds():
            raise ValueError(f"guard_s = {self.guard_s} leaves no time in a window of {self.longest}; lower it")
        return self
