"""The demo's account: anything missing, double, untold or strange is seen; the books are the sites' and Sage's own."""

from collections.abc import Mapping
from typing import Any

import pytest

from bridge.ledger import schema
from bridge.ledger.store import Database
from tests.builders import an_order
from workers.stage.account import Account, draw_up
from workers.stage.plan import Shop

SHOP = Shop("clarity", "main", "ABC", port=1)


def at_site(number: str, *told: str) -> dict[str, Any]:
    """An order in the site's own account."""
    acknowledgements = [{"state": "accepted", "documentNumber": each} for each in told]
    total = {"amount": "20.00", "currency": "USD"}
    return {"id": number, "orderNumber": number, "total": total, "acknowledgements": acknowledgements}


def in_sage(web: str, number: str) -> Mapping[str, Any]:
    """An order in Sage's own tables."""
    return {"header": {"Comment": f"Web order {web}", "SalesOrderNo": number}}


def account(database: Database, site: list[dict[str, Any]], sage: list[Mapping[str, Any]]) -> Account:
    return draw_up([(SHOP, {"orders": site}, sage)], database)


def put(database: Database, number: str, state: str) -> None:
    """The ledger's word on where an order rests."""
    record = an_order(database, number)
    with database.write() as connection:
        change = schema.record.update().where(schema.record.c.id == record.id)
        connection.execute(change.values(state=state, reason_text="because"))


def test_an_order_in_sage_of_which_the_site_was_told_is_in_order(sqlite_database: Database) -> None:
    drawn = account(sqlite_database, [at_site("1", "0000001")], [in_sage("1", "0000001")])
    assert drawn.wrong == []
    assert drawn.places == {"in Sage": 1}


def test_an_order_that_is_held_in_sage_is_still_that_order(sqlite_database: Database) -> None:
    held = {"header": {"Comment": "Cancelled: Web order 1", "SalesOrderNo": "0000001"}}
    assert account(sqlite_database, [at_site("1", "0000001")], [held]).wrong == []


@pytest.mark.parametrize("state", ["HELD", "REVIEW", "DEAD", "CANCELLED", "DISCARDED"])
def test_an_order_that_rests_is_in_one_place(sqlite_database: Database, state: str) -> None:
    put(sqlite_database, "1", state)
    drawn = account(sqlite_database, [at_site("1")], [])
    assert drawn.wrong == []
    assert drawn.orders[0].reason == "because"


def test_a_missing_order_is_seen_though_the_ledger_never_heard_of_it(sqlite_database: Database) -> None:
    assert account(sqlite_database, [at_site("1")], []).wrong == ["order 1: MISSING (not in Sage)"]


def test_a_double_order_is_seen(sqlite_database: Database) -> None:
    drawn = account(sqlite_database, [at_site("1", "0000001")], [in_sage("1", "0000001"), in_sage("1", "0000002")])
    assert "DOUBLE" in drawn.wrong[0]


def test_an_order_that_is_in_sage_and_rests_in_the_ledger_too_is_double(sqlite_database: Database) -> None:
    put(sqlite_database, "1", "REVIEW")
    drawn = account(sqlite_database, [at_site("1", "0000001")], [in_sage("1", "0000001")])
    assert "DOUBLE" in drawn.wrong[0]


@pytest.mark.parametrize("told", [(), ("0000009",), ("0000001", "0000001")])
def test_a_site_that_was_told_nothing_or_another_number_is_seen(
    sqlite_database: Database, told: tuple[str, ...]
) -> None:
    drawn = account(sqlite_database, [at_site("1", *told)], [in_sage("1", "0000001")])
    assert "the site was told" in drawn.wrong[0]


def test_an_order_still_on_its_way_is_not_at_rest(sqlite_database: Database) -> None:
    put(sqlite_database, "1", "READY")
    assert "on its way" in account(sqlite_database, [at_site("1")], []).wrong[0]


def test_an_order_in_sage_that_no_site_took_is_a_stranger(sqlite_database: Database) -> None:
    assert account(sqlite_database, [], [in_sage("7", "0000007")]).wrong == ["Sage order 0000007: no site ever took it"]
