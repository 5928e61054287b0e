"""A message only wakes its task, and says nothing new when it was sent before that task's last run began.

Messages that say the same pile up in the queue of a busy worker. Were each of them heeded, a task that takes long would
keep the others of its queue waiting as often as it was woken; were they left to expire, chance would decide which task
never has its turn.
"""

import time
from typing import Any

from celery import Task
from celery.signals import before_task_publish

SENT_AT = "tidegate_sent_at"
"""The header with the moment at which a message was sent, in seconds since 1970 by the sender's clock."""

BELIEVED_S = 300.0
"""A message that seems older than this is heeded: by a sender's wrong clock no task must stand still."""


@before_task_publish.connect
def _stamp(headers: dict[str, Any], **_: Any) -> None:
    headers[SENT_AT] = time.time()


class Woken(Task):
    """The base of every task: passes over messages that say nothing new to this very worker.

    A run that fails has looked up nothing for sure, so the next message is heeded.
    """

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Runs the task, or returns None at once."""
        begun: dict[tuple[Any, ...], float] = self.app.begun
        what, now = (self.name, *args), time.time()
        if says_nothing_new(getattr(self.request, SENT_AT, None), begun.get(what), now):
            return None
        begun[what] = now
        try:
            return self.run(*args, **kwargs)
        except BaseException:
            begun.pop(what, None)
            raise


def says_nothing_new(sent_at: float | None, begun_at: float | None, now: float) -> bool:
    """Whether a run that began later has seen all that the message could tell of. Moments are in seconds; pure.

    A begin that is still to come was noted before somebody set the clock back, and says nothing.
    """
    if sent_at is None or begun_at is None or begun_at > now:
        return False
    return sent_at < begun_at and now - sent_at <= BELIEVED_S
