"""`tidegate oversell`: items of which more is promised than is there, each once, whatever locations show it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.ledger.shown import Seen, Shelf, observe
from bridge.shown import Shown, showing_lane
from tests.builders import LANE, NOW
from tests.cli_rig import Rig, a_rig


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    made = a_rig(tmp_path)
    yield made
    made.database.close()


def observed(rig: Rig, connection: str = "clarity", shown: Shown = Shown.STOCK, **remarks: str | None) -> None:
    """Each item is on show at two locations, with this remark."""
    shelf = Shelf(connection, "main", shown, showing_lane(connection, shown))
    things = [
        Seen(f"{item}@{at}", "{}", NOW, remark=remark) for item, remark in remarks.items() for at in ("000", "001")
    ]
    with rig.database.write() as transaction:
        observe(transaction, shelf, things, by="reader", now=NOW)


def test_each_item_is_listed_once_with_how_much_is_missing(rig: Rig) -> None:
    observed(rig, BOLT="oversold by 2.5", AXE="oversold by 10", CORD=None, DOOR="something else")
    observed(rig, "desk", BOLT="oversold by 2.5")
    observed(rig, shown=Shown.PRICE, EARTH="oversold by 1")
    found = [{"lane": LANE, "item": "AXE", "short": "10"}, {"lane": LANE, "item": "BOLT", "short": "2.5"}]
    assert rig.json("oversell", status=1) == found
    assert rig.json("oversell", "--lane", LANE, status=1) == found
    assert "lane item oversold by sage100:ABC AXE 10 sage100:ABC BOLT 2.5" in rig.said("oversell", status=1)


def test_where_there_is_enough_of_everything_all_is_well(rig: Rig) -> None:
    observed(rig, AXE=None)
    assert rig.json("oversell") == []
    assert "Promised beyond what is there: none" in rig.said("oversell")


def test_a_lane_that_is_not_there_is_a_wrong_command(rig: Rig) -> None:
    assert "no lane 'sage100:XYZ'" in rig.said("oversell", "--lane", "sage100:XYZ", status=2)
