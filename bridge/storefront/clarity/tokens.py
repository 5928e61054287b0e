"""Credentials of a site: an API key, or OAuth 2.0 tokens that all workers share (reference clarity.md 2.2)."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import redis
from redis.exceptions import LockError

from bridge.errors import TryLater, Unreachable


@dataclass(frozen=True)
class Token:
    """What the token endpoint gave; `life_s` is its life in seconds from now."""

    text: str
    life_s: float

    @property
    def use_for_s(self) -> float:
        """Renewed at 80 % of its life or 60 s before its end, whichever is earlier; at half of a life below that."""
        early = min(0.8 * self.life_s, self.life_s - 60)
        return early if early > 0 else self.life_s / 2


class Tokens(Protocol):
    """Where a token is kept between calls."""

    def get(self, fetch: Callable[[], Token], *, refused: str | None = None) -> str:
        """The present token; one caller at a time fetches a new one when there is none, or only the `refused` one."""
        ...


class RedisTokens:
    """One token for all workers; the key lives as long as the token may be used, by Redis's own clock."""

    def __init__(self, client: redis.Redis, key: str, *, lock_s: float = 60) -> None:
        self._client = client
        self._key = key
        self._lock_s = lock_s

    def get(self, fetch: Callable[[], Token], *, refused: str | None = None) -> str:
        """As the port says. Raises `Unreachable` without Redis, `TryLater` while another worker is slow to fetch."""
        try:
            return self._kept(refused) or self._fetch_once(fetch, refused)
        except LockError as fault:
            raise TryLater("another worker is still fetching the site's token", after_s=5) from fault
        except redis.RedisError as fault:
            raise Unreachable(f"the shared token cannot be read, Redis says: {fault}") from fault

    def _kept(self, refused: str | None) -> str | None:
        kept = self._client.get(self._key)
        text = kept.decode() if isinstance(kept, bytes) else kept
        return text if isinstance(text, str) and text != refused else None

    def _fetch_once(self, fetch: Callable[[], Token], refused: str | None) -> str:
        name = f"{self._key}:lock"
        if self._client.pttl(name) > self._lock_s * 1000:
            self._client.delete(name)  # taken while Redis's clock was ahead; it would outlive who took it by as much
        lock = self._client.lock(
            name, timeout=self._lock_s, blocking_timeout=self._lock_s, raise_on_release_error=False
        )
        with lock:
            kept = self._kept(refused)  # somebody may have fetched it while we waited
            if kept:
                return kept
            token = fetch()
            self._client.set(self._key, token.text, px=max(1, int(token.use_for_s * 1000)))
            return token.text


class LocalTokens:
    """The token of one process, for tests and a fleet of one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._text: str | None = None
        self._use_until = 0.0

    def get(self, fetch: Callable[[], Token], *, refused: str | None = None) -> str:
        """As the port says."""
        with self._lock:
            if self._text is None or self._text == refused or time.monotonic() >= self._use_until:
                token = fetch()
                self._text, self._use_until = token.text, time.monotonic() + token.use_for_s
            return self._text
