"""What a fault is, where it strikes, and the list of all of them."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

from sandbox.bad_line import BadLine
from sandbox.sage100.faults import Action, Point
from workers.drills.ground import Ground
from workers.stage.clock import StageClock
from workers.stage.plan import Shop

HIT_WITHIN_S = 90.0
"""So long a record may take to come to a point in Sage, with whatever else is broken at the time."""


class LedgerKind(StrEnum):
    """The two databases that a ledger may live in."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


BOTH = frozenset(LedgerKind)


@dataclass(frozen=True)
class Scene:
    """Where a fault strikes: a fleet at work, and this time's shop and chance."""

    ground: Ground
    line: BadLine
    clock: StageClock
    kind: LedgerKind
    shop: Shop
    rng: random.Random

    def wait(self, at_least_s: float, at_most_s: float) -> None:
        """Lets a while pass that chance chooses: for faults whose moment, or length, is part of the fault."""
        time.sleep(self.rng.uniform(at_least_s, at_most_s))

    @property
    def writer(self) -> str:
        """The service that writes this shop's company."""
        return f"sage-writer.{self.shop.company}"

    @contextmanager
    def in_batch(self, *points: Point) -> Iterator[int]:
        """Stops Sage within the write of some record of this company, and lets it go on at the end.

        Gives the session's process. Sage's own deadline ends a session that stands for long.
        """
        fault_id = self.sage_fault(self.rng.choice(points), "pause")
        try:
            yield int(self.ground.hits([fault_id])[0]["pid"])
        finally:
            self.ground.sage.release_fault(fault_id)

    def sage_fault(self, point: Point, action: Action, text: str = "", times: int = 1) -> int:
        """Lets Sage fail at the next record of this company, and waits until it has; the fault's id."""
        sage = self.ground.sage
        fault_id = sage.add_fault(point, action, company=self.shop.company, text=text, times=times)
        self.ground.until(lambda: self.ground.has_hit(fault_id), f"{action} at {point}", HIT_WITHIN_S)
        return fault_id


@dataclass(frozen=True)
class Fault:
    """One way in which the world breaks. `strike` breaks it and mends what would not mend by itself."""

    name: str
    does: str
    strike: Callable[[Scene], None]
    ledgers: frozenset[LedgerKind] = BOTH


FAULTS: dict[str, Fault] = {}


def fault(
    name: str, does: str, ledgers: frozenset[LedgerKind] = BOTH
) -> Callable[[Callable[[Scene], None]], Callable[[Scene], None]]:
    """Adds a function to the list of all faults; `does` is for the people who read it."""

    def add(strike: Callable[[Scene], None]) -> Callable[[Scene], None]:
        FAULTS[name] = Fault(name, does, strike, ledgers)
        return strike

    return add
