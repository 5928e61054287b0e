"""Who hears how long things took and what they came to: for metrics, and never for a decision."""

from collections.abc import Callable, Iterable
from typing import Protocol

Heard = Callable[[str, str, float], None]
"""Hears of one call to the other side: which kind of call, what it came to, and the seconds that it took."""


def unheard(call: str, came_to: str, seconds: float) -> None:
    """For who is not listened to."""


class Observer(Protocol):
    """Hears what the fleet did. It answers within microseconds, raises nothing, and nothing depends on it.

    Every text that it is told becomes a label of a metric, so each is one of few: never an id, nor a person's data.
    """

    def storefront_call(self, connection: str, call: str, came_to: str, seconds: float) -> None:
        """One HTTP request to a storefront ended."""
        ...

    def erp_call(self, system: str, call: str, came_to: str, seconds: float) -> None:
        """One HTTP request to the agent of an ERP ended."""
        ...

    def window(self, lane: str, ended_by: str, seconds: float) -> None:
        """A writer is done with a window."""
        ...

    def batch(self, lane: str, document: str, seconds: float) -> None:
        """A batch left the writer or the sender."""
        ...

    def outcomes(self, lane: str, document: str, came_to: Iterable[str]) -> None:
        """Each of so many records of a lane came to this."""
        ...

    def arrivals(self, taken: int, unreadable: int, oldest_s: float) -> None:
        """Intake committed events; the oldest of them had come so many seconds before."""
        ...

    def seat_refused(self, system: str, purpose: str) -> None:
        """Nobody could lend a seat."""
        ...

    def seat_taken(self, system: str, purpose: str, waited_s: float) -> None:
        """A seat was lent, so many seconds after it was first refused; 0 when it was lent at once."""
        ...

    def seat_given_back(self, system: str, purpose: str, used_s: float) -> None:
        """A seat was given back by whom it was lent to."""
        ...


class NoObserver:
    """Listens to nothing, where metrics are off."""

    def storefront_call(self, connection: str, call: str, came_to: str, seconds: float) -> None:
        """As the port says."""

    def erp_call(self, system: str, call: str, came_to: str, seconds: float) -> None:
        """As the port says."""

    def window(self, lane: str, ended_by: str, seconds: float) -> None:
        """As the port says."""

    def batch(self, lane: str, document: str, seconds: float) -> None:
        """As the port says."""

    def outcomes(self, lane: str, document: str, came_to: Iterable[str]) -> None:
        """As the port says."""

    def arrivals(self, taken: int, unreadable: int, oldest_s: float) -> None:
        """As the port says."""

    def seat_refused(self, system: str, purpose: str) -> None:
        """As the port says."""

    def seat_taken(self, system: str, purpose: str, waited_s: float) -> None:
        """As the port says."""

    def seat_given_back(self, system: str, purpose: str, used_s: float) -> None:
        """As the port says."""


NO_OBSERVER = NoObserver()
