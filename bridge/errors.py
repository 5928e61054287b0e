"""Every error of ours, named by what the caller must do next. Where it happened is a field, not a class."""

from datetime import datetime


class TidegateError(Exception):
    """The root of all our errors."""


class Misconfigured(TidegateError):
    """Settings or a mapping file are wrong: stop, and say which place, which value and the way out."""


class Refused(TidegateError):
    """The other side, or one of our checks, refused one record; the same record again would be refused again."""

    def __init__(
        self, text: str, *, field: str | None = None, value: str | None = None, code: str = "rejected"
    ) -> None:
        super().__init__(text)
        self.field = field
        self.value = value
        self.code = code


class TryLater(TidegateError):
    """Nothing is wrong with the record; the other side cannot take it now. Never counts as an attempt."""

    def __init__(self, text: str, *, after_s: float | None = None) -> None:
        super().__init__(text)
        self.after_s = after_s


class Throttled(TryLater):
    """A storefront's rate limit: all workers wait the given seconds together."""


class Unreachable(TryLater):
    """No connection was made, so nothing was sent."""


class LaneLocked(TryLater):
    """The ERP is locked, backed up or in period end: the lane closes until its next window."""

    def __init__(self, text: str, *, until: datetime | None = None) -> None:
        super().__init__(text)
        self.until = until


class NoSeat(TryLater):
    """No licensed session is free, or our budget of them is spent."""


class Unauthorised(TidegateError):
    """Log-on or permission refused: stop the lane or connection at once and tell a person; never retry by itself."""


class Uncertain(TidegateError):
    """The request may have taken effect; only a probe (or a repeat under the same idempotency key) may decide."""


class StaleFence(TidegateError):
    """A newer writer owns the lane: stop at once and change nothing."""


class WentBack(TidegateError):
    """The ERP no longer has what it confirmed, so it was set back to an older state: stop the lane, tell a person."""


class LostRace(TidegateError):
    """Somebody else moved the record first. For a task this is a silent success."""


class IllegalMove(TidegateError):
    """A move that the table of states does not allow; always a fault of ours."""
