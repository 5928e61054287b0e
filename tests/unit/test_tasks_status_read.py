"""`status.read`: where Sage has come to with our orders, told to the one site that each came from."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from bridge.documents import OrderStatus, Shipment, ShippedLine
from bridge.flows.shipment import ShipmentRules
from bridge.flows.showing import Figure, keep
from bridge.flows.status import StatusRules
from bridge.ledger.trace import trace
from bridge.ledger.withdrawals import withdraw
from bridge.ports.reading import ORDER, ORDER_HISTORY, SHIPMENT, ErpRow
from bridge.shown import Shown
from bridge.writing.mapped import Mapped
from mappings.shipment import ShipmentView
from mappings.status import StatusView
from tasks.status_read import read
from tasks.storefront_show import show_all
from tests.placed_orders import NUMBER, invoice_line, order_line, placed, two_lines
from tests.task_rig import LANE, TaskRig
from tests.unit import mapping_samples

AT_ONCE = StatusRules(shipped_rests_s=0)


@pytest.fixture
def rig(rig: TaskRig) -> TaskRig:
    use(rig)
    rig.erp.company(LANE).shelves.put(ORDER)
    rig.erp.company(LANE).shelves.put(ORDER_HISTORY)
    rig.erp.company(LANE).shelves.put(SHIPMENT)
    return rig


def use(rig: TaskRig, rules: StatusRules = AT_ONCE) -> None:
    view = StatusView(rules, ShipmentView(LANE, mapping_samples.LANE, ShipmentRules()))
    rig.change(lanes={LANE: replace(rig.ports.lanes[LANE], views={Shown.STATUS: view})})


def put(rig: TaskRig, *lines: dict[str, str | Decimal], kind: str = ORDER, number: str = NUMBER, **header: str) -> None:
    columns = {"SalesOrderNo": number, "OrderType": "S", "OrderStatus": "O", **header}
    row = ErpRow(number, columns, {"lines": lines}, changed_at=rig.clock.now())
    rig.erp.company(LANE).shelves.put(kind, row)


def complete(rig: TaskRig, letter: str = "C") -> None:
    del rig.erp.company(LANE).shelves.rows[ORDER][NUMBER]
    put(rig, kind=ORDER_HISTORY, OrderStatus=letter)


def told(rig: TaskRig) -> str | None:
    """What the storefront says of the order, once it has been told."""
    rig.pass_time(minutes=16)
    assert read(LANE)
    show_all("clarity")
    order = rig.shop.order("10025")
    return order.status if order else None


def test_an_order_is_followed_from_hold_to_its_end(rig: TaskRig) -> None:
    placed(rig, *two_lines(), status="Confirmed")
    put(rig, order_line(1, "BOLT", 10), order_line(2, "NUT", 4), OrderStatus="H")
    assert told(rig) == "OnHold"
    put(rig, order_line(1, "BOLT", 10), order_line(2, "NUT", 4))
    assert told(rig) == "Processing"
    put(rig, order_line(1, "BOLT", 10, back=10), order_line(2, "NUT", 4))
    assert told(rig) == "Backordered"
    put(rig, order_line(1, "BOLT", 10, shipped=6, back=4), order_line(2, "NUT", 4, shipped=4), OrderType="B")
    assert told(rig) == "PartiallyShipped"
    complete(rig)
    assert told(rig) == "Shipped"


def test_what_did_not_change_is_told_once(rig: TaskRig) -> None:
    placed(rig, *two_lines(), status="Confirmed")
    put(rig, order_line(1, "BOLT", 10))
    told(rig)
    told(rig)
    assert rig.shop.mails_sent == ["10025"]


def test_a_cancelled_order_is_cancelled(rig: TaskRig) -> None:
    placed(rig, *two_lines())
    put(rig, order_line(1, "BOLT", 10))
    told(rig)
    complete(rig, "X")
    assert told(rig) == "Cancelled"


def test_an_order_that_its_storefront_has_withdrawn_is_not_told_that_sage_holds_it(rig: TaskRig) -> None:
    """We hold it there ourselves; the site would refuse OnHold of an order that is cancelled."""
    order = placed(rig, *two_lines())
    with rig.database.write() as connection:
        withdraw(connection, order, 2, Mapped({}).to_json(), why="cancelled", by="reader", now=rig.clock.now())
    put(rig, order_line(1, "BOLT", 10), OrderStatus="H")
    told(rig)
    assert rig.records("status") == []


def test_an_order_that_people_typed_in_is_nobodys_business(rig: TaskRig) -> None:
    put(rig, order_line(1, "BOLT", 10), number="0000999")
    placed(rig, *two_lines())
    told(rig)
    assert rig.records("status") == []


def test_an_order_of_another_lane_with_the_same_number_is_another(rig: TaskRig) -> None:
    placed(rig, *two_lines(), lane="sage100:XYZ")
    put(rig, order_line(1, "BOLT", 10))
    told(rig)
    assert rig.records("status") == []


def test_a_status_is_found_with_its_order(rig: TaskRig) -> None:
    order = placed(rig, *two_lines())
    put(rig, order_line(1, "BOLT", 10), OrderStatus="H")
    told(rig)
    [child] = trace(rig.database, order.id).children
    assert (child.document, child.source_id, child.order_number) == ("status", "10025", "W10025")


def test_it_is_shown_at_its_orders_site_alone(rig: TaskRig) -> None:
    rig.change_connection(lanes={"main": LANE, "other": LANE})
    placed(rig, *two_lines())
    put(rig, order_line(1, "BOLT", 10))
    told(rig)
    assert [record.site for record in rig.records("status")] == ["main"]


def test_what_is_on_an_invoice_that_has_not_left_the_house_is_not_shipped(rig: TaskRig) -> None:
    placed(rig, *two_lines(), status="Confirmed")
    put(rig, order_line(1, "BOLT", 10, shipped=10), order_line(2, "NUT", 4), CurrentInvoiceNo="0000007")
    header = {"InvoiceNo": "0000007", "InvoiceType": "IN", "SalesOrderNo": NUMBER, "InvoiceDate": "20260302"}
    lines = (invoice_line(1, "BOLT", 10),)
    rig.erp.company(LANE).shelves.put(SHIPMENT, ErpRow("0000007", {**header, "ShipStatus": "N"}, {"lines": lines}))
    assert told(rig) == "Processing"
    rig.erp.company(LANE).shelves.put(SHIPMENT, ErpRow("0000007", {**header, "ShipStatus": "S"}, {"lines": lines}))
    put(rig, order_line(1, "BOLT", 10, shipped=10), order_line(2, "NUT", 4), CurrentInvoiceNo="0000007")
    assert told(rig) == "PartiallyShipped"


def test_a_shipped_status_lets_the_shipment_go_first(rig: TaskRig) -> None:
    use(rig, StatusRules(shipped_rests_s=1800))
    placed(rig, *two_lines(), status="Processing")
    put(rig, order_line(1, "BOLT", 10, shipped=10), order_line(2, "NUT", 4, shipped=4))
    assert told(rig) == "Processing"
    rig.pass_time(minutes=31)
    show_all("clarity")
    assert rig.shop.shown(OrderStatus, ["10025"])["10025"] == OrderStatus(order_id="10025", status="Shipped")


def test_a_shipment_that_is_learned_of_later_does_not_undo_a_hold(rig: TaskRig) -> None:
    """A site moves an order by itself when it learns of a shipment, so the status is shown again after it."""
    order = placed(rig, *two_lines(), status="Confirmed")
    put(rig, order_line(1, "BOLT", 10, shipped=6), order_line(2, "NUT", 4), OrderStatus="H")
    assert told(rig) == "OnHold"
    lines = (ShippedLine(order_line_id="a", quantity=Decimal(6)),)
    shipment = Shipment(
        order_id="10025",
        external_ref=f"{LANE}/7-{NUMBER}",
        shipped_at=rig.clock.now(),
        lines=lines,
        notify_customer=True,
    )
    with rig.database.write() as connection:
        keep(connection, rig.ports, LANE, Shown.SHIPMENT, [Figure(shipment, rig.clock.now(), owner=order)])
    show_all("clarity")
    assert rig.shop.shown(OrderStatus, ["10025"])["10025"] == OrderStatus(order_id="10025", status="PartiallyShipped")
    assert told(rig) == "OnHold"


def test_a_standing_without_a_word_is_not_told(rig: TaskRig) -> None:
    use(rig, StatusRules.model_validate({"words": {"complete": "Completed"}, "shipped_rests_s": 0}))
    placed(rig, *two_lines(), status="Confirmed")
    put(rig, order_line(1, "BOLT", 10))
    assert told(rig) == "Confirmed"
    complete(rig)
    assert told(rig) == "Completed"


def test_at_night_an_order_is_read_again_whether_it_is_open_or_was_done_lately(rig: TaskRig) -> None:
    """An order in history that nobody has touched for longer than the sweep looks back is not."""
    kinds = {NUMBER: (ORDER, 300), "0000200": (ORDER_HISTORY, 80), "0000300": (ORDER_HISTORY, 100)}
    for number, (kind, _) in kinds.items():
        placed(rig, *two_lines(), number=number, source_id=number, order_number=f"W{number}", status="Confirmed")
        put(rig, order_line(1, "BOLT", 10), kind=kind, number=number, OrderStatus="O" if kind == ORDER else "C")
    read(LANE)
    show_all("clarity")
    shelf = rig.erp.company(LANE).shelves
    for number, (kind, days) in kinds.items():
        columns = {**shelf.rows[kind][number].columns, "OrderStatus": "H" if kind == ORDER else "X"}
        long_ago = rig.clock.now() - timedelta(days=days)
        shelf.put(kind, replace(shelf.rows[kind][number], columns=columns, changed_at=long_ago))
    rig.pass_time(hours=11)
    assert read(LANE)
    show_all("clarity")
    found = rig.shop.shown(OrderStatus, list(kinds))
    statuses = [found[number].status for number in kinds]  # type: ignore[attr-defined]
    assert statuses == ["OnHold", "Cancelled", "Shipped"]
    assert rig.alarms() == {f"drift:{LANE}:status": "normal"}


def test_a_status_that_is_told_again_after_a_shipment_is_no_drift(rig: TaskRig) -> None:
    order = placed(rig, *two_lines(), status="Confirmed")
    put(rig, order_line(1, "BOLT", 10))
    told(rig)
    shipment = Shipment(
        order_id="10025",
        external_ref=f"{LANE}/7-{NUMBER}",
        shipped_at=rig.clock.now(),
        lines=(ShippedLine(order_line_id="a", quantity=Decimal(6)),),
        notify_customer=True,
    )
    with rig.database.write() as connection:
        keep(connection, rig.ports, LANE, Shown.SHIPMENT, [Figure(shipment, rig.clock.now(), owner=order)])
    rig.pass_time(hours=11)
    assert read(LANE)
    assert rig.states("status") == {"10025": "READY"}
    assert rig.alarms() == {}


def test_only_orders_that_changed_are_read_again(rig: TaskRig) -> None:
    placed(rig, *two_lines(), status="Confirmed")
    put(rig, order_line(1, "BOLT", 10))
    told(rig)
    rig.pass_time(hours=3)  # longer than what each pass reads again of the one before
    told(rig)
    shelf = rig.erp.company(LANE).shelves
    unstamped = replace(shelf.rows[ORDER][NUMBER], columns={**shelf.rows[ORDER][NUMBER].columns, "OrderStatus": "H"})
    shelf.put(ORDER, unstamped)
    assert told(rig) == "Processing"
    shelf.put(ORDER, replace(unstamped, changed_at=rig.clock.now() + timedelta(seconds=1)))
    assert told(rig) == "OnHold"
