"""How a lane is read."""

from datetime import time

from pydantic import BaseModel, ConfigDict, Field

from bridge.ports.reading import PAGE_ROWS
from bridge.windows.calendar import WeeklySpan


class SweepSettings(BaseModel):
    """When everything is read again, a part each night, in search of what Sage changed without a time stamp.

    It comes after what bears a stamp, in the lane's hours of reading. Items and prices have a rhythm of their own.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    hours: tuple[WeeklySpan, ...] = Field(
        (WeeklySpan(start=time(1), end=time(5)),),
        description="Local hours per weekday in which it reads; from 01:00 to 05:00 unless set, never if empty.",
    )
    pages: int = Field(
        200, gt=0, description="Pages of one kind that a night reads at most; the next one goes on from there."
    )
    history_days: int = Field(
        90,
        gt=0,
        description="Days back to which order history, posted invoices and payments are read, by their stamps.",
    )


class ReaderSettings(BaseModel):
    """One lane's readers. The calendar's black-outs and closures hold for them too."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hours: tuple[WeeklySpan, ...] = Field(
        (WeeklySpan(start=time(0), end=time(0)),),
        description="Local hours per weekday in which the lane may be read; always unless set, never if empty.",
    )
    page_rows: int = Field(PAGE_ROWS, ge=1, le=1000, description="Records that one call reads at most.")
    overlap_s: float = Field(
        7200, ge=0, description="Seconds by which a pass reads again what the one before has read; more than an hour, "
        "for the ERP's stamps know no zone and an hour comes twice when the clock goes back.",
    )  # fmt: skip
    hold_s: float = Field(60, gt=0, description="Seconds after which a reader gives its seat back, at a page's end.")
    ahead_s: float = Field(
        10, ge=0, description="Seconds before a window opens by which a reader that shares the writer's seat is done."
    )
    lease_s: float = Field(120, gt=1, description="Life of a reader's seat lease in seconds; longer than one page.")

    sweep: SweepSettings = Field(SweepSettings(), description="When everything is read again.")

    @property
    def is_read(self) -> bool:
        """Whether the lane is read at all; one that is not needs no reader."""
        return bool(self.hours)
