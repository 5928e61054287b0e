"""Finds a value in parsed JSON by a short path such as `page.nextCursor` or `errors[0].field`. Pure."""

import re
from functools import cache
from typing import Any

_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


def dig(body: Any, path: str) -> Any:
    """The value at `path`, or None when any step of it is missing; never raises."""
    for step in _steps(path):
        if isinstance(step, str):
            body = body.get(step) if isinstance(body, dict) else None
        else:
            body = body[step] if isinstance(body, list) and step < len(body) else None
    return body


@cache
def _steps(path: str) -> tuple[str | int, ...]:
    return tuple(name or int(index) for name, index in _STEP.findall(path))
