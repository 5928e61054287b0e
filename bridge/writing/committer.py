"""Commits outcomes beside the seat: the next record is being written while the last one's outcome is committed."""

from collections.abc import Callable, Sequence
from contextvars import copy_context
from queue import Empty, Queue
from threading import Thread
from time import monotonic
from types import TracebackType
from typing import Self

from bridge.ports.erp import ResultLine

Commit = Callable[[Sequence[ResultLine]], object]

LINGER_S = 0.5
"""How long an outcome may wait for company before its commit; with the commit itself it stays under a second."""


class Committer:
    """A thread that commits result lines in groups. Leaving it waits for the last commit and raises what went wrong."""

    def __init__(self, commit: Commit) -> None:
        self._commit = commit
        self._lines: Queue[ResultLine | None] = Queue()
        # What the writer's log lines are bound to holds for those of the thread too.
        self._thread = Thread(target=copy_context().run, args=(self._run,), name="outcome-committer", daemon=True)
        self._error: BaseException | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lines.put(None)
        self._thread.join()
        if self._error is not None:
            raise self._error

    def add(self, line: ResultLine) -> None:
        """Hands a line over; raises what an earlier commit raised, so that the writer stops."""
        if self._error is not None:
            raise self._error
        self._lines.put(line)

    def _run(self) -> None:
        is_last = False
        while not is_last:
            group, is_last = self._gather()
            if not group or self._error is not None:
                continue
            try:
                self._commit(group)
            except BaseException as error:  # handed to the writer, which decides
                self._error = error

    def _gather(self) -> tuple[list[ResultLine], bool]:
        first = self._lines.get()
        if first is None:
            return [], True
        group, until = [first], monotonic() + LINGER_S
        while (left_s := until - monotonic()) > 0:
            try:
                line = self._lines.get(timeout=left_s)
            except Empty:
                break
            if line is None:
                return group, True
            group.append(line)
        return group, False
