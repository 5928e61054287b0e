"""Who stamps what: readers poll DateUpdated and TimeUpdated, so they must move when Sage's do (reference 2.1)."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import time_machine

from sandbox.sage100.admin import SageAdmin
from sandbox.sage100.layouts import Row
from sandbox.sage100.office import Office
from tests.unit.sandbox_sage_office_rig import BOLT, ORDER, customer, only, open_shop
from tests.unit.sandbox_sage_rig import Clerk, add_line, begin_order, make_sage

FRIDAY = datetime(2026, 11, 20, 14, 15, tzinfo=UTC)
"""A quarter past nine in New York, where this Sage stands."""


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(FRIDAY, tick=False) as traveller:
        yield traveller


def updated(row: Row) -> tuple[object, object]:
    return row.get("DateUpdated", ""), row.get("TimeUpdated", "")


def bolt(admin: SageAdmin) -> Row:
    return next(row for row in admin.rows("ABC", "IM_ItemWarehouse") if row["ItemCode"] == "BOLT")


def test_what_the_office_enters_is_stamped_in_local_decimal_hours(
    tmp_path: Path, clock: time_machine.Traveller
) -> None:
    admin = make_sage(tmp_path)
    office = admin.office("ABC")
    office.enter("SO_ShipToAddress", ARDivisionNo="00", CustomerNo="ACME", ShipToCode="DOCK", ShipToName="Dock 4")
    assert updated(only(admin, "SO_ShipToAddress")) == ("20261120", "9.25000")
    clock.shift(timedelta(hours=15))
    office.enter("SO_ShipToAddress", ARDivisionNo="00", CustomerNo="ACME", ShipToCode="DOCK", ShipToCity="Madison")
    row = only(admin, "SO_ShipToAddress")
    assert (row["ShipToName"], row["ShipToCity"]) == ("Dock 4", "Madison"), "what is left out stays"
    assert (row["DateCreated"], row["TimeCreated"]) == ("20261120", "9.25000")
    assert updated(row) == ("20261121", "0.25000")
    with pytest.raises(ValueError, match="Colour"):
        office.enter("SO_ShipToAddress", ShipToCode="DOCK", Colour="red")


def test_a_bulk_load_leaves_no_stamp(tmp_path: Path, clock: time_machine.Traveller) -> None:
    admin = make_sage(tmp_path)
    admin.add_rows("ABC", "CI_Item", [{"ItemCode": "BULK", "StandardUnitPrice": 5}])
    assert {updated(row) for row in admin.rows("ABC", "CI_Item")} == {("", "")}
    admin.office("ABC").enter("CI_Item", ItemCode="BULK", StandardUnitPrice="6")
    clock.shift(timedelta(hours=1))
    by_hand = next(row for row in admin.rows("ABC", "CI_Item") if row["ItemCode"] == "BULK")
    admin.add_rows("ABC", "CI_Item", [{**by_hand, "StandardUnitPrice": 7}])
    in_bulk = next(row for row in admin.rows("ABC", "CI_Item") if row["ItemCode"] == "BULK")
    assert (in_bulk["StandardUnitPrice"], updated(in_bulk)) == (7, ("20261120", "9.25000"))


@pytest.mark.parametrize("stamped", [False, True])
def test_whether_an_order_stamps_the_stock_it_commits_is_an_option(
    tmp_path: Path, clock: time_machine.Traveller, stamped: bool
) -> None:
    admin = make_sage(tmp_path, commitments_stamped=stamped)
    bus = begin_order(Clerk(admin).orders(), ORDER)
    add_line(bus, "BOLT", 4.0)
    assert bus.nWrite() == 1
    assert bolt(admin)["QuantityOnSalesOrder"] == 4
    moment = ("20261120", "9.25000") if stamped else ("", "")
    assert (updated(bolt(admin)), updated(customer(admin))) == (moment, moment)
    assert updated(only(admin, "SO_SalesOrderHistoryHeader")) == ("20261120", "9.25000")


def ship(office: Office) -> None:
    office.ship(ORDER, {BOLT: Decimal(1)})


@pytest.mark.parametrize(
    "work",
    [ship, lambda office: office.hold(ORDER), lambda office: office.release(ORDER), lambda office: office.post()],
    ids=["ship", "hold", "release", "post"],
)
def test_the_offices_work_stamps_the_order(
    tmp_path: Path, clock: time_machine.Traveller, work: Callable[[Office], None]
) -> None:
    admin, office = open_shop(tmp_path)
    if work not in (ship,):
        office.ship(ORDER, {BOLT: Decimal(1)})
    clock.shift(timedelta(hours=1))
    work(office)
    header = only(admin, "SO_SalesOrderHeader")
    assert (updated(header), header["TimeCreated"]) == (("20261120", "10.25000"), "9.25000")
    assert header["UserUpdatedKey"] != header["UserCreatedKey"] == "0000000WEB"


def test_posting_and_cash_stamp_what_they_touch(tmp_path: Path, clock: time_machine.Traveller) -> None:
    admin, office = open_shop(tmp_path)
    invoice_no = office.ship(ORDER)
    assert updated(bolt(admin)) == ("", ""), "nothing has left the shelf yet"
    clock.shift(timedelta(hours=1))
    office.post(invoice_no)
    posted = ("20261120", "10.25000")
    invoice = only(admin, "AR_InvoiceHistoryHeader")
    assert (updated(invoice), invoice["TimeCreated"]) == (posted, "10.25000"), "it was not made with the order"
    for row in (bolt(admin), customer(admin), only(admin, "AR_OpenInvoice"), only(admin, "SO_SalesOrderHistoryHeader")):
        assert updated(row) == posted
    clock.shift(timedelta(hours=1))
    office.receive_cash(invoice_no, Decimal(1))
    paid = ("20261120", "11.25000")
    for row in (only(admin, "AR_OpenInvoice"), only(admin, "AR_CashReceiptsHistory"), customer(admin)):
        assert updated(row) == paid


def test_lines_links_and_packages_have_no_stamps(tmp_path: Path) -> None:
    admin, office = open_shop(tmp_path)
    office.post(office.ship(ORDER))
    for table in (
        "SO_SalesOrderHistoryDetail",
        "AR_InvoiceHistoryDetail",
        "SO_ARInvoiceHistoryLink",
        "GL_DetailPosting",
    ):
        rows = admin.rows("ABC", table)
        assert rows
        assert not any("DateUpdated" in row for row in rows)
