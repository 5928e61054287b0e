"""The report of a campaign: every fault in a row, what went wrong beside each fault that may have done it."""

import json
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from workers.drills.faults.catalogue import LedgerKind
from workers.drills.lookout import Injection
from workers.drills.reckoning import Reckoning
from workers.drills.report import as_json, page, rows, summary

NOTHING: frozenset[str] = frozenset()


def an_injection(fault: str, *orders: str, recovery_s: float | None = 2.0, **more: Any) -> Injection:
    return Injection(fault, 1, 0.0, frozenset(orders), 1.0, recovery_s, **more)


def a_reckoning(*injections: Injection, **more: Any) -> Reckoning:
    well = Reckoning(
        kind=LedgerKind.SQLITE, orders=9, in_sage=9, to_people=0, lost=NOTHING, double=NOTHING, stuck=NOTHING,
        wrong=(), seats_left=0, most_seats=2, budget=2, killed=Counter(), lasted_s=60.0, injections=injections,
        slowest=(),
    )  # fmt: skip
    return replace(well, **more)


def test_a_row_sums_up_all_times_of_a_fault_on_all_ledgers() -> None:
    one = a_reckoning(an_injection("kill", "a", "b", recovery_s=3), an_injection("wipe", "a"))
    two = a_reckoning(an_injection("kill", "c", "d", "e", "f", recovery_s=9), kind=LedgerKind.POSTGRESQL)
    kill, wipe = rows([one, two])
    assert (kill.fault, kill.times, kill.in_flight, kill.recovery_s) == ("kill", 2, 3, 9)
    assert (wipe.fault, wipe.times, wipe.lost) == ("wipe", 1, 0)


def test_an_order_gone_wrong_counts_with_every_fault_that_struck_on_its_way_and_with_no_other() -> None:
    lost = a_reckoning(
        an_injection("kill", "a", "b"), an_injection("wipe", "b"), an_injection("stop", "c"), lost=frozenset({"b"})
    )
    assert {row.fault: row.lost for row in rows([lost])} == {"kill": 1, "stop": 0, "wipe": 1}


def test_a_fault_from_which_some_order_never_recovered_says_never() -> None:
    found = a_reckoning(an_injection("kill", "a"), an_injection("kill", "b", recovery_s=None))
    assert rows([found])[0].recovery_s is None
    assert "| kill | 2 | 1 | 0 | 0 | 0 | 0 | never | 0 |" in page([found], {})


@pytest.mark.parametrize(
    "trouble",
    [
        {"lost": frozenset({"a"})}, {"double": frozenset({"a"})}, {"stuck": frozenset({"a"})}, {"wrong": ("x",)},
        {"seats_left": 1}, {"most_seats": 3},
    ],
)  # fmt: skip
def test_a_broken_promise_is_not_well_and_is_told(trouble: dict[str, Any]) -> None:
    found = a_reckoning(**trouble)
    assert a_reckoning().is_well
    assert not found.is_well
    assert summary([found]) != summary([a_reckoning()])


def test_a_fault_that_did_not_strike_or_leaked_a_seat_is_not_well() -> None:
    assert not a_reckoning(an_injection("kill", trouble="no batch came")).is_well
    assert not a_reckoning(an_injection("kill", leaked=1)).is_well


def test_the_json_holds_every_injection_and_can_be_written() -> None:
    found = a_reckoning(an_injection("kill", "a", "b"), lost=frozenset({"b"}), killed=Counter({"beat": 2}))
    told = json.loads(json.dumps(as_json([found], {"seed": 7}), default=str))
    assert (told["seed"], told["ledgers"][0]["lost"], told["ledgers"][0]["killed"]) == (7, ["b"], {"beat": 2})
    assert told["ledgers"][0]["injections"][0]["in_flight"] == 2
