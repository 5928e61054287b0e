"""The batch behind the one that is written just now."""

from collections.abc import Callable

from bridge.writing.batch import BatchRun


class Behind:
    """Begun while the current batch is written, where it is of a kind that allows it; else when that one is done.

    `claim` gives the next batch, or something else when there is none for now.
    """

    def __init__(self, claim: Callable[[], object]) -> None:
        self._claim = claim
        self._batch: BatchRun | None = None
        self._is_begun = False
        self._error: Exception | None = None

    def begin(self) -> None:
        """Claims it and sends it to wait at the agent. What goes wrong with it must not touch the current batch."""
        try:
            claimed = self._claim()
            if isinstance(claimed, BatchRun):
                self._batch = claimed
                if claimed.may_overlap:
                    claimed.begin()
                    self._is_begun = True
        except Exception as error:  # raised when the current batch is done
            self._batch, self._error = None, error

    def taken(self) -> BatchRun | None:
        """The batch, under way; None when there is none. Raises what went wrong with it."""
        if self._error:
            raise self._error
        if self._batch and not self._is_begun:
            self._batch.begin()
        return self._batch

    def finish(self) -> None:
        """The current batch has ended the window: takes the answer of what is under way, and gives the rest back."""
        if self._error:
            raise self._error
        if self._batch and self._is_begun:
            self._batch.finish()
        elif self._batch:
            self._batch.abandon()

    def abandon(self) -> None:
        """The current batch broke off: leaves this one too."""
        if self._batch:
            self._batch.abandon()
