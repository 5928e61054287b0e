"""The door: an append-only stream of raw events that keeps each entry until it has been taken over."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class Entry:
    """One raw entry of the stream. `fields` are bytes as they came; nobody has vouched for them."""

    id: str
    fields: dict[bytes, bytes] = field(default_factory=dict)
    deliveries: int = 1


@dataclass(frozen=True)
class Event:
    """What a storefront told us, raw and immutable.

    `source` is webhook, poll or submit. `connection` names the configured site it came through. `body` is verbatim.
    """

    connection: str
    event_id: str
    topic: str
    body: bytes
    received_at: datetime
    source: str = "webhook"


class EventReader(Protocol):
    """The consuming side of the stream."""

    def read(self, limit: int, block_ms: int = 0) -> Sequence[Entry]:
        """Up to `limit` entries: first what a dead consumer left behind, then new ones. They stay until removed."""
        ...

    def remove(self, ids: Sequence[str]) -> None:
        """Acknowledges and deletes; call only after the ledger's commit. Twice is the same as once."""
        ...


class EventWriter(Protocol):
    """The appending side of the stream."""

    def append(self, events: Sequence[Event]) -> None:
        """Returns once the broker has all of them on disk; raises `Unreachable` or `Uncertain` (append them again)."""
        ...
