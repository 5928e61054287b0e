"""The rate limit: one token bucket per credential (reference clarity.md 2.4)."""

import math
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from sandbox.clarity.calls import Problem


class Limits:
    """Buckets that hold `burst` requests and refill by `rate_per_s`."""

    def __init__(self, rate_per_s: float, burst: int) -> None:
        self._rate_per_s = rate_per_s
        self._burst = burst
        self._buckets: dict[str, tuple[float, float]] = {}
        self._refusals = 0

    def spend(self, credential: str) -> None:
        """Takes one request from the bucket; raises `Problem` 429 when it is empty."""
        level = self._level(credential)
        if level < 1:
            raise self.refusal((1 - level) / self._rate_per_s)
        self._buckets[credential] = (level - 1, time.monotonic())

    def headers(self, credential: str) -> dict[str, str]:
        """The state of the bucket; `RateLimit-Reset` is the seconds until it is full."""
        level = self._level(credential)
        return {
            "RateLimit-Limit": str(self._burst),
            "RateLimit-Remaining": str(int(level)),
            "RateLimit-Reset": str(math.ceil((self._burst - level) / self._rate_per_s)),
        }

    def refusal(self, wait_s: float) -> Problem:
        """429, with Retry-After as whole seconds and as an HTTP date in turn."""
        self._refusals += 1
        headers = {"Retry-After": retry_after(wait_s, as_date=self._refusals % 2 == 0)}
        return Problem(429, "rate_limited", f"too many requests; {self._burst} at once are allowed", headers=headers)

    def _level(self, credential: str) -> float:
        level, at_s = self._buckets.get(credential, (float(self._burst), time.monotonic()))
        return min(self._burst, level + (time.monotonic() - at_s) * self._rate_per_s)


def retry_after(wait_s: float, *, as_date: bool = False) -> str:
    """The header's value, rounded up, at least 1 s."""
    seconds = max(1, math.ceil(wait_s))
    if not as_date:
        return str(seconds)
    moment = datetime.now(UTC) + timedelta(seconds=seconds + 1)  # + 1: an HTTP date has no fractions
    return format_datetime(moment.replace(microsecond=0), usegmt=True)
