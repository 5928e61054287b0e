"""A lane is written by one writer whatever is started twice, and one lane's trouble never stops the other."""

import pytest

from bridge.states import State
from tests.fleets import FleetLab


@pytest.fixture
def lab(served: FleetLab) -> FleetLab:
    return served


def test_a_refused_log_on_halts_its_own_lane_only_until_a_person_resumes_it(lab: FleetLab) -> None:
    open_shop, shut_shop = lab.shops
    lab.sage.logon_refused(shut_shop.company, True)
    shut_in, through = lab.place(10, shut_shop), lab.place(10, open_shop)

    lab.until(lambda: lab.ledger.lane(shut_shop).halted, "the lane is halted")
    lab.until(lambda: lab.ledger.all_in(State.CONFIRMED, through), "the other lane flows")
    lab.until(lambda: lab.ledger.all_in(State.READY, shut_in), "nothing is lost where it is halted")
    assert not lab.ledger.lane(open_shop).halted

    lab.sage.logon_refused(shut_shop.company, False)
    lab.ledger.resume(shut_shop)
    lab.settle()


def test_while_sage_has_no_seat_orders_wait_and_no_lane_is_halted(lab: FleetLab) -> None:
    lab.sage.set_option("seats", 0)
    ids = [order_id for shop in lab.shops for order_id in lab.place(10, shop)]
    lab.until(
        lambda: {lab.ledger.lane(shop).last_end for shop in lab.shops} == {"no seat"}, "windows end for want of a seat"
    )
    lab.until(lambda: lab.ledger.all_in(State.READY, ids), "every order waits")
    assert not any(lab.ledger.lane(shop).halted for shop in lab.shops)

    lab.sage.set_option("seats", 2)
    lab.settle()


def test_two_writers_started_for_one_company_write_each_order_once_under_one_fence(lab: FleetLab) -> None:
    """The second one gets in when a person frees the first one's seat, though the first is in the middle of a batch."""
    shop = lab.shops[0]
    ids = lab.place_behind_gate(20, shop)
    trap = lab.trap("after_header_write", "pause", ids, shop)
    with lab.services.twin("worker", "sage-writer", "--company", shop.company, "--number", "2") as twin:
        lab.ledger.resume(shop)
        lab.await_hit(trap)
        [first] = lab.seats.held()
        lab.seats.release(first.seat)
        lab.until(lambda: lab.ledger.lane(shop).fence > first.fence, "the other writer takes the lane over")
        lab.sage.release_fault(trap.fault_id)
        lab.settle()
        assert [state.restarts for state in twin.status()] == [0]

    record = lab.ledger.record(trap.record.source_id)
    assert (record.doubts, lab.ledger.writes_begun(record)) == (1, 1)
    moves = lab.ledger.moves(ids)
    assert len({move.by for move in moves if move.fence}) == 2, "both writers had their hands on these orders"
    for each in lab.ledger.records(ids):
        fences = [move.fence for move in moves if move.fence and move.record_id == each.id]
        assert fences == sorted(fences), f"order {each.order_number} was moved by an older fence after a newer one"


def test_two_beats_wake_everything_twice_and_nothing_is_done_twice(lab: FleetLab) -> None:
    with lab.services.twin("beat") as twin:
        for shop in lab.shops:
            lab.place(20, shop)
        lab.settle()
        assert [(state.stage, state.restarts) for state in twin.status()] == [("running", 0)]
    assert lab.services.state("beat").restarts == 0
