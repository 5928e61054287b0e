"""What the flows ask the ledger, on both databases: how far they have read, who is known, what is shown, what sold."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from sqlalchemy import update

from bridge.ledger import schema
from bridge.ledger.accounts import accounts_known_as
from bridge.ledger.on_show import contents_on_show, remarks_on_show
from bridge.ledger.passes import Pass, begin_again, begin_from, note_page, note_seen, present_pass
from bridge.ledger.shown import Seen, Shelf, observe
from bridge.ledger.sold import keep_velocity, kept_velocity, quantity_of, sold_lines
from bridge.ledger.store import Database
from bridge.ledger.sweeps import found_in, note_found, pages_read
from tests.builders import LANE, NOW, a_customer, an_order
from tests.ledger_walks import change

SHELF = Shelf("clarity", "main", "price", "storefront:clarity/price")


def a_known(database: Database, account: str, number: str, state: str = "CONFIRMED", **more: str) -> None:
    known = a_customer(database, account, **more)
    is_it = schema.record.c.id == known.id
    with database.write() as connection:
        connection.execute(update(schema.record).where(is_it).values(state=state, number=number))


def test_a_flow_that_begins_from_a_moment_reads_what_was_changed_since(database: Database) -> None:
    with database.write() as connection:
        assert begin_from(connection, LANE, "price/price", NOW, now=NOW)
        assert present_pass(connection, LANE, "price/price") == Pass(reached=NOW)
        assert not begin_from(connection, LANE, "price/price", NOW + timedelta(hours=1), now=NOW)
        assert present_pass(connection, LANE, "price/price") == Pass(reached=NOW)


def test_a_pass_under_way_is_no_beginning(database: Database) -> None:
    run = Pass(began_at=NOW)
    with database.write() as connection:
        note_page(connection, LANE, "price/price", run, position="B", now=NOW)
        assert not begin_from(connection, LANE, "price/price", NOW, now=NOW)
        assert present_pass(connection, LANE, "price/price").position == "B"


def test_a_flow_that_begins_again_has_read_nothing_and_no_other_flow_is_touched(database: Database) -> None:
    with database.write() as connection:
        for flow in ("price/item", "price/price"):
            note_page(connection, LANE, flow, Pass(began_at=NOW), position="B", now=NOW)
        begin_again(connection, LANE, "price/item")
        begin_again(connection, LANE, "price/none")
        assert present_pass(connection, LANE, "price/item") == Pass()
        assert present_pass(connection, LANE, "price/price").is_under_way


def test_what_was_seen_before_is_no_news(database: Database) -> None:
    with database.write() as connection:
        seen = [note_seen(connection, LANE, "price/code/STD", value, now=NOW) for value in ("a", "a", "b", "b", "a")]
        assert seen == [True, False, True, False, True]
        assert not present_pass(connection, LANE, "price/code/STD").is_under_way


def test_the_accounts_known_as_the_erps_customers(database: Database) -> None:
    a_known(database, "c1", "ACME")
    a_known(database, "c2", "ACME")
    a_known(database, "guest:ann@acme.example", "ACME")
    a_known(database, "c3", "ZETA")
    a_known(database, "c4", "ACME", state="REVIEW")
    a_known(database, "c5", "ACME", lane="sage100:XYZ")
    with database.read() as connection:
        by_number = accounts_known_as(connection, LANE, numbers={"ACME"})
        either = accounts_known_as(connection, LANE, numbers={"ACME"}, source_ids={"c3", "c4"})
        assert accounts_known_as(connection, LANE) == []
    assert [record.source_id for record in by_number] == ["c1", "c2"]
    assert [record.source_id for record in either] == ["c1", "c2", "c3"]


def test_what_is_on_show_is_told_by_its_newest_value(database: Database) -> None:
    with database.write() as connection:
        for minutes, value in enumerate(("old", "new")):
            at = NOW + timedelta(minutes=minutes)
            things = [Seen("AXE", f"{value} axe", at), Seen("AXE@A", f"{value} axe for A", at), Seen("50%_@B", "b", at)]
            observe(connection, SHELF, things, by="reader", now=NOW)
        observe(connection, Shelf("other", "main", "price", "storefront:other/price"), things, by="reader", now=NOW)
        assert sorted(contents_on_show(connection, SHELF, containing="@")) == ["b", "new axe for A"]
        assert contents_on_show(connection, SHELF, containing="%_@") == ["b"]


def a_page(database: Database, flow: str, changed: int, *, hours: int = 0, is_last: bool = False) -> None:
    """A page of a pass over everything, so many hours later."""
    now = NOW + timedelta(hours=hours)
    with database.write() as connection:
        run = present_pass(connection, LANE, flow)
        note_found(connection, LANE, flow, changed, night=NOW + timedelta(hours=hours - hours % 24), now=now)
        note_page(connection, LANE, flow, replace(run, began_at=now), position=None if is_last else "B", now=now)


def test_what_a_sweep_finds_is_added_up_over_its_pass_and_its_pages_over_the_night(database: Database) -> None:
    status, history = "status/order/all", "status/order_history/all"
    a_page(database, status, 3)
    a_page(database, status, 2, hours=1)
    a_page(database, status, 1, hours=24, is_last=True)
    a_page(database, history, 4, hours=24)
    a_page(database, "shipment/invoice/all", 9, hours=24)
    with database.read() as connection:
        assert found_in(connection, LANE, "status") == 10
        assert found_in(connection, "sage100:XYZ", "status") == 0
        assert pages_read(connection, LANE, status, NOW) == 1
        assert pages_read(connection, LANE, status, NOW + timedelta(hours=25)) == 0
    a_page(database, status, 0, hours=25)
    with database.read() as connection:
        assert found_in(connection, LANE, "status") == 4, "the next pass counts anew"
        assert pages_read(connection, LANE, status, NOW + timedelta(hours=24)) == 2


def test_what_was_sold_is_told_by_the_orders_that_were_not_taken_back(database: Database) -> None:
    for number, more in enumerate(({}, {"placed_at": NOW - timedelta(hours=1)}, {"lane": "sage100:XYZ"})):
        an_order(database, f"{number}", **more)  # type: ignore[arg-type]
    change(database, an_order(database, "withdrawn"), state="CANCELLED")
    change(database, an_order(database, "not read yet"), mapped=None)
    with database.read() as connection:
        orders = list(sold_lines(connection, LANE, ["clarity", "desk"], NOW - timedelta(days=1)))
        assert list(sold_lines(connection, LANE, ["desk"], NOW - timedelta(days=1))) == []
        assert list(sold_lines(connection, LANE, ["clarity"], NOW + timedelta(seconds=1))) == []
    assert sorted(at for at, _ in orders) == [NOW - timedelta(hours=1), NOW]
    assert {quantity_of(line, "QuantityOrdered") for _, lines in orders for line in lines} == {Decimal(2)}


def test_the_velocity_of_a_lane_is_kept_as_a_whole(database: Database) -> None:
    with database.write() as connection:
        assert kept_velocity(connection, LANE) is None
        for hours, content in enumerate(("slow", "fast")):
            keep_velocity(connection, LANE, content, NOW + timedelta(hours=hours))
        assert kept_velocity(connection, LANE) == (NOW + timedelta(hours=1), "fast")
        assert kept_velocity(connection, "sage100:XYZ") is None


def test_what_was_remarked_is_found_by_how_it_begins(database: Database) -> None:
    with database.write() as connection:
        things = [
            Seen(key, key, NOW, remark=remark) for key, remark in (("a", "over_sold 2"), ("b", "oversold"), ("c", None))
        ]
        observe(connection, SHELF, things, by="reader", now=NOW)
        assert remarks_on_show(connection, SHELF, beginning="over_") == [("a", "over_sold 2")]
