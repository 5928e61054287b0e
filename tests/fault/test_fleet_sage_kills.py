"""Writer, session and agent are killed in the middle of a batch, at every step of a write."""

import os
import signal

import psutil
import pytest
from celery import Celery

from bridge.states import State
from sandbox.sage100.faults import Point
from tests.contract.sage_lab import is_running
from tests.fleets import FleetLab

ORDERS = 20
IS_IN_SAGE: dict[Point, bool] = {
    "before_set_key": False,
    "between_lines": False,
    "after_header_write": True,
    "before_result": True,
}
"""Whether Sage has the order already when it is at the point."""


@pytest.fixture
def lab(embedded: FleetLab) -> FleetLab:
    return embedded


@pytest.mark.parametrize(
    ("alone", "together"), [("before_set_key", "after_header_write"), ("before_result", "between_lines")]
)
def test_a_writer_killed_in_a_batch_loses_nothing_and_doubles_nothing(
    lab: FleetLab, alone: Point, together: Point
) -> None:
    """One company's writer dies alone, and Sage ends the record in hand; the other's dies with its session."""
    traps = []
    for shop, point in zip(lab.shops, (alone, together), strict=True):
        traps.append(lab.trap(point, "pause", lab.place_behind_gate(ORDERS, shop), shop))
        lab.ledger.resume(shop)
    sessions = [lab.await_hit(trap) for trap in traps]
    for shop, trap in zip(lab.shops, traps, strict=True):
        assert (lab.in_sage(trap.number, shop) is not None) == IS_IN_SAGE[trap.point]

    lab.services.kill("sage-writer.ABC")
    lab.services.kill_tree("sage-writer.XYZ")
    os.kill(sessions[1], signal.SIGKILL)
    assert not any(lab.ledger.record(trap.record.source_id).state is State.CONFIRMED for trap in traps)
    for trap in traps:
        lab.sage.release_fault(trap.fault_id)

    lab.settle()
    ended, broken_off = (lab.ledger.record(trap.record.source_id) for trap in traps)
    assert (ended.doubts, broken_off.doubts) == (1, 1)
    assert lab.ledger.writes_begun(ended) == 1, (
        "what Sage has ended by itself is found by the probe, and not written again"
    )
    assert lab.ledger.writes_begun(broken_off) == (1 if IS_IN_SAGE[together] else 2)


def test_a_session_killed_after_sages_commit_leaves_an_order_that_the_probe_finds(lab: FleetLab) -> None:
    shop = lab.shops[0]
    trap = lab.trap("after_header_write", "kill", lab.place_behind_gate(ORDERS, shop), shop)
    lab.ledger.resume(shop)
    pid = lab.await_hit(trap)
    lab.until(lambda: not is_running(pid), "the session has died of its fault")

    lab.settle()
    record = lab.ledger.record(trap.record.source_id)
    assert (record.doubts, lab.ledger.writes_begun(record)) == (1, 1)


def test_an_agent_killed_in_two_batches_is_started_again_and_loses_nothing(lab: FleetLab) -> None:
    """One session ends its record after the agent's death; the other hangs, and the next agent ends it."""
    traps = []
    for shop in lab.shops:
        traps.append(lab.trap("between_lines", "pause", lab.place_behind_gate(ORDERS, shop), shop))
        lab.ledger.resume(shop)
    sessions = [psutil.Process(lab.await_hit(trap)) for trap in traps]

    lab.services.kill("agent")
    assert all(session.is_running() for session in sessions)
    lab.sage.release_fault(traps[0].fault_id)

    lab.settle()
    assert not any(session.is_running() for session in sessions)
    ended, hung = (lab.ledger.record(trap.record.source_id) for trap in traps)
    assert (lab.ledger.writes_begun(ended), lab.ledger.writes_begun(hung)) == (1, 2)


def test_a_writer_that_stood_still_past_its_lease_writes_and_commits_nothing_more(lab: FleetLab) -> None:
    """It goes on while its successor writes the same order once more, with news of it that it never noted."""
    shop = lab.shops[0]
    ids = lab.place_behind_gate(ORDERS, shop)
    trap = lab.trap("between_lines", "pause", ids, shop)
    lab.ledger.resume(shop)
    session = lab.await_hit(trap)
    lab.until(lambda: lab.ledger.all_in(State.CONFIRMED, trap.earlier), "the writer waits for Sage only")
    [lease] = lab.seats.held()
    with lab.services.twin("worker", "sage-writer", "--company", shop.company, "--number", "2"):
        with lab.services.frozen("sage-writer.ABC"):
            os.kill(session, signal.SIGKILL)
            second = lab.sage.add_fault("after_header_write", "pause", company=shop.company, key=trap.number)
            lab.until(lambda: lab.has_hit(second), "another writer is in the middle of the same order")
        lab.until(lambda: is_between_tasks(lab, "sage-writer.ABC"), "the first writer is done with its task")
        moves = [move for move in lab.ledger.moves(ids) if move.fence]
        taken_over = next(n for n, move in enumerate(moves) if move.by != lease.owner)
        assert lease.owner not in {move.by for move in moves[taken_over:]}
        lab.sage.release_fault(second)
        lab.settle()
    record = lab.ledger.record(trap.record.source_id)
    assert (record.doubts, lab.ledger.writes_begun(record)) == (1, 2)


def is_between_tasks(lab: FleetLab, worker: str) -> bool:
    """Whether a worker without a pool of its own answers, which it cannot do in the middle of a task."""
    app = Celery(broker=lab.stage.settings.broker.url.get_secret_value())
    with app.connection_for_write() as connection:
        told = app.control.ping(timeout=0.5, connection=connection)
    return any(name.startswith(f"{worker}@") for answer in told for name in answer)
