"""What people amended and named, on both databases: kept with who and why, one at a time for each field and name."""

from datetime import timedelta

import pytest

from bridge.errors import Refused
from bridge.ledger.aliases import Alias, add_alias, aliases, aliases_of, remove_alias
from bridge.ledger.amendments import Amendment, NewAmendment, amended, keep_amendment, overtake, standing
from bridge.ledger.store import Database
from tests.builders import LANE, NOW, an_order

LATER = NOW + timedelta(hours=1)


def keep(database: Database, new: NewAmendment, why: str = "a slip") -> Amendment:
    with database.write() as connection:
        return keep_amendment(connection, new, by="Ann", why=why, now=NOW)


def name(database: Database, sku: str, item: str, *, lane: str = LANE, why: str = "its old name") -> Alias:
    with database.write() as connection:
        return add_alias(connection, lane, (sku, item), by="Ann", why=why, now=NOW)


def test_an_amendment_stays_until_it_is_overtaken_once(database: Database) -> None:
    record = an_order(database)
    first = keep(database, NewAmendment(record.id, "lines[].sku", "a", "X", "Y"))
    other = keep(database, NewAmendment(record.id, "lines[].sku", "b", "X", "Z"))
    name_of_ship_to = keep(database, NewAmendment(record.id, "ship_to.name", None, None, "Ann Łee"))
    assert amended(database, record.id) == (first, other, name_of_ship_to)
    for moment, told in ((NOW, "W"), (LATER, "V")):
        with database.write() as connection:
            overtake(connection, [(first, told)], moment)
    found = amended(database, record.id)
    assert (found[0].overtaken_at, found[0].overtaken_by) == (NOW, "W")
    assert standing(found) == (other, name_of_ship_to)


def test_the_same_field_again_takes_the_place_of_the_first(database: Database) -> None:
    record, twin = an_order(database), an_order(database, "10026")
    for value in ("Y", "Z"):
        keep(database, NewAmendment(record.id, "ship_to.name", None, "X", value))
        keep(database, NewAmendment(twin.id, "ship_to.name", None, "X", "Y"))
    assert [each.value for each in standing(amended(database, record.id))] == ["Z"]
    assert len(amended(database, record.id)) == 2
    with pytest.raises(Refused, match="amending needs a reason"):
        keep(database, NewAmendment(record.id, "ship_to.name", None, "X", "V"), why="\n")


def test_a_name_means_one_item_in_one_lane(database: Database) -> None:
    made = name(database, " Old-Nut ", "NUT")
    assert (made.sku, name(database, "OLD-NUT", "NUT", why="again")) == ("old-nut", made)
    with pytest.raises(Refused, match=r"'old-nut' is NUT in sage100:ABC already \(Ann: its old name\)"):
        name(database, "old-nut", "BOLT")
    other = name(database, "old-nut", "BOLT", lane="sage100:XYZ")
    assert aliases(database) == [made, other]
    assert aliases(database, LANE) == [made]
    with database.read() as connection:
        assert aliases_of(connection, LANE, ["OLD-NUT", "new"]) == {"old-nut": made}


def test_a_removed_name_can_be_given_again(database: Database) -> None:
    name(database, "old-nut", "NUT")
    with database.write() as connection:
        gone = remove_alias(connection, LANE, "Old-Nut", by="Bob", why="sold out", now=LATER)
    assert (gone.removed_at, gone.removed_by, gone.removed_why) == (LATER, "Bob", "sold out")
    assert aliases(database) == []
    assert name(database, "old-nut", "BOLT").item == "BOLT"
    with (
        pytest.raises(Refused, match=f"{LANE} has no alias for 'nut'; `tidegate alias list`"),
        database.write() as connection,
    ):
        remove_alias(connection, LANE, "nut", by="Bob", why="sold out", now=LATER)


@pytest.mark.parametrize(
    ("sku", "item", "why", "told"),
    [(" ", "NUT", "so", "sku is ' ': give"), ("a", "x" * 65, "so", "1 to 64"), ("a", "b", " ", "needs a reason")],
)
def test_a_name_without_sense_is_refused(database: Database, sku: str, item: str, why: str, told: str) -> None:
    with pytest.raises(Refused, match=told):
        name(database, sku, item, why=why)
    assert aliases(database) == []
