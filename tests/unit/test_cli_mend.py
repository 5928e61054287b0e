"""A person at a terminal is told what may mend an order, tries it, and keeps it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.ledger.rows import Record
from bridge.states import State
from tests.builders import the
from tests.cli_rig import Rig, a_rig, at_rest, change, unreadable
from tests.unit.mapping_samples import line, order

LANE = "sage100:ABC"


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    made = a_rig(tmp_path)
    yield made
    made.database.close()


@pytest.fixture
def record(rig: Rig) -> Record:
    """An order with an item that Sage does not have."""
    told = order(line(sku="X1"), shipping_method=None, payments=())
    made = at_rest(rig.database, "10025", State.DEAD)
    change(rig.database, made, content=told.model_dump_json())
    return the(rig.database, made)


def test_why_nothing_is_suggested_is_said(rig: Rig, record: Record) -> None:
    said = rig.said("dead", "suggest", str(record.id))
    assert said == "lines[0].sku is 'X1' no suggestion: no item of the ERP was read yet, so none can be compared"
    assert rig.json("dead", "suggest", str(record.id))["path"] == "lines[0].sku"


def test_an_amendment_is_tried_and_kept(rig: Rig, record: Record) -> None:
    asked = ("dead", "amend", str(record.id), "--field", "lines[0].sku", "--value", "a-1", "--why", "a slip")
    assert "line 1 ItemCode X1 A-1" in rig.said(*asked, "--dry-run")
    assert len(rig.json("trace", str(record.id))[0]["moves"]) == 2
    assert "lines[0].sku is amended; send it again" in rig.said(*asked, "--by", "Ann")
    last = rig.json("trace", str(record.id))[0]["moves"][-1]
    assert (last["by"], last["why"]) == ("Ann", "lines[0].sku amended: a slip")
    [amendment] = rig.json("dead", "show", str(record.id))["amendments"]
    assert (amendment["field"], amendment["was"], amendment["value"]) == ("lines[].sku", "X1", "a-1")


def test_a_name_is_tried_kept_listed_and_removed(rig: Rig, record: Record) -> None:
    asked = ("alias", "add", LANE, "x1", "A-1", "--why", "its old name", "--by", "Ann")
    tried = rig.said(*asked, "--dry-run")
    assert f"record {record.id}" in tried
    assert "line 1 ItemCode X1 A-1" in tried
    assert rig.json("alias", "list") == []
    assert "'x1' is A-1 in sage100:ABC; 1 orders at rest name it" in rig.said(*asked)
    [alias] = rig.json("alias", "list")
    assert (alias["sku"], alias["item"], alias["by"], alias["why"]) == ("x1", "A-1", "Ann", "its old name")
    assert rig.json("alias", "list", "--lane", "sage100:XYZ") == []
    gone = ("alias", "remove", LANE, "X1", "--why", "sold out")
    assert "would no longer mean A-1" in rig.said(*gone, "--dry-run")
    assert "'x1' no longer means A-1" in rig.said(*gone)
    assert "has no alias for 'X1'" in rig.said(*gone, status=1)
    assert "has no alias for 'X1'" in rig.said(*gone, "--dry-run")


def test_what_cannot_be_mended_is_told(rig: Rig, record: Record) -> None:
    unreadable(rig.database, "stream:1-0")
    mend = ("--field", "totals.total", "--value", "1", "--why", "x")
    assert "totals.total cannot be amended" in rig.said("dead", "amend", str(record.id), *mend, status=1)
    assert "only orders are mended" in rig.said("dead", "amend", "m2", *mend, status=1)
    assert "no record 4711" in rig.said("dead", "suggest", "4711", status=1)
    named = ("alias", "add", "sage100:XYZ", "x", "y", "--why", "z")
    assert "[lanes] has no 'sage100:XYZ'; there are sage100:ABC" in rig.said(*named, status=2)
