"""A ledger restored from a backup learns from Sage what was written since: nothing is lost, and nothing is double."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select

from bridge.errors import Refused
from bridge.ledger import schema
from bridge.outcomes import Outcome
from bridge.recovery.checking import Check
from bridge.states import State
from tests.contract.sage_lab import COMPANY, SageLab
from tests.recovery_rig import SageRig, a_sage_rig
from tests.task_rig import LANE, NOW, SITE_LANE, TaskRig, rig

__all__ = ["rig"]


@pytest.fixture
def fleet(rig: TaskRig, tmp_path: Path) -> Iterator[SageRig]:
    (tmp_path / "sage").mkdir()
    with SageLab(tmp_path / "sage") as lab, a_sage_rig(rig, lab, tmp_path) as made:
        yield made


def test_a_hundred_orders_confirmed_after_the_backup_are_neither_lost_nor_doubled(fleet: SageRig) -> None:
    rig = fleet.rig
    fleet.place("100", "101", "102")
    fleet.write()
    fleet.place("103", "104")
    backup = fleet.back_up()
    fleet.write()
    fleet.place(*(str(number) for number in range(105, 203)))
    while State.READY in rig.states().values():
        fleet.write()
    known, in_sage = fleet.in_ledger(), fleet.in_sage()
    assert (len(in_sage), known) == (103, in_sage)

    fleet.bring_back(backup)
    assert fleet.write() is None, "every lane is halted"
    with pytest.raises(Refused, match="recover"):
        rig.resume(LANE)
    with pytest.raises(Refused, match=r"read from clarity.*storefront:clarity"):
        fleet.recover()
    rig.resume(SITE_LANE)
    fleet.place("900")
    assert set(fleet.in_ledger()) == {*known, "900"}
    with pytest.raises(Refused, match="recover"):
        rig.resume(LANE)

    report = fleet.recover()
    assert (len(report.learned), report.unsettled, report.shown) == (100, [], [])
    assert {**fleet.in_ledger(), "900": None} == {**known, "900": None}
    assert fleet.write() is None, "a person resumes the lane, nobody else"
    rig.resume(LANE)
    assert fleet.write() == "empty"
    assert fleet.in_sage() == fleet.in_ledger() == {**in_sage, "900": fleet.in_ledger()["900"]}
    assert set(rig.states().values()) == {State.CONFIRMED}
    assert fleet.write() == "empty"
    told = {told.order_id: told.document_number for told in rig.shop.acknowledgements.values()}
    assert told == fleet.in_sage()
    assert len(rig.shop.mails_sent) == 104, "nobody got a second mail"


def test_what_is_learned_has_its_probe_link_and_journal(fleet: SageRig) -> None:
    backup = fleet.back_up()
    fleet.place("1")
    fleet.write()
    [before] = fleet.rig.records()
    fleet.bring_back(backup)
    fleet.rig.resume(SITE_LANE)
    fleet.read()
    fleet.recover()
    [after] = fleet.rig.records()
    assert after.id > before.id
    assert (after.number, after.erp_total, after.flags) == (before.number, before.erp_total, None)
    [probe] = [row for row in fleet.rig.rows("probe") if row.record_id == after.id]
    assert (probe.verdict, probe.found_stamp) == ("ours", before.stamp)
    with fleet.rig.database.read() as connection:
        links = connection.execute(select(schema.identity.c.value).where(schema.identity.c.record_id == after.id))
        assert links.scalars().all() == [after.number]
    whys = {row.why for row in fleet.rig.rows("move") if row.record_id == after.id}
    assert "recovered after a restore" in whys
    [customer] = fleet.rig.records("customer")
    assert customer.state is State.CONFIRMED


def test_recovering_twice_changes_nothing(fleet: SageRig) -> None:
    backup = fleet.back_up()
    fleet.place("1", "2")
    fleet.write()
    fleet.bring_back(backup)
    fleet.rig.resume(SITE_LANE)
    fleet.read()
    assert len(fleet.recover(is_dry_run=True).learned) == 3, "two orders and their customer"
    assert set(fleet.rig.states().values()) != {State.CONFIRMED}
    with pytest.raises(Refused, match="recover"):
        fleet.rig.resume(LANE)
    fleet.recover()
    before = fleet.rig.rows("record"), fleet.rig.rows("probe"), fleet.rig.rows("move")
    with pytest.raises(Refused, match="--since"):
        fleet.recover()
    again = fleet.recovery().run(fleet.rig.clock.now().date())
    assert (again.learned, again.seen >= 2) == ([], True)
    assert (fleet.rig.rows("record"), fleet.rig.rows("probe"), fleet.rig.rows("move")) == before


def copy_store(source: Path, target: Path) -> None:
    """What Sage's own backup does, and what bringing it back does."""
    with closing(sqlite3.connect(source)) as read, closing(sqlite3.connect(target)) as written:
        read.backup(written)


def test_a_sage_that_was_set_back_is_noticed_and_what_it_lost_is_listed(fleet: SageRig, tmp_path: Path) -> None:
    fleet.place("1", "2")
    fleet.write()
    copy_store(fleet.lab.store, tmp_path / "night.backup")
    fleet.place("3", "4", "5")
    fleet.write()
    fleet.place("6")
    copy_store(tmp_path / "night.backup", fleet.lab.store)
    assert fleet.write() == Outcome.WENT_BACK
    assert fleet.rig.alarms()[f"erp-went-back:{LANE}"] == "at once"
    assert set(fleet.in_sage()) == {"1", "2"}, "nothing was written to it"

    lane, clock = fleet.rig.ports.lanes[LANE], fleet.rig.clock
    check = Check(fleet.rig.database, lane.erp, lane.seats, clock, LANE, "check@test")
    missing = [(each.order.source_id, each.order.number, each.order.amount) for each in check.missing(NOW)]
    assert missing == [(each, fleet.in_ledger()[each], 20) for each in ("3", "4", "5")]
    fleet.rig.resume(LANE)
    assert fleet.write() == Outcome.WENT_BACK, "its counter gives a number out again"
    fleet.lab.admin.set_next_number(COMPANY, "SalesOrderNo", 100)
    fleet.rig.resume(LANE)
    assert fleet.write() == "empty"
    assert fleet.in_sage()["6"] == "0000100"
