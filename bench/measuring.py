"""Sides of a benchmark, run in turn so that whatever else the machine does falls on all of them alike."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

Say = Callable[[str], None]
Side = Callable[[], float]
"""One run of one side; gives the figure in the table's unit."""


@dataclass(frozen=True)
class Series:
    """The figures of one side, one a round."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle figure."""
        return median(self.values)

    @property
    def low(self) -> float:
        """The smallest."""
        return min(self.values)

    @property
    def high(self) -> float:
        """The greatest."""
        return max(self.values)


@dataclass(frozen=True)
class Table:
    """What a benchmark found: the figures of each side, and the side that they are compared with."""

    title: str
    unit: str
    sides: Mapping[str, Series]
    yardstick: str | None = None
    notes: tuple[str, ...] = ()

    def ratio(self, side: str) -> float | None:
        """The side's median in yardsticks; None where there is none."""
        if self.yardstick is None or side == self.yardstick:
            return None
        return self.sides[side].median / self.sides[self.yardstick].median


def in_turn(sides: Mapping[str, Side], repeats: int, say: Say) -> dict[str, Series]:
    """Runs each side `repeats` times, all of them once a round, each round beginning with another one."""
    names = list(sides)
    found: dict[str, list[float]] = {name: [] for name in names}
    for number in range(repeats):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            found[name].append(sides[name]())
            say(f"round {number + 1} of {repeats}: {name} {found[name][-1]:.4g}")
    return {name: Series(tuple(values)) for name, values in found.items()}
