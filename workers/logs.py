"""Logs of every role: one line an event, of one shape, whoever wrote it: we, Celery, uvicorn or Python itself.

`docs/logs.md` says how they are read. What a line must never hold is kept out by `workers.log_lines`.
"""

import json
import logging
import sys
import threading
from collections.abc import Iterator
from io import TextIOBase
from typing import IO, TYPE_CHECKING, Any

import structlog
from pydantic import BaseModel, SecretStr

from workers.log_lines import Redaction, Stamp, library_line, tell_error

if TYPE_CHECKING:
    from structlog.typing import Processor

    from workers.settings import Settings

ROOMS = ("bridge", "desk", "mappings", "tasks", "workers")
"""Whose lines are written from the configured level on; libraries speak up from warnings on, with `debug` from info."""

_log = structlog.get_logger(__name__)


def start_logs(settings: "Settings", role: str, *, level: str | None = None) -> None:
    """Lets this process log to its standard error; `level` wins over the settings'. Call it once, before any fork.

    Where the lines are JSON, whatever else is printed becomes a line too.
    """
    chosen = (level or settings.logs.level).upper()
    out = sys.stderr
    is_json = settings.logs.shape == "json" or (settings.logs.shape == "auto" and not out.isatty())
    _route(logging.StreamHandler(out), chosen, role, Redaction(secrets_of(settings)), _renderer(is_json, out))
    logging.captureWarnings(True)
    logging.raiseExceptions = False  # a line that cannot be written must not end what it tells of
    sys.excepthook = _crashed
    threading.excepthook = lambda fault: _crashed(fault.exc_type, fault.exc_value, fault.exc_traceback)
    if is_json:
        sys.stdout, sys.stderr = _Printed(sys.stdout), _Printed(out)


def quiet_logs() -> None:
    """For commands that show things to a person: only warnings, on standard error, as text."""
    _route(_StandardError(), "WARNING", "", Redaction(()), _renderer(False, sys.stderr))


def secrets_of(settings: object) -> Iterator[str]:
    """Every secret that the settings hold, and the password of each that is a URL."""
    if isinstance(settings, SecretStr):
        yield settings.get_secret_value()
        yield settings.get_secret_value().partition("://")[2].rpartition("@")[0].partition(":")[2]
    elif isinstance(settings, BaseModel):
        for name in type(settings).model_fields:
            yield from secrets_of(getattr(settings, name))
    elif isinstance(settings, dict):
        for value in settings.values():
            yield from secrets_of(value)
    elif isinstance(settings, list | tuple):
        for value in settings:
            yield from secrets_of(value)


def _route(way: logging.Handler, level: str, role: str, redaction: Redaction, renderer: "Processor") -> None:
    """structlog through the standard library, so that all lines go one way."""
    common: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level, *common, structlog.stdlib.ProcessorFormatter.wrap_for_formatter
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )  # fmt: skip
    way.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=common,
            pass_foreign_args=True,
            processors=[
                library_line, tell_error, structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                Stamp(role), redaction, renderer,
            ],
        )
    )  # fmt: skip
    root = logging.getLogger()
    root.handlers = [way]
    root.setLevel("INFO" if level == "DEBUG" else "WARNING")
    for room in ROOMS:
        logging.getLogger(room).setLevel(level)


def _renderer(is_json: bool, out: IO[str]) -> "Processor":
    if is_json:
        return structlog.processors.JSONRenderer(serializer=json.dumps)
    return structlog.dev.ConsoleRenderer(colors=out.isatty(), timestamp_key="at", sort_keys=False)


def _crashed(kind: type[BaseException], error: BaseException | None, trace: Any) -> None:
    if issubclass(kind, KeyboardInterrupt | SystemExit):
        return
    _log.critical("crashed", exc_info=(kind, error, trace))


class _StandardError(logging.StreamHandler[Any]):
    """Writes to whatever standard error is at the moment of the line."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> Any:
        return sys.stderr


class _Printed(TextIOBase):
    """Stands in the place of standard output or error: each line that is printed there becomes a line of the log."""

    def __init__(self, under: IO[str]) -> None:
        self._under = under
        self._begun = ""

    def write(self, text: str) -> int:
        """Logs the lines that end in `text`; the last one waits for its end."""
        *lines, self._begun = (self._begun + text).split("\n")
        for line in filter(str.strip, lines):
            logging.getLogger("printed").warning("%s", line.strip())
        return len(text)

    def flush(self) -> None:
        """Nothing waits here but a line that has not ended."""

    def isatty(self) -> bool:
        """It is none."""
        return False

    def fileno(self) -> int:
        """That of what it stands for, for programs that are started with it."""
        return self._under.fileno()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return "utf-8"
