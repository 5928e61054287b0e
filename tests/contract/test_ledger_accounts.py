"""Which accounts are customers of the ERP, on both databases: confirmed ones of this lane, and no guests."""

from bridge.ledger.accounts import accounts_of, never_shown
from bridge.ledger.moves import create
from bridge.ledger.store import Database
from bridge.shown import showing_lane
from tests.builders import LANE, NOW, SITE, a_customer
from tests.ledger_walks import change


def join(database: Database, source_id: str, number: str, **more: object) -> None:
    change(database, a_customer(database, source_id), state="CONFIRMED", number=number, **more)


def fill(database: Database) -> None:
    """Two accounts of ACME, a guest of it, one that waits, and a namesake in another company."""
    join(database, "c1", "ACME")
    join(database, "c2", "ACME", site="b2b")
    join(database, "guest:ann@acme.example", "ACME")
    join(database, "order:1", "ACME")
    a_customer(database, "c3", number="ACME")
    join(database, "c4", "ACME", lane="sage100:XYZ")
    join(database, "c5", "BOLTS")


def test_the_accounts_of_a_customer(database: Database) -> None:
    fill(database)
    with database.read() as connection:
        found = accounts_of(connection, LANE, ["ACME", "NOBODY"])
        nothing = accounts_of(connection, LANE, [])
    assert {number: [(each.site, each.source_id) for each in accounts] for number, accounts in found.items()} == {
        "ACME": [(SITE, "c1"), ("b2b", "c2")],
    }
    assert nothing == {}


def test_those_never_shown_come_newest_first_and_once(database: Database) -> None:
    fill(database)
    with database.write() as connection:
        before = never_shown(connection, LANE, ["clarity"], 10)
        create(
            connection, now=NOW, by="test", why="seen", connection_name="clarity", site=SITE, document="terms",
            source_id="c1", lane=showing_lane("clarity", "terms"),
        )  # fmt: skip
        one_site_left = never_shown(connection, LANE, ["clarity"], 10)
        create(
            connection, now=NOW, by="test", why="seen", connection_name="clarity", site="b2b", document="terms",
            source_id="c2", lane=showing_lane("clarity", "terms"),
        )  # fmt: skip
        after = never_shown(connection, LANE, ["clarity"], 10)
        elsewhere = never_shown(connection, LANE, ["another"], 10)
    assert (before, one_site_left, after, elsewhere) == (["BOLTS", "ACME"], ["BOLTS", "ACME"], ["BOLTS"], [])
