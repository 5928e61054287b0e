"""The schedule of a campaign: reproducible, every fault in each round, half of them on each ledger."""

from collections import Counter
from itertools import islice, takewhile

from workers.drills.faults.all import FAULTS
from workers.drills.faults.catalogue import Fault, LedgerKind
from workers.drills.schedule import Turn, turns

KINDS = tuple(LedgerKind)
ALL = list(FAULTS.values())


def of_rounds(rounds: int, kind: LedgerKind, seed: int = 1, kinds: tuple[LedgerKind, ...] = KINDS) -> list[Turn]:
    return list(takewhile(lambda turn: turn.round <= rounds, turns(ALL, kinds, kind, seed)))


def names(drawn: list[Turn]) -> Counter[str]:
    return Counter(turn.fault.name for turn in drawn)


def test_each_fault_has_its_turn_in_each_round_on_one_ledger_and_half_of_them_on_each() -> None:
    drawn = {kind: of_rounds(1, kind) for kind in KINDS}
    assert sum((names(each) for each in drawn.values()), Counter()) == Counter(list(FAULTS))
    assert abs(len(drawn[KINDS[0]]) - len(drawn[KINDS[1]])) <= 2


def test_after_as_many_rounds_as_ledgers_each_ledger_has_met_what_it_can_meet() -> None:
    both = {each.name for each in ALL if len(each.ledgers) == len(KINDS)}
    for kind in KINDS:
        met = names(of_rounds(40, kind))
        assert set(met) == {each.name for each in ALL if kind in each.ledgers}
        assert all(met[name] >= 5 for name in both)


def test_the_same_seed_gives_the_same_turns_and_another_one_others() -> None:
    first = of_rounds(2, KINDS[0])
    assert first == of_rounds(2, KINDS[0])
    assert [turn.fault.name for turn in first] != [turn.fault.name for turn in of_rounds(2, KINDS[0], seed=2)]


def test_one_ledger_alone_gets_all_that_it_knows() -> None:
    drawn = of_rounds(1, LedgerKind.SQLITE, kinds=(LedgerKind.SQLITE,))
    assert set(names(drawn)) == {each.name for each in ALL if LedgerKind.SQLITE in each.ledgers}


def test_a_fault_that_a_ledger_does_not_know_has_no_turn_there() -> None:
    alone = Fault("alone", "x", lambda _: None, frozenset({LedgerKind.POSTGRESQL}))
    assert list(islice(turns([alone], KINDS, LedgerKind.SQLITE, 1), 1)) == []
