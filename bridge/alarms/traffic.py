"""Whether so few orders are chance, by what the same hour brought in the weeks before. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, fsum, lgamma, log

UNLIKELY = 0.001
"""An hour with as few orders as that comes once in six weeks by chance if every hour is looked at."""


@dataclass(frozen=True)
class Traffic:
    """Orders of the last hour, and of the same hour in each week before that the ledger knows of."""

    seen: int
    weeks: Sequence[int]

    @property
    def expected(self) -> float:
        """The mean of the weeks; 0 without history."""
        return sum(self.weeks) / len(self.weeks) if self.weeks else 0.0

    @property
    def is_too_quiet(self) -> bool:
        """Whether so few, or fewer, would come by chance less than once in a thousand such hours."""
        return self.seen < self.expected and at_most(self.seen, self.expected) < UNLIKELY


def at_most(seen: int, expected: float) -> float:
    """The probability that a Poisson count with this mean (above 0) is `seen` or less.

    Summed from logarithms, as e to the minus mean alone is 0 in floating point for a mean of 750.
    """
    return fsum(exp(n * log(expected) - expected - lgamma(n + 1)) for n in range(seen + 1))
