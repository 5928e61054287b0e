"""What becomes of a log line before it is written: one shape, errors without a document's values, nothing secret."""

import linecache
import os
import re
import sys
from collections.abc import Iterable, Mapping, MutableMapping
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

from workers.roles import load_fleet

MASK = "***"
_TEXT_LENGTH = 500
_FRAMES = 12
_LEAST_SECRET = 8
"""A shorter secret stands in too many words to be looked for."""

_TASK_LINES = {"received": "task_received", "succeeded": "task_succeeded"}

TELLING = frozenset(
    {
        "bridge.errors.LostRace", "bridge.errors.Misconfigured", "bridge.errors.StaleFence", "bridge.errors.TryLater",
        "bridge.errors.Unauthorised", "builtins.OSError", "httpx.HTTPError", "kombu.exceptions.OperationalError",
        "redis.exceptions.RedisError", "sqlalchemy.exc.InterfaceError", "sqlalchemy.exc.OperationalError",
    }
)  # fmt: skip
"""Errors that speak of machines and settings, so that their words may be written down.

Those of all others stay out: they may hold a document's values. The line of source that raised it tells what it says.
"""

Line = MutableMapping[str, Any]


def library_line(_logger: object, _method: str, line: Line) -> Line:
    """A library's line: its text is a field, for it is no constant name; Celery's lines on a task have names."""
    told = line.pop("positional_args", None)
    if not line.get("_from_structlog"):
        text = " ".join(str(line["event"]).split())[:_TEXT_LENGTH]
        if line.get("logger", "").startswith("celery.") and isinstance(told, Mapping) and "id" in told:
            line.update(_of_task(text, told))
        else:
            line.update(event="library_line", text=text)
    return line


def _of_task(text: str, told: Mapping[str, Any]) -> Line:
    """Without arguments, results and what Celery says of an error: they hold whatever the task held."""
    name = next((name for word, name in _TASK_LINES.items() if word in text and "exc" not in told), "task_failed")
    fields = {"event": name, "task": told.get("name"), "task_id": told["id"]}
    return {**fields, "duration_s": round(told["runtime"], 3)} if "runtime" in told else fields


def tell_error(_logger: object, _method: str, line: Line) -> Line:
    """An error with where it came from: its type, its words where they may be told, and the lines of source."""
    kept = line.pop("exc_info", None)
    kept = sys.exc_info() if kept is True else kept
    error = kept[1] if isinstance(kept, tuple) else kept
    if isinstance(error, BaseException):
        line["error"] = in_words(error)
        line["stack"] = _stack(kept[2] if isinstance(kept, tuple) else error.__traceback__)
    return line


def in_words(error: BaseException) -> str:
    """The error's type, and the first line of its words if they speak of machines (`TELLING`)."""
    kinds = {f"{kind.__module__.partition('._')[0]}.{kind.__qualname__}" for kind in type(error).__mro__}
    first = str(error).partition("\n")[0][:_TEXT_LENGTH]
    return f"{type(error).__name__}: {first}" if kinds & TELLING and first else type(error).__name__


def _stack(trace: Any) -> list[str]:
    """The last calls, the innermost last. Walked by hand, for Celery's copies of a traceback are only like one."""
    frames = []
    while trace is not None:
        code = trace.tb_frame.f_code
        source = linecache.getline(code.co_filename, trace.tb_lineno).strip()
        frames.append(f"{'/'.join(Path(code.co_filename).parts[-3:])}:{trace.tb_lineno} {code.co_name}: {source}")
        trace = trace.tb_next
    return frames[-_FRAMES:]


class Stamp:
    """Puts first what every line begins with, and adds whose it is."""

    def __init__(self, role: str) -> None:
        self._role = {"role": role} if role else {}

    def __call__(self, _logger: object, _method: str, line: Line) -> Line:
        """The line with its time in UTC, and this process's role and number."""
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        first = {"at": at, "level": line.pop("level"), "event": line.pop("event"), **self._role, "pid": os.getpid()}
        return {**first, **line}


class Redaction:
    """The last to see a line: masks fields of secrets and of people, known secrets, and what looks like either."""

    def __init__(self, secrets: Iterable[str]) -> None:
        known = sorted({each for each in secrets if len(each) >= _LEAST_SECRET}, key=len, reverse=True)
        self._shapes = [
            *([re.compile("|".join(map(re.escape, known)))] if known else []),
            *_SHAPES,
            re.compile(rf"(?<![\w.+%-])(?!{_nodes()})[\w.+%-]+@[\w-]+(?:\.[\w-]+)+"),
        ]

    def __call__(self, _logger: object, _method: str, line: Line) -> Line:
        """The line without them."""
        return {name: MASK if _PERSONAL.search(name) else self._clean(value) for name, value in line.items()}

    def _clean(self, value: Any) -> Any:
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, Enum):
            return self._clean(value.value)
        if isinstance(value, str):
            for shape in self._shapes:
                value = shape.sub(MASK, value)
            return value
        if isinstance(value, Mapping):
            return self(None, "", {str(name): inner for name, inner in value.items()})
        if isinstance(value, list | tuple | set | frozenset):
            return [self._clean(inner) for inner in value]
        return str(value) if isinstance(value, Decimal | datetime) else f"<{type(value).__name__}>"


_PERSONAL = re.compile(
    r"(?i)(?:^|_)(?:pass(?:word|wd)?|pwd|secret|token|api_?key|authori[sz]ation|cookie|credentials?|session_id"
    r"|e?mail|phone|fax|(?:first_?|last_?|full_?)?name|contact|company_name|buyer|street|address\d?|line[123]|city"
    r"|zip|postal(?:_?code)?|birthday|iban|card)s?(?:$|_)"
)
"""Field names that say what they hold."""

_SHAPES = (
    re.compile(r"(?<=://)[^/\s@]*(?=@)"),  # user and password in a URL
    re.compile(r"(?i)\b(?:bearer|basic)\s+[\w.~+/=-]{8,}"),
    re.compile(r"\b(?:whsec_|sk_live_|sk_test_|gh[pousr]_|xox[abprs]-)[\w+/=-]+"),
    re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"),  # a signed web token
    re.compile(r"\$argon2\S+"),
    re.compile(r"(?i)\b(?:password|passwd|pwd|secret|token|api[_-]?key|client_secret)\s*[=:]\s*\S+"),
    re.compile(r"input_value=.*?(?=, input_type|$)"),  # what pydantic was given
    re.compile(r"(?is)\bDETAIL:.*"),  # a row, as PostgreSQL tells it
)


def _nodes() -> str:
    """Workers are called like addresses: `sage-writer.ABC@host.example`."""
    return rf"(?:{'|'.join(map(re.escape, sorted(load_fleet().roles)))})(?:\.\w+)?@"
