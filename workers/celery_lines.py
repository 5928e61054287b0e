"""Makes Celery log through us, and binds what a task's lines have in common."""

from collections.abc import Sequence
from typing import Any

import structlog
from celery import signals
from celery.apps import worker as celery_worker
from structlog.contextvars import bind_contextvars, unbind_contextvars

from workers.stopping import stop_between_results

_BOUND = ("task", "task_id", "subject")
_log = structlog.get_logger(__name__)


def follow_celery() -> None:
    """Connects to Celery's signals; twice is the same as once. Celery then sets up no logging of its own."""
    signals.setup_logging.connect(_as_ours)
    signals.worker_ready.connect(_ready)
    signals.task_prerun.connect(_begin)
    signals.task_postrun.connect(_end)
    # It writes past standard output, straight to its number, where nothing can make a line of it.
    celery_worker.safe_say = _unsaid


_asked: list[str] = []
"""How this program was asked to stop: warm, or cold, which is the soft stop of a prefork worker."""


def run_worker(worker: Any) -> int:
    """Runs a Celery worker until it has stopped, and gives its exit code. Celery tells of a soft stop's end nobody."""
    _asked.clear()
    worker.start()
    code = int(worker.exitcode or 0)
    _log.info("worker_stopped", worker=str(worker.hostname), code=code, stop=_asked[-1] if _asked else "by itself")
    return code


def _as_ours(**_: Any) -> None:
    """That somebody listens tells Celery that logging is set up."""


def _unsaid(text: str, _to: object = None) -> None:
    """What Celery says when it is asked to stop; `worker_stopped` tells it, as a signal's handler must not log."""
    _asked.extend(stop for stop in ("warm", "cold") if stop in text.lower())


def _ready(sender: Any, **_: Any) -> None:
    stop_between_results()
    _log.info("worker_ready", worker=str(sender.hostname))


def _begin(task_id: str, task: Any, args: Sequence[object], **_: Any) -> None:
    """A task takes nothing, or the lane or connection that it works on."""
    bind_contextvars(task=task.name, task_id=task_id, **({"subject": str(args[0])} if args else {}))


def _end(**_: Any) -> None:
    unbind_contextvars(*_BOUND)
