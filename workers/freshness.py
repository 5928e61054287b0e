"""How long ago a heartbeat last changed, by a clock that nobody can set."""

import time
from datetime import datetime

from bridge.ports.clock import CLOCK_SKEW


class Freshness:
    """Judges heartbeats over many looks. Only the first look at one has nothing but the time of day to go by.

    `from_now` says that there a beat counts as just heard: what was silent before may have been stopped on purpose.
    """

    def __init__(self, *, from_now: bool = False) -> None:
        self._from_now = from_now
        self._began_s = time.monotonic()
        self._seen: dict[str, tuple[datetime | None, float]] = {}

    @property
    def looks_for_s(self) -> float | None:
        """For how long it has been looking; None for who judges by the time of day at first."""
        return time.monotonic() - self._began_s if self._from_now else None

    def silent_s(self, name: str, beat: datetime | None, now: datetime) -> float:
        """Seconds since the heartbeat changed; infinite for one that nobody ever heard, at a first look by the clock.

        A beat of a time to come, by a clock that has been set back since, is worth nothing at a first look.
        """
        at_s = time.monotonic()
        if name not in self._seen:
            self._seen[name] = beat, at_s if self._from_now else at_s - _age_s(beat, now)
        elif self._seen[name][0] != beat:
            self._seen[name] = beat, at_s
        return at_s - self._seen[name][1]


def _age_s(beat: datetime | None, now: datetime) -> float:
    if beat is None or beat > now + CLOCK_SKEW:
        return float("inf")
    return max((now - beat).total_seconds(), 0.0)
