"""Which fault comes when: drawn by chance from a seed, so that the same seed gives the same campaign."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from workers.drills.faults.catalogue import Fault, LedgerKind


@dataclass(frozen=True)
class Turn:
    """One fault's turn. `seed` decides what chance decides in it; `round` counts how often all have had theirs."""

    fault: Fault
    round: int
    seed: str


def turns(faults: Sequence[Fault], kinds: Sequence[LedgerKind], kind: LedgerKind, seed: int) -> Iterator[Turn]:
    """The endless turns of the fleet on this ledger.

    In each round every fault has one turn, on one of the ledgers: half of them on each, the other way round in the
    next round. A fault that only one ledger knows has all of its turns there.
    """
    if not any(kind in each.ledgers for each in faults):
        return
    for number in count(1):
        dealt = list(faults)
        random.Random(f"{seed}:round {number}").shuffle(dealt)  # noqa: S311  faults, not secrets
        both = (each for each in dealt if len(each.ledgers & set(kinds)) > 1)
        place = {each.name: kinds[(position + number) % len(kinds)] for position, each in enumerate(both)}
        for each in dealt:
            if place.get(each.name, kind) is kind and kind in each.ledgers:
                yield Turn(each, number, f"{seed}:{kind}:{number}:{each.name}")
