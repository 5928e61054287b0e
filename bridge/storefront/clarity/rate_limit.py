"""One site's request budget, shared by all workers: a token bucket that a Retry-After can pause (clarity.md 2.4)."""

import random
import threading
import time
from typing import Protocol

import redis

from bridge.errors import Throttled, Unreachable

SHARE = 0.8
"""The part of a site's limit that the fleet uses; the rest is left to others with the same credential."""


class Budget(Protocol):
    """Who may send a request now."""

    def take(self) -> float:
        """Takes one request and gives 0, or takes nothing and gives the seconds after which to ask again."""
        ...

    def pause(self, seconds: float) -> None:
        """Nobody sends for so long. A shorter pause never ends a longer one."""
        ...

    def advertise(self, burst: int) -> None:
        """The site told how many requests it lets through at once; the lower of that and the configured one holds."""
        ...


def wait_for_turn(budget: Budget, max_wait_s: float) -> None:
    """Returns when one request may be sent; raises `Throttled` as soon as that would take longer than `max_wait_s`."""
    deadline = time.monotonic() + max_wait_s
    while wait_s := budget.take():
        if time.monotonic() + wait_s > deadline:
            raise Throttled(f"the site's rate limit asks for {wait_s:.1f} s", after_s=wait_s)
        # workers that were told the same wait should not all come back at once
        time.sleep(wait_s * random.uniform(1, 1.1))  # noqa: S311 - not a secret


# One hash: tokens, the time they were counted (ms), the end of a pause (ms). The server's clock is the only clock.
# A call repeated by a lost answer takes one token too many, which does no harm. A clock that was set back must not
# stop the fleet until it is again where it was: time never runs backwards here, and no pause is left that is longer
# than the pause that was asked for.
_TAKE = """
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local kept = redis.call('HMGET', KEYS[1], 'tokens', 'at', 'paused', 'pause')
local rate = tonumber(ARGV[1])
local burst = tonumber(ARGV[2])
local paused = tonumber(kept[3] or 0)
if paused > now and paused - now <= tonumber(kept[4] or 0) then return math.ceil(paused - now) end
local tokens = math.min(burst, tonumber(kept[1] or burst) + math.max(now - tonumber(kept[2] or now), 0) * rate / 1000)
local wait = 0
if tokens >= 1 then tokens = tokens - 1 else wait = math.ceil((1 - tokens) * 1000 / rate) end
redis.call('HSET', KEYS[1], 'tokens', tokens, 'at', now)
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return wait
"""

_PAUSE = """
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local till = now + tonumber(ARGV[1])
local kept = redis.call('HMGET', KEYS[1], 'paused', 'pause')
local paused = tonumber(kept[1] or 0)
if paused - now > tonumber(kept[2] or 0) then paused = 0 end
if till > paused then
  redis.call('HSET', KEYS[1], 'paused', till, 'pause', ARGV[1], 'tokens', 0, 'at', till)
end
redis.call('PEXPIRE', KEYS[1], tonumber(ARGV[1]) + tonumber(ARGV[2]))
"""

_KEPT_MS = 3_600_000


class RedisBudget:
    """The bucket in Redis, one key per connection; raises `Unreachable` while Redis does not answer."""

    def __init__(self, client: redis.Redis, key: str, *, rps: float, burst: float) -> None:
        self._key = key
        self._rate = rps * SHARE
        self._burst = self._configured = max(1.0, burst * SHARE)
        self._take = client.register_script(_TAKE)
        self._pause = client.register_script(_PAUSE)

    def take(self) -> float:
        """As the port says."""
        try:
            return float(self._take(keys=[self._key], args=[self._rate, self._burst, _KEPT_MS])) / 1000
        except redis.RedisError as fault:
            raise Unreachable(f"the shared rate limit cannot be asked, Redis says: {fault}") from fault

    def pause(self, seconds: float) -> None:
        """As the port says."""
        try:
            self._pause(keys=[self._key], args=[round(seconds * 1000), _KEPT_MS])
        except redis.RedisError as fault:
            raise Unreachable(f"the shared rate limit cannot be paused, Redis says: {fault}") from fault

    def advertise(self, burst: int) -> None:
        """As the port says; every worker reads it from its own answers, so Redis need not know."""
        self._burst = min(self._configured, max(1.0, burst * SHARE))


class LocalBudget:
    """The bucket of one process, for tests and a fleet of one."""

    def __init__(self, *, rps: float, burst: float) -> None:
        self._rate = rps * SHARE
        self._burst = self._configured = max(1.0, burst * SHARE)
        self._tokens = self._burst
        self._at = time.monotonic()
        self._lock = threading.Lock()

    def take(self) -> float:
        """As the port says."""
        with self._lock:
            now = time.monotonic()
            if now < self._at:
                return self._at - now
            self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
            self._at = now
            if self._tokens < 1:
                return (1 - self._tokens) / self._rate
            self._tokens -= 1
            return 0.0

    def pause(self, seconds: float) -> None:
        """As the port says."""
        with self._lock:
            till = time.monotonic() + seconds
            if till > self._at:
                self._at, self._tokens = till, 0.0

    def advertise(self, burst: int) -> None:
        """As the port says."""
        with self._lock:
            self._burst = min(self._configured, max(1.0, burst * SHARE))
