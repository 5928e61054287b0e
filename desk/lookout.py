"""Asks parts that may be away how they are, without letting a page wait for them."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass
from threading import Lock
from typing import Any

import structlog

from bridge.errors import TidegateError

PATIENCE_S = 1.0
"""So long a page waits for one part at most."""

_THREADS = 8

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Seen:
    """What a part answered, or why it is away."""

    answer: Any = None
    away: str | None = None


class Lookout:
    """One question at a time for each part: whoever asks meanwhile waits for the same answer."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="lookout")
        self._asked: dict[str, Future[Any]] = {}
        self._lock = Lock()

    def see(self, looks: dict[str, Callable[[], Any]]) -> dict[str, Seen]:
        """The answers of several parts, by name, after at most `PATIENCE_S` each; they are asked side by side."""
        asked = {name: self._ask(name, look) for name, look in looks.items()}
        return {name: _seen(future) for name, future in asked.items()}

    def _ask(self, name: str, look: Callable[[], Any]) -> "Future[Any]":
        with self._lock:
            under_way = self._asked.get(name)
            if under_way is None or under_way.done():
                under_way = self._asked[name] = self._threads.submit(look)
            return under_way


def _seen(asked: "Future[Any]") -> Seen:
    try:
        return Seen(answer=asked.result(timeout=PATIENCE_S))
    except NotYet:
        return Seen(away=f"no answer within {PATIENCE_S:.0f} s")
    except TidegateError as error:
        return Seen(away=str(error).partition("\n")[0])
    except Exception as error:  # a part may be wrong in any way, and the page still comes
        _log.warning("part_not_seen", error=repr(error))
        return Seen(away=f"it could not be looked at ({type(error).__name__})")
