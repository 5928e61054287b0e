"""Time as a port, so that windows and DST can be tested."""

from datetime import UTC, datetime, timedelta
from typing import Protocol

CLOCK_SKEW = timedelta(minutes=1)
"""So far may the clocks of the fleet's machines differ; `tidegate doctor` calls more fatal."""


class Clock(Protocol):
    """Gives the present moment."""

    def now(self) -> datetime:
        """The present moment in UTC, with its zone."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present moment in UTC."""
        return datetime.now(UTC)


class FixedClock:
    """A clock that moves only when told; for tests and dry runs."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        """The moment last set."""
        return self._now

    def set(self, moment: datetime) -> None:
        """Moves the clock, forward or back."""
        self._now = moment.astimezone(UTC)
