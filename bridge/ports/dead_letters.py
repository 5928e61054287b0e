"""The dead-letter queues: one per entity on the broker, for the eyes of admins; the ledger stays the truth."""

from collections.abc import Mapping, Sequence
from typing import Protocol


class DeadLetterQueues(Protocol):
    """Queues that nobody consumes."""

    def publish(self, entity: str, letters: Sequence[Mapping[str, object]]) -> None:
        """Adds letters to the entity's queue. A second identical call adds them again; `rebuild` mends that."""
        ...

    def rebuild(self, letters: Mapping[str, Sequence[Mapping[str, object]]]) -> None:
        """Empties every dead-letter queue and fills it with these, by entity."""
        ...
