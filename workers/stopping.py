"""A prefork worker's stop, kept out of the one moment at which Celery 5.7 hangs.

Its handler ends the pool from within the signal, wherever the parent happens to be. While it reads what a child says of
a task, that message has left the pipe and is known to nobody yet: the pool then waits for it for good.
"""

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType

from celery.concurrency.asynpool import ResultHandler

_AGAIN_S = 0.05
_READING = ResultHandler._recv_message.__code__

Handler = Callable[[int, FrameType | None], object]


def stop_between_results() -> None:
    """Puts the handler of SIGTERM off while a result is being read; for the main thread, once Celery has set it."""
    handler = signal.getsignal(signal.SIGTERM)
    if callable(handler):
        signal.signal(signal.SIGTERM, put_off(handler))


def put_off(handler: Handler) -> Handler:
    """The handler, which is called at once or, after a result that is being read, by the same signal sent again."""

    def stop(number: int, frame: FrameType | None) -> None:
        if _is_reading(frame):
            threading.Timer(_AGAIN_S, os.kill, (os.getpid(), number)).start()
        else:
            handler(number, frame)

    return stop


def _is_reading(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code is _READING:
            return True
        frame = frame.f_back
    return False
