"""Waiting in tests of real processes: bounded, and with a word on what was waited for."""

import time
from collections.abc import Callable

DEADLINE_S = 45.0


def until(condition: Callable[[], bool], what: str) -> None:
    """Returns once the condition holds; fails after `DEADLINE_S`, naming `what` was waited for."""
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, f"waited {DEADLINE_S} s in vain: {what}"
        time.sleep(0.01)
