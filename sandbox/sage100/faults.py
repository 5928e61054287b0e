"""Faults on demand: kept in the store, used up atomically, noted durably before they act (reference 6, point 11)."""

import os
import signal
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, get_args

from sandbox.sage100.com import ComError, Refusal, ServerGone
from sandbox.sage100.store import Store

Point = Literal[
    "logon",
    "set_company",
    "get_next_number",
    "before_read",
    "before_set_key",
    "between_lines",
    "before_header_write",
    "after_header_write",
    "before_result",
]
Action = Literal["kill", "hang", "delay", "busy", "stale", "class_missing", "server_gone", "refuse", "pause"]

POINTS: frozenset[str] = frozenset(get_args(Point))
ACTIONS: frozenset[str] = frozenset(get_args(Action))

_HANG_LIMIT_S = 120.0
_PAUSE_LIMIT_S = 60.0
_POLL_S = 0.01


@dataclass(frozen=True)
class Place:
    """Where a session is when it passes a point: what a fault may be matched on."""

    company: str = ""
    key: str = ""
    stamps: tuple[str, ...] = ()
    line: int | None = None


@dataclass(frozen=True)
class Fault:
    """One fault that was taken and must now act."""

    id: int
    action: str
    ms: int
    text: str


class Faults:
    """The faults of one installation, as met by one server process, which `end_server` ends."""

    def __init__(self, store: Store, end_server: Callable[[], None]) -> None:
        self._store = store
        self._end = end_server
        self._actions: dict[str, Callable[[Fault], None]] = {
            "kill": _kill,
            "hang": lambda fault: self._wait(fault, _HANG_LIMIT_S),
            "pause": lambda fault: self._wait(fault, _PAUSE_LIMIT_S),
            "delay": lambda fault: time.sleep(fault.ms / 1000),
            "busy": _busy,
            "refuse": _refuse,
            "stale": _stale,
            "class_missing": _class_missing,
            "server_gone": self._end_server,
        }

    def fire(self, point: Point, place: Place) -> None:
        """Lets at most one matching fault act. Raises what it says; returns when there is none, or it is over."""
        if not self._store.execute("SELECT 1 FROM fault WHERE point = ? AND remaining > 0 LIMIT 1", (point,)):
            return
        if fault := self._take(point, place):
            self._actions[fault.action](fault)

    def _take(self, point: str, place: Place) -> Fault | None:
        """Uses up one firing and notes the hit, in one commit."""
        with self._store.transaction():
            found = self._store.execute(
                "SELECT id, action, ms, text, stamp FROM fault WHERE point = ? AND remaining > 0 "
                "AND company IN ('', ?) AND key IN ('', ?) AND (line IS NULL OR line = ?) ORDER BY id",
                (point, place.company, place.key, place.line),
            )
            row = next((each for each in found if each["stamp"] in {"", *place.stamps}), None)
            if row is None:
                return None
            self._store.execute("UPDATE fault SET remaining = remaining - 1 WHERE id = ?", (row["id"],))
            stamp = next(iter(place.stamps), "")
            self._store.execute(
                "INSERT INTO fault_hit (fault_id, point, action, pid, company, key, stamp, line, at_utc) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (row["id"], point, row["action"], os.getpid(), place.company, place.key, stamp, place.line, _now()),
            )
        return Fault(row["id"], row["action"], row["ms"], row["text"])

    def _wait(self, fault: Fault, limit_s: float) -> None:
        """Waits until the fault is released, as a modal dialog would wait for a click."""
        end = time.monotonic() + limit_s
        while time.monotonic() < end:
            found = self._store.execute("SELECT released FROM fault WHERE id = ?", (fault.id,))
            if not found or found[0]["released"]:
                return
            time.sleep(_POLL_S)

    def _end_server(self, _: Fault) -> None:
        self._end()
        raise ServerGone


def stamps_of(cells: Iterable[tuple[str, object]]) -> tuple[str, ...]:
    """The values of a record's custom columns: what a fault's `stamp` is compared with."""
    return tuple(str(cell) for name, cell in cells if name.startswith("UDF_") and cell)


def _now() -> str:
    return datetime.now(UTC).isoformat()


def _kill(_: Fault) -> None:
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))


def _busy(fault: Fault) -> None:
    raise Refusal(fault.text or "Error #0: Record or file is busy.")


def _refuse(fault: Fault) -> None:
    raise Refusal(fault.text or "The request was refused.")


def _stale(_: Fault) -> None:
    raise ComError(95, "Bad object handle.")


def _class_missing(_: Fault) -> None:
    raise ComError(90, "Class not found.")
