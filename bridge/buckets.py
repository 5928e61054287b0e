"""A token bucket per key, in this process; several processes let in that many times the bound."""

import time
from collections import OrderedDict
from collections.abc import Callable

from pydantic import BaseModel, ConfigDict, Field

MAX_KEYS = 10_000


class RateBound(BaseModel):
    """How many requests are let in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    per_s: float = Field(default=200.0, gt=0, description="Requests per second over a long time.")
    burst: int = Field(default=1000, ge=1, description="Requests at once after a quiet time.")


class Buckets:
    """One bucket per key, such as a client address. Of more than `MAX_KEYS` the longest unused is forgotten (full)."""

    def __init__(self, bound: RateBound, now_s: Callable[[], float] = time.monotonic) -> None:
        self._bound = bound
        self._now_s = now_s
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> float:
        """Takes a token and gives 0.0, or takes none and gives the seconds until there is one."""
        now_s = self._now_s()
        level, seen_s = self._levels.pop(key, (float(self._bound.burst), now_s))
        level = min(self._bound.burst, level + (now_s - seen_s) * self._bound.per_s)
        wait_s = 0.0 if level >= 1 else (1 - level) / self._bound.per_s
        self._levels[key] = (level if wait_s else level - 1, now_s)
        if len(self._levels) > MAX_KEYS:
            self._levels.popitem(last=False)
        return wait_s
