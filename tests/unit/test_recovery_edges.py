"""What a recovery does with what does not simply fit; the ERP is in memory."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bridge.erp.memory import MemorySession
from bridge.errors import Refused, Unreachable
from bridge.ledger.windows import halt
from bridge.outcomes import Outcome
from bridge.ports.erp import ErpWrite, Finding, ProbeKey, StampedPage, Verdict
from bridge.recovery.matching import Action
from bridge.states import State
from tests.recovery_rig import RecoveryRig
from tests.task_rig import LANE, NOW, SITE_LANE, TaskRig, rig

__all__ = ["rig"]


@pytest.fixture
def fleet(rig: TaskRig, tmp_path: Path) -> RecoveryRig:
    return RecoveryRig(rig, tmp_path)


def lose(fleet: RecoveryRig, backup: Path) -> None:
    """The ledger is brought back, and the site has been read again."""
    fleet.bring_back(backup)
    fleet.rig.resume(SITE_LANE)
    fleet.read()


def in_erp(fleet: RecoveryRig) -> list[str]:
    """The web order of every order in the ERP."""
    stored = fleet.rig.erp.company(LANE).records.values()
    return sorted(str(row.header["Comment"]).split()[-1] for row in stored if row.document == "order")


def written(fleet: RecoveryRig, *source_ids: str) -> None:
    fleet.place(*source_ids)
    assert fleet.write() == "empty"


def go_on(fleet: RecoveryRig) -> None:
    fleet.rig.resume(LANE)
    fleet.write()


def test_an_order_whose_storefront_shows_it_no_more_keeps_the_lane_closed_until_a_person_has_looked(
    fleet: RecoveryRig,
) -> None:
    backup = fleet.back_up()
    written(fleet, "1", "2")
    fleet.rig.shop.remove_order("1")
    lose(fleet, backup)
    report = fleet.recover()
    [stranger] = report.unsettled
    assert (stranger.row.number, stranger.row.text) == ("0000001", "Web order 1")
    assert fleet.rig.states() == {"1": "CANCELLED", "2": "CONFIRMED"}, "gone, so nobody knows its number"
    with pytest.raises(Refused, match="recover"):
        fleet.rig.resume(LANE)
    assert fleet.recover(leave=["0000001"]).unsettled == []
    go_on(fleet)
    assert in_erp(fleet) == ["1", "2"]


def test_an_order_withdrawn_since_is_told_to_a_person_once(fleet: RecoveryRig) -> None:
    backup = fleet.back_up()
    written(fleet, "1")
    cancelled = fleet.rig.order("1", version=2, status="Cancelled")
    fleet.rig.shop.put_order(cancelled.model_copy(update={"updated_at": fleet.rig.clock.now()}))
    lose(fleet, backup)
    assert fleet.rig.states() == {"1": "CANCELLED"}
    for _ in range(2):
        fleet.recovery().run(date(2020, 1, 1))
    [change] = fleet.rig.records("order.change")
    assert (change.state, change.reason_value) == (State.REVIEW, "0000001")
    assert "cancel it there" in (change.reason_text or "")


def test_an_order_in_review_or_among_the_dead_is_learned_and_its_letter_closed(fleet: RecoveryRig) -> None:
    fleet.place("1", "2")
    first, second = fleet.rig.records()
    fleet.rig.erp.faults.answer(first.stamp, Outcome.REJECTED, text="no")
    fleet.rig.erp.faults.answer(second.stamp, Outcome.UNKNOWN, text="no")
    fleet.write()
    assert fleet.rig.states() == {"1": "REVIEW", "2": "DEAD"}
    backup = fleet.back_up()
    session = fleet.rig.erp.open(LANE, fence=99, purpose="test")
    with session:  # a person replayed them
        for record in fleet.rig.records():
            header = {
                "CustomerNo": fleet.rig.records("customer")[0].number or "",
                "Comment": f"Web order {record.source_id}",
            }
            line = {"ItemCode": "A-1", "QuantityOrdered": Decimal(2), "UnitPrice": Decimal(10)}
            list(
                session.write(
                    900 + record.id, [ErpWrite(record.id, "order", record.number or "", record.stamp, header, (line,))]
                )
            )
    lose(fleet, backup)
    assert len(fleet.recover().learned) == 2
    assert fleet.rig.states() == {"1": "CONFIRMED", "2": "CONFIRMED"}
    assert [row.closed_why for row in fleet.rig.rows("dead_letter")] == ["recovered after a restore"]
    assert {record.flags for record in fleet.rig.records()} == {None}


def test_an_order_changed_since_it_was_written_is_confirmed_with_flags(fleet: RecoveryRig) -> None:
    backup = fleet.back_up()
    written(fleet, "1")
    fleet.rig.pass_time(minutes=1)
    fleet.rig.shop.put_order(fleet.rig.order("1", version=2))
    lose(fleet, backup)
    fleet.recover()
    [order] = fleet.rig.records()
    assert (order.state, order.flags) == (State.CONFIRMED, "recovered: version 2 may not be what was written")
    assert f"flagged:{order.id}" in fleet.rig.alarms()


class Stampless(MemorySession):
    """A session on a company whose history keeps no stamps."""

    def stamped(self, document: str, since: date, after: str | None = None, limit: int = 200) -> StampedPage:
        page = super().stamped(document, since, after, limit)
        rows = tuple(replace(row, stamp="", place="history") for row in page.rows if document == "order")
        return StampedPage(rows, page.after)

    def probe(self, document: str, keys: list[ProbeKey]) -> list[Finding]:  # type: ignore[override]
        return [Finding(key.record_id, Verdict.UNREADABLE, key.number, "history", text="no stamp") for key in keys]


def test_an_order_found_where_no_stamps_are_kept_goes_to_a_person_and_is_never_written_by_a_replay(
    fleet: RecoveryRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bridge.ledger.people import replay

    backup = fleet.back_up()
    written(fleet, "1")
    monkeypatch.setattr("bridge.erp.memory.MemorySession", Stampless)
    lose(fleet, backup)
    for _ in range(2):
        shown = fleet.recovery().run(date(2020, 1, 1)).shown
    [order] = fleet.rig.records()
    assert [each.action for each in shown] == [Action.SHOW]
    assert (order.state, order.number, order.writes_begun) == (State.REVIEW, "0000001", 1)
    replay(fleet.rig.database, [order.id], by="clerk", why="it seemed missing", now=fleet.rig.clock.now())
    fleet.rig.resume(LANE)
    fleet.read()
    fleet.write()
    assert (in_erp(fleet), fleet.rig.states()) == (["1"], {"1": "UNCERTAIN"})


class Breaking(MemorySession):
    """A session that is lost at its third question for a page."""

    asked = 0

    def stamped(self, document: str, since: date, after: str | None = None, limit: int = 200) -> StampedPage:
        self.asked += 1
        if self.asked == 3:
            raise Unreachable("the agent is gone")
        return super().stamped(document, since, after, limit)


def test_a_recovery_that_breaks_off_is_run_again_from_the_beginning(
    fleet: RecoveryRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup = fleet.back_up()
    written(fleet, *(str(number) for number in range(30)))
    lose(fleet, backup)
    with monkeypatch.context() as patch:
        patch.setattr("bridge.erp.memory.MemorySession", Breaking)
        with pytest.raises(Unreachable):
            fleet.recover()
    states = list(fleet.rig.states().values())
    assert 0 < states.count("CONFIRMED") < 30
    with pytest.raises(Refused, match="recover"):
        fleet.rig.resume(LANE)
    assert len(fleet.recover().learned) == 30 - states.count("CONFIRMED")
    go_on(fleet)
    assert len(in_erp(fleet)) == 30
    assert fleet.rig.seats.held() == []


def test_a_doubt_of_before_the_backup_is_settled_by_what_the_erp_has(fleet: RecoveryRig) -> None:
    fleet.place("1")
    [order] = fleet.rig.records()
    fleet.rig.erp.faults.fail_after_commit(order.stamp)
    assert fleet.write() == "uncertain"
    lose(fleet, fleet.back_up())
    assert fleet.rig.states() == {"1": "UNCERTAIN"}
    fleet.recover()
    assert fleet.rig.states() == {"1": "CONFIRMED"}


def test_a_lane_that_may_be_written_is_not_recovered(fleet: RecoveryRig) -> None:
    with pytest.raises(Refused, match="not halted"):
        fleet.recover()
    with fleet.rig.database.write() as connection:
        halt(connection, LANE, reason="a test", now=fleet.rig.clock.now())
    with pytest.raises(Refused, match="--since"):
        fleet.recover()
    assert fleet.recovery().run(date(2020, 1, 1)).seen == 0


def test_a_comparison_that_would_begin_after_the_backup_is_refused(fleet: RecoveryRig) -> None:
    lose(fleet, fleet.back_up())
    latest = (NOW - timedelta(days=2)).date()
    with pytest.raises(Refused, match=f"from {latest} on"):
        fleet.recovery().run(latest + timedelta(days=1))
    assert fleet.recovery().run(latest).unsettled == []


def test_documents_that_nobody_has_read_are_waited_for(fleet: RecoveryRig) -> None:
    from tasks.storefront_poll import poll

    fleet.bring_back(fleet.back_up())
    fleet.rig.resume(SITE_LANE)
    fleet.rig.shop.put_order(fleet.rig.order("1"))
    fleet.rig.pass_time(minutes=10)
    poll("clarity")
    with pytest.raises(Refused, match=r"1 documents .* still to be read"):
        fleet.recover()
    fleet.read()
    assert fleet.recover().unsettled == []
