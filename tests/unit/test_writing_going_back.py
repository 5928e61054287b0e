"""An ERP that was set back to an older state is noticed, closes its lane, and its missing orders are listed."""

from datetime import timedelta
from pathlib import Path

import pytest

from bridge.ledger import proofs
from bridge.ledger.outcomes import Rules, Writer, commit_findings
from bridge.outcomes import Outcome
from bridge.ports.erp import Finding, Verdict
from bridge.recovery.checking import Check
from bridge.states import State
from tests.recovery_rig import RecoveryRig
from tests.task_rig import LANE, NOW, SITE_LANE, TaskRig, rig

__all__ = ["rig"]

ALARM = f"erp-went-back:{LANE}"


@pytest.fixture
def fleet(rig: TaskRig, tmp_path: Path) -> RecoveryRig:
    """Three orders in the ERP."""
    made = RecoveryRig(rig, tmp_path)
    made.place("1", "2", "3")
    assert made.write() == "empty"
    return made


def forget(fleet: RecoveryRig, *numbers: str) -> None:
    """The ERP is set back to before these orders; its counter too."""
    company = fleet.rig.erp.company(LANE)
    for number in numbers:
        del company.records["order", number]
    company.last_number["order"] = int(min(numbers)) - 1


def check(fleet: RecoveryRig) -> list[tuple[str | None, str | None]]:
    lane = fleet.rig.ports.lanes[LANE]
    found = Check(fleet.rig.database, lane.erp, lane.seats, fleet.rig.clock, LANE, "check@test").missing(NOW)
    return [(each.order.order_number, each.order.number) for each in found]


def test_the_newest_order_missing_halts_the_lane_before_anything_is_written(fleet: RecoveryRig) -> None:
    forget(fleet, "0000002", "0000003")
    fleet.place("4")
    assert fleet.write() == Outcome.WENT_BACK
    assert fleet.rig.states()["4"] == "READY"
    assert fleet.rig.alarms()[ALARM] == fleet.rig.alarms()[f"halted:{LANE}"] == "at once"
    assert fleet.rig.erp.company(LANE).last_number["order"] == 1, "no number was taken"
    assert fleet.write() is None


def test_what_is_missing_is_listed_and_then_a_person_may_go_on(fleet: RecoveryRig) -> None:
    forget(fleet, "0000002", "0000003")
    fleet.place("4")
    fleet.write()
    for _ in range(2):
        assert check(fleet) == [("2", "0000002"), ("3", "0000003")]
    fleet.rig.resume(LANE)
    assert fleet.write() == Outcome.WENT_BACK, "the counter gives 0000002 once more"
    assert "0000002" in fleet.rig.rows("lane")[0].halt_reason
    fleet.rig.erp.company(LANE).last_number["order"] = 3
    fleet.rig.resume(LANE)
    assert fleet.write() == "empty"
    [fourth] = [record for record in fleet.rig.records() if record.source_id == "4"]
    assert (fourth.state, fourth.number) == (State.CONFIRMED, "0000004")


def test_a_number_given_out_again_halts_the_lane_when_the_newest_order_is_there(fleet: RecoveryRig) -> None:
    fleet.rig.erp.company(LANE).last_number["order"] = 1
    fleet.place("4")
    assert fleet.write() == Outcome.WENT_BACK
    assert fleet.rig.states()["4"] == "READY"
    assert ALARM in fleet.rig.alarms()
    assert len(fleet.rig.erp.company(LANE).records) == 4, "three orders and their customer"


def test_nothing_missing_is_an_empty_list_and_the_seat_is_given_back(fleet: RecoveryRig) -> None:
    assert check(fleet) == []
    assert (fleet.rig.seats.held(), fleet.rig.erp.sessions) == ([], [])
    fleet.place("4")
    assert fleet.write() == "empty"


def test_an_order_learned_after_a_restore_is_there_under_its_former_stamp(rig: TaskRig, tmp_path: Path) -> None:
    fleet = RecoveryRig(rig, tmp_path)
    backup = fleet.back_up()
    fleet.place("1")
    fleet.write()
    fleet.bring_back(backup)
    rig.resume(SITE_LANE)
    fleet.read()
    fleet.recover()
    rig.resume(LANE)
    assert check(fleet) == []
    fleet.place("2")
    assert fleet.write() == "empty"


def test_an_order_once_found_gone_is_no_proof_any_more(fleet: RecoveryRig) -> None:
    newest = proofs.newest_confirmed(fleet.rig.database, LANE)
    assert newest
    gone = Finding(newest.id, Verdict.ABSENT, newest.number or "")
    commit_findings(fleet.rig.database, Writer("t", LANE, None), [gone], Rules(), now=NOW + timedelta(days=1))
    assert proofs.newest_confirmed(fleet.rig.database, LANE) is None
    fleet.place("4")
    fleet.write()
    following = proofs.newest_confirmed(fleet.rig.database, LANE)
    assert following
    assert following.source_id == "4"
