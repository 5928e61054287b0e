"""The commands that bring a ledger back, in the order of the runbook, before a real agent and a real broker."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bridge.ledger import schema
from bridge.ledger.reading import advance_watermark, watermark
from bridge.ports.clock import SystemClock
from bridge.ports.erp import ORDER, ErpWrite
from bridge.states import State
from tests.builders import an_order, the
from tests.cli_rig import Rig, a_rig
from tests.contract.sage_lab import KEY, LANE, SageLab
from workers.broker import EmbeddedBroker


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[SageLab]:
    (tmp_path / "sage").mkdir()
    with SageLab(tmp_path / "sage") as lab:
        yield lab


@pytest.fixture
def rig(lab: SageLab, broker: EmbeddedBroker, tmp_path: Path) -> Iterator[Rig]:
    yield from opened(tmp_path / "first", lab, broker)


@pytest.fixture
def new(lab: SageLab, broker: EmbeddedBroker, tmp_path: Path) -> Iterator[Rig]:
    """The same settings on a new database."""
    yield from opened(tmp_path / "second", lab, broker)


def opened(folder: Path, lab: SageLab, broker: EmbeddedBroker) -> Iterator[Rig]:
    folder.mkdir()
    made = a_rig(folder, broker=broker.url, agent=lab.url, key=KEY)
    yield made
    made.database.close()


def write_to_sage(lab: SageLab, record_id: int, web_order: str) -> str:
    """The order is written, and its ledger is lost before anybody has copied it."""
    line = {"ItemCode": "WIDGET", "QuantityOrdered": Decimal(2), "UnitPrice": Decimal(10)}
    header = {"CustomerNo": "ACME", "Comment": f"Web order {web_order}"}
    with lab.erp.open(LANE, fence=0, purpose="writer") as session:
        [number] = session.reserve(ORDER, 1)
        list(session.write(record_id, [ErpWrite(record_id, ORDER, number, f"main:{record_id}", header, (line,))]))
    return number


def poll_all(rig: Rig) -> None:
    """The fleet has read both storefronts."""
    later = SystemClock().now() + timedelta(seconds=1)
    with rig.database.write() as connection:
        for name in ("clarity", "desk"):
            advance_watermark(connection, name, later, now=later)


def test_a_ledger_is_copied_lost_brought_back_and_recovered(lab: SageLab, rig: Rig, new: Rig, tmp_path: Path) -> None:
    order = an_order(rig.database, "100234")
    copy = str(tmp_path / "ledger.backup")
    assert "1 records among them" in rig.said("backup", copy)
    assert "--force" in rig.said("backup", copy, status=1)
    rig.said("backup", copy, "--force")
    number = write_to_sage(lab, order.id, "100234")

    said = new.said("restore", copy)
    assert "every lane is halted" in said
    assert f"tidegate recover {LANE}" in said
    assert "storefront:clarity" in said
    assert "not empty" in new.said("restore", copy, status=1)
    assert "tidegate recover" in new.said("lane", "resume", LANE, "--why", "in a hurry", status=1)
    assert "has not been read from clarity, desk" in new.said("recover", LANE, status=1)
    poll_all(new)
    assert "To be learned" in new.said("recover", LANE, "--dry-run")
    assert the(new.database, order).state is State.READY
    assert "100234" in new.said("recover", LANE)
    found = the(new.database, order)
    assert (found.state, found.number, found.erp_total) == (State.CONFIRMED, number, Decimal(20))
    new.said("lane", "resume", LANE, "--why", "recovered")
    assert lab.sessions() == []


def test_an_order_that_nobody_knows_is_listed_and_left_by_name_only(
    lab: SageLab, rig: Rig, new: Rig, tmp_path: Path
) -> None:
    copy = str(tmp_path / "ledger.backup")
    rig.said("backup", copy)
    number = write_to_sage(lab, 7, "100234")
    new.said("restore", copy)
    poll_all(new)
    [stranger] = new.json("recover", LANE, status=1)["unsettled"]
    assert (stranger["row"]["number"], stranger["row"]["text"]) == (number, "Web order 100234")
    assert "stays closed" in new.said("recover", LANE, status=1)
    assert "accounted for" in new.said("recover", LANE, "--leave", number)


def test_orders_that_sage_lost_are_listed_with_their_money(lab: SageLab, rig: Rig) -> None:
    present, gone = an_order(rig.database, "1"), an_order(rig.database, "2")
    number = write_to_sage(lab, present.id, "1")
    with rig.database.write() as connection:
        for each, of in ((present, number), (gone, "0000999")):
            confirmed = {"state": "CONFIRMED", "number": of, "updated_at": SystemClock().now()}
            connection.execute(schema.record.update().where(schema.record.c.id == each.id).values(**confirmed))
    said = rig.said("lane", "check", LANE, status=1)
    assert "2 0000999 20.00 USD" in said
    assert number not in said
    assert rig.json("lane", "check", LANE, "--since", "2999-01-01") == []


def test_a_storefront_is_read_again_from_a_day_on_and_never_later(rig: Rig) -> None:
    poll_all(rig)
    with rig.database.read() as connection:
        before = watermark(connection, "clarity")
    assert "anyway" in rig.said("poll", "clarity", "--from", "2999-01-01")
    with rig.database.read() as connection:
        assert watermark(connection, "clarity") == before
    assert "since 2026-11-20 08:30:00Z" in rig.said("poll", "clarity", "--from", "2026-11-20T08:30:00", "--by", "Ann")
    with rig.database.read() as connection:
        assert str(watermark(connection, "clarity")) == "2026-11-20 08:30:00+00:00"
    assert "no connection 'nobody'" in rig.said("poll", "nobody", "--from", "2026-11-20", status=2)


def test_commands_on_an_erp_want_one_of_its_lanes(rig: Rig) -> None:
    for command in (["recover"], ["lane", "check"]):
        assert "no lane 'storefront:clarity' of an ERP" in rig.said(*command, "storefront:clarity", status=2)


def test_a_running_fleet_is_stopped_before_its_ledger_is_replaced(
    rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from workers.fleet_state import write_state

    folder = tmp_path / "first" / "run"
    folder.mkdir()
    write_state(folder, [])
    assert "stop it first" in rig.said("restore", str(tmp_path / "none"), status=1)
