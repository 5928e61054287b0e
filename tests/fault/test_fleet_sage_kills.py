"""Writer, session and agent are killed in the middle of a batch, at every step of a write."""

import os
import signal
from collections.abc import Iterator

import psutil
import pytest

from bridge.states import State
from sandbox.sage100.faults import Point
from tests.contract.sage_lab import is_running
from tests.fleets import FleetLab, fleet_lab

ORDERS = 20
IS_IN_SAGE: dict[Point, bool] = {
    "before_set_key": False,
    "between_lines": False,
    "after_header_write": True,
    "before_result": True,
}
"""Whether Sage has the order already when it is at the point."""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FleetLab]:
    with fleet_lab(tmp_path_factory.mktemp("fleet"), shops=2) as lab:
        yield lab


@pytest.mark.parametrize("point", IS_IN_SAGE)
def test_a_writer_killed_in_a_batch_loses_nothing_and_doubles_nothing(lab: FleetLab, point: Point) -> None:
    """One company's writer dies alone, and Sage ends the record in hand; the other's dies with its session."""
    traps = []
    for shop in lab.shops:
        traps.append(lab.trap(point, "pause", lab.place_behind_gate(ORDERS, shop), shop))
        lab.resume(shop)
    sessions = [lab.await_hit(trap) for trap in traps]
    assert [lab.in_sage(trap.number, shop) is not None for trap, shop in zip(traps, lab.shops, strict=True)] == [
        IS_IN_SAGE[point]
    ] * 2

    lab.services.kill("sage-writer.ABC")
    lab.services.kill_tree("sage-writer.XYZ")
    os.kill(sessions[1], signal.SIGKILL)
    assert not lab.record(traps[0].record.source_id).state is State.CONFIRMED
    for trap in traps:
        lab.sage.release_fault(trap.fault_id)

    lab.settle()
    alone, together = (lab.record(trap.record.source_id) for trap in traps)
    assert (alone.doubts, together.doubts) == (1, 1)
    assert lab.writes_begun(alone) == 1, "what Sage has ended by itself is found by the probe, and not written again"
    assert lab.writes_begun(together) == (1 if IS_IN_SAGE[point] else 2)


def test_a_session_killed_after_sages_commit_leaves_an_order_that_the_probe_finds(lab: FleetLab) -> None:
    shop = lab.shops[0]
    trap = lab.trap("after_header_write", "kill", lab.place_behind_gate(ORDERS, shop), shop)
    lab.resume(shop)
    pid = lab.await_hit(trap)
    lab.until(lambda: not is_running(pid), "the session has died of its fault")

    lab.settle()
    record = lab.record(trap.record.source_id)
    assert (record.doubts, lab.writes_begun(record)) == (1, 1)


def test_an_agent_killed_in_two_batches_is_started_again_and_loses_nothing(lab: FleetLab) -> None:
    """One session ends its record after the agent's death; the other hangs, and the next agent ends it."""
    traps = []
    for shop in lab.shops:
        traps.append(lab.trap("between_lines", "pause", lab.place_behind_gate(ORDERS, shop), shop))
        lab.resume(shop)
    sessions = [psutil.Process(lab.await_hit(trap)) for trap in traps]

    lab.services.kill("agent")
    assert all(session.is_running() for session in sessions)
    lab.sage.release_fault(traps[0].fault_id)

    lab.settle()
    assert not any(session.is_running() for session in sessions)
    ended, hung = (lab.record(trap.record.source_id) for trap in traps)
    assert (lab.writes_begun(ended), lab.writes_begun(hung)) == (1, 2)
