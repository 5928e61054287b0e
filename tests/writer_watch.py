"""Sees from beside Sage what a writer does there: how many sessions, under which lease, and what is sent unprobed."""

from collections import Counter
from collections.abc import Iterable

from bridge.erp.memory import MemoryErp
from bridge.seats.memory import MemorySeats


class Watch:
    """`wrongs` says what broke a promise, in words. A writer under test must not hear of it, so nothing is raised."""

    def __init__(self, erp: MemoryErp, seats: MemorySeats, budget: int) -> None:
        self.wrongs: list[str] = []
        self._erp, self._seats, self._budget = erp, seats, budget
        self._unleased: Counter[int] = Counter()
        self._unprobed: set[str] = set()

    def opened(self) -> None:
        """A session was opened."""
        if len(self._erp.sessions) > self._budget:
            self.wrongs.append(f"{len(self._erp.sessions)} sessions, {self._budget} are ours")

    def goes_on(self, fence: int) -> None:
        """The next record is asked for. A writer whose lease has run out stops after the one in its hands."""
        if not any(lease.fence == fence for lease in self._seats.held()):
            self._unleased[fence] += 1
            if self._unleased[fence] > 1:
                self.wrongs.append(f"fence {fence} went on without a lease")

    def begun(self, numbers: Iterable[str]) -> None:
        """These were begun by Sage; what was begun before must have been looked up in between."""
        for number in numbers:
            if number in self._unprobed:
                self.wrongs.append(f"{number} was sent again unprobed")
            self._unprobed.add(number)

    def probed(self, numbers: Iterable[str]) -> None:
        """These were looked up."""
        self._unprobed.difference_update(numbers)
