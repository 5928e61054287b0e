"""How many seats we may use: at most, per purpose, and by the time of day."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bridge.windows.calendar import WeeklySpan, ZoneName


@dataclass(frozen=True)
class SeatAllowance:
    """What a purpose may have at one moment: seats of all purposes together, and of this purpose alone."""

    total: int
    of_purpose: int


class SeatSpan(WeeklySpan):
    """Local hours in which fewer seats are ours, such as the warehouse's office hours."""

    total: int = Field(ge=0, description="Seats that we may use in these hours, all purposes together.")


class SeatBudget(BaseModel):
    """The seats of one installation that are ours; the other ones belong to the people who work in the ERP."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    total: int = Field(1, ge=0, description="Seats that we may use at most, all purposes together.")
    per_purpose: dict[str, Annotated[int, Field(ge=0)]] = Field(
        default_factory=dict, description="Seats per purpose (writer, reader, replay); unnamed ones share the total."
    )
    time_zone: ZoneName = Field("UTC", description="IANA time zone in which the hours are meant.")
    hours: tuple[SeatSpan, ...] = Field((), description="Local hours with a lower total; the lowest of several counts.")

    @model_validator(mode="after")
    def _hours_only_lower(self) -> Self:
        for span in self.hours:
            if span.total > self.total:
                raise ValueError(
                    f"hours from {span.start} allow {span.total} of {self.total} seats; raise total instead"
                )
        return self

    def allowance(self, purpose: str, now: datetime) -> SeatAllowance:
        """What `purpose` may have at `now` (any zone)."""
        wall = now.astimezone(ZoneInfo(self.time_zone)).replace(tzinfo=None)
        total = min([self.total, *(span.total for span in self.hours if span.contains(wall))])
        return SeatAllowance(total, min(total, self.per_purpose.get(purpose, total)))
