"""Waiting for real processes: bounded, and with a word on what was waited for."""

import time
from collections.abc import Callable

from bridge.errors import TidegateError

PATIENCE_S = 60.0
_POLL_S = 0.02


class TookTooLong(TidegateError):
    """What was waited for did not come about in its time."""


def until(
    condition: Callable[[], bool], what: str, within_s: float = PATIENCE_S, tell: Callable[[], str] = lambda: ""
) -> None:
    """Returns once the condition holds; raises `TookTooLong` after `within_s`, with `what`, and what `tell` adds."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            raise TookTooLong(f"not within {within_s:g} s: {what}\n{tell()}".strip())
        time.sleep(_POLL_S)
