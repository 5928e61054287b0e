"""The end of a campaign: everything comes to rest, three accounts are compared, and what is wrong gets its fault."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bridge.ledger.outcomes import ACKNOWLEDGEMENT
from bridge.ledger.people import replay
from bridge.ports.clock import SystemClock
from bridge.ports.erp import ORDER
from bridge.states import State
from workers.drills.faults.catalogue import LedgerKind
from workers.drills.ground import Ground
from workers.drills.lookout import Injection, Lookout
from workers.stage.account import Account, Placed
from workers.stage.books import take_account
from workers.stage.waiting import TookTooLong, until

_REST_WITHIN_S = 420.0
"""Longer than the five minutes that a batch of tellings has whose worker was killed."""
_SEATS_WITHIN_S = 45.0
_REPLAYABLE = (State.DEAD, State.REVIEW)


@dataclass(frozen=True)
class Reckoning:
    """What a fleet came to on one ledger. `to_people` rested where a person saw them, who sent them on."""

    kind: LedgerKind
    orders: int
    in_sage: int
    to_people: int
    lost: frozenset[str]
    double: frozenset[str]
    stuck: frozenset[str]
    wrong: tuple[str, ...]
    seats_left: int
    most_seats: int
    budget: int
    killed: Counter[str]
    lasted_s: float
    injections: Sequence[Injection]
    slowest: Sequence[str]
    """The journal of the order that took longest to come to rest, a line for each move."""

    @property
    def is_well(self) -> bool:
        """Whether every promise was kept, and every fault was really there."""
        kept = not (self.lost or self.double or self.stuck or self.wrong or self.seats_left)
        quiet = not any(each.leaked or each.trouble for each in self.injections)
        return kept and quiet and self.most_seats <= self.budget


def reckon(kind: LedgerKind, ground: Ground, lookout: Lookout, lasted_s: float) -> Reckoning:
    """Waits until everything rests, lets a person send on what rests with him, waits again, and compares."""
    _rest(ground)
    sent_on = _send_on(ground)
    if sent_on:
        _rest(ground)
    account = take_account(ground.stage)
    seats_left = _seats_left(ground)
    time.sleep(1)  # one more look of the lookout
    elsewhere = [order for order in account.orders if order.place != "in Sage"]
    return Reckoning(
        kind=kind,
        orders=len(ground.placed),
        in_sage=account.places["in Sage"],
        to_people=sent_on,
        lost=_ids(elsewhere, "MISSING") | (set(ground.placed) - {order.order_id for order in account.orders}),
        double=_ids(elsewhere, "DOUBLE"),
        stuck=frozenset(order.order_id for order in elsewhere if order.place not in {"MISSING", "DOUBLE"}),
        wrong=tuple(_wrong(account)),
        seats_left=seats_left,
        most_seats=lookout.most_seats,
        budget=ground.stage.plan.seats,
        killed=ground.services.killed,
        lasted_s=lasted_s,
        injections=lookout.injections,
        slowest=_journal_of_slowest(ground, lookout),
    )


def _journal_of_slowest(ground: Ground, lookout: Lookout) -> Sequence[str]:
    felt = [each for each in lookout.injections if each.recovery_s is not None and each.last]
    if not felt:
        return ()
    slowest = max(felt, key=lambda each: each.recovery_s or 0)
    moves = ground.ledger.moves(list(slowest.last)[:1])
    lines = [f"{move.at:%H:%M:%S} {move.origin} -> {move.target} by {move.by}: {move.why}" for move in moves]
    return (f"after {slowest.fault}, {slowest.recovery_s:.0f} s:", *lines)


def _rest(ground: Ground) -> None:
    """Until nothing moves; what still does after a long while is found out by the accounts."""
    try:
        until(ground.is_at_rest, "everything at rest", _REST_WITHIN_S)
    except TookTooLong:
        return


def _send_on(ground: Ground) -> int:
    """A person replays every order and every telling that rests with him; how many."""
    resting = [
        record
        for document in (ORDER, ACKNOWLEDGEMENT)
        for record in ground.ledger.records(document=document)
        if record.state in _REPLAYABLE
    ]
    if resting:
        ids = [record.id for record in resting]
        replay(ground.stage.database, ids, by="drill", why="the fault is over", now=SystemClock().now())
    return len(resting)


def _seats_left(ground: Ground) -> int:
    try:
        until(ground.are_seats_back, "every seat given back", _SEATS_WITHIN_S)
    except TookTooLong:
        return ground.seats_left()
    return 0


def _ids(orders: Sequence[Placed], place: str) -> frozenset[str]:
    return frozenset(order.order_id for order in orders if order.place == place)


def _wrong(account: Account) -> Sequence[str]:
    """What the books say that is not about where an order is: untold or wrongly told, and strangers in Sage."""
    places = {order.order_number for order in account.orders if order.place != "in Sage"}
    return [line for line in account.wrong if not any(f"order {number}:" in line for number in places)]
