"""Faults on demand (reference clarity.md 2.11): switched on by name for a count, for a time, or until switched off."""

import time
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class FaultName(StrEnum):
    """What can go wrong with a request or its answer. What can go wrong with a webhook is its `Treatment`."""

    RATE_LIMITED = "rate_limited"
    MAINTENANCE = "maintenance"
    SERVER_ERROR = "server_error"
    UNAUTHORISED = "unauthorised"
    KEY_REVOKED = "key_revoked"
    LOCKED = "locked"
    SLOW = "slow"
    SLOW_BODY = "slow_body"
    LOST_ANSWER = "lost_answer"
    TRUNCATED = "truncated"
    STALE_READ = "stale_read"
    CURSOR_EXPIRED = "cursor_expired"
    ROW_CHANGES = "row_changes"
    CLOCK_SKEW = "clock_skew"
    NUMBER_MONEY = "number_money"
    UNKNOWN_ENUM = "unknown_enum"


@dataclass
class Fault:
    """One fault that is on. `count` is how often it still strikes, `until_s` (monotonic) when it ends.

    `method` and `path` (a part of it) narrow it down. `value` is its size: seconds for `slow`, `slow_body`,
    `lost_answer`, `clock_skew` and for every Retry-After; the HTTP status for `server_error`.
    """

    name: FaultName
    count: int | None = None
    until_s: float | None = None
    method: str = ""
    path: str = ""
    value: float | None = None
    struck: int = 0

    def strikes(self, method: str, path: str) -> bool:
        """Whether it is alive and meant for this request."""
        alive = self.count != 0 and (self.until_s is None or time.monotonic() < self.until_s)
        return alive and self.method in {"", method} and self.path in path


class Faults:
    """The faults that are on, at most one of each name. A restart of the site clears them."""

    def __init__(self) -> None:
        self._active: dict[FaultName, Fault] = {}

    def switch_on(self, fault: Fault) -> None:
        """Replaces the fault of the same name."""
        self._active[fault.name] = fault

    def switch_off(self, name: FaultName | None = None) -> None:
        """Ends one fault, or all."""
        for ended in [name] if name else list(self._active):
            self._active.pop(ended, None)

    def take(self, name: FaultName, method: str = "", path: str = "") -> Fault | None:
        """The fault if it strikes this request; that uses up one of its count."""
        fault = self._active.get(name)
        if fault is None or not fault.strikes(method, path):
            return None
        fault.struck += 1
        if fault.count is not None:
            fault.count -= 1
        return fault

    def value(self, name: FaultName) -> float:
        """The size of a fault that lasts, 0 when it is off; uses nothing up."""
        fault = self._active.get(name)
        return (fault.value or 0.0) if fault and fault.strikes("", "") else 0.0

    def listed(self) -> list[dict[str, Any]]:
        """Every fault that was switched on and not off again, with how often it struck."""
        return [asdict(fault) for fault in self._active.values()]
