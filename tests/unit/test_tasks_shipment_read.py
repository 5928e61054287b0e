"""`shipment.read`: what left the house, shown once, whether its invoice is posted yet or not."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bridge.documents import Shipment
from bridge.flows.shipment import ShipmentRules
from bridge.flows.words import in_words
from bridge.ledger.rows import Record
from bridge.ledger.trace import find, trace
from bridge.ports.erp import FieldValue
from bridge.ports.reading import INVOICE, INVOICE_LINK, ORDER_HISTORY, SHIPMENT, ErpRow
from bridge.shown import Shown
from mappings.shipment import ShipmentView
from tasks.shipment_read import read
from tasks.storefront_show import show_all
from tests.placed_orders import NUMBER, invoice_line, line, placed, two_lines
from tests.task_rig import LANE, TaskRig
from tests.unit import mapping_samples

INVOICE_NO = "0000007"
REF = f"{LANE}/{INVOICE_NO}-{NUMBER}"


@pytest.fixture
def rig(rig: TaskRig) -> TaskRig:
    use(rig)
    for kind in (SHIPMENT, INVOICE, INVOICE_LINK, ORDER_HISTORY):
        rig.erp.company(LANE).shelves.put(kind)
    return rig


def use(rig: TaskRig, **rules: Any) -> None:
    view = ShipmentView(LANE, mapping_samples.LANE, ShipmentRules.model_validate(rules))
    rig.change(lanes={LANE: replace(rig.ports.lanes[LANE], views={Shown.SHIPMENT: view})})


def ship(
    rig: TaskRig, *lines: dict[str, FieldValue], packages: tuple[str, ...] = (), number: str = INVOICE_NO, **header: str
) -> None:
    """An unposted invoice; the same number again replaces it."""
    columns = {
        "InvoiceNo": number, "InvoiceType": "IN", "SalesOrderNo": NUMBER, "ShipDate": "20260302", "ShipStatus": "S",
        "ShipVia": "UPS GROUND", "WarehouseCode": "000", **header,
    }  # fmt: skip
    parcels = tuple({"PackageNo": f"{place:04}", "TrackingID": each} for place, each in enumerate(packages, 1))
    rig.erp.company(LANE).shelves.put(SHIPMENT, ErpRow(number, columns, {"lines": lines, "packages": parcels}))


def post(rig: TaskRig, number: str = INVOICE_NO) -> None:
    """The unposted invoice becomes history, whose lines no longer name the order's lines."""
    shelves = rig.erp.company(LANE).shelves
    row = shelves.rows[SHIPMENT].pop(number)
    lines = tuple(
        {name: value for name, value in each.items() if name != "OrderLineKey"} | {"DetailSeqNo": f"{place:06}"}
        for place, each in enumerate(row.parts["lines"], 1)
    )
    columns = {name: value for name, value in row.columns.items() if name != "ShipStatus"}
    key = f"{number}|000000"
    shelves.put(
        INVOICE,
        ErpRow(key, columns | {"HeaderSeqNo": "000000"}, {**row.parts, "lines": lines}, changed_at=rig.clock.now()),
    )


def shown(rig: TaskRig, ref: str = REF) -> Shipment | None:
    """What the storefront shows once all has been read and sent."""
    rig.pass_time(minutes=16)
    assert read(LANE)
    show_all("clarity")
    found = rig.shop.shown(Shipment, [ref]).get(ref)
    assert found is None or isinstance(found, Shipment)
    return found


def quantities(shipment: Shipment | None) -> dict[str, Decimal]:
    return {line.order_line_id: line.quantity for line in shipment.lines} if shipment else {}


def record_of(rig: TaskRig) -> Record:
    [record] = rig.records("shipment")
    return record


def test_a_shipment_is_shown_with_its_lines_carrier_and_packages(rig: TaskRig) -> None:
    use(rig, carriers={"UPS GROUND": "ups"})
    placed(rig, *two_lines())
    ship(rig, invoice_line(1, "BOLT", 6), invoice_line(2, "NUT", 4), packages=("1Z1", "1Z2"))
    shipment = shown(rig)
    assert shipment is not None
    assert quantities(shipment) == {"a": 6, "b": 4}
    assert shipment.tracking_numbers == ("1Z1", "1Z2")
    assert (shipment.carrier_code, shipment.carrier_name, shipment.service_code) == ("ups", "UPS GROUND", "UPS")
    assert shipment.shipped_at.isoformat() == "2026-03-02T00:00:00+00:00"
    order = rig.shop.order("10025")
    assert order is not None
    assert order.status == "PartiallyShipped"
    assert rig.shop.mails_sent == ["10025"]


def test_posting_changes_nothing_at_the_storefront(rig: TaskRig) -> None:
    placed(rig, *two_lines())
    ship(rig, invoice_line(1, "BOLT", 6), packages=("1Z1",))
    before = shown(rig)
    post(rig)
    assert shown(rig) == before
    assert (record_of(rig).state, record_of(rig).version) == ("CONFIRMED", 1)
    assert rig.shop.mails_sent == ["10025"]


def test_a_package_that_is_added_later_changes_the_shipment_without_a_second_mail(rig: TaskRig) -> None:
    placed(rig, *two_lines())
    ship(rig, invoice_line(1, "BOLT", 6))
    assert shown(rig) is not None
    ship(rig, invoice_line(1, "BOLT", 6), packages=("1Z1",))
    shipment = shown(rig)
    assert shipment is not None
    assert shipment.tracking_numbers == ("1Z1",)
    assert rig.shop.mails_sent == ["10025"]


def test_several_shipments_of_an_order_add_up(rig: TaskRig) -> None:
    placed(rig, *two_lines())
    ship(rig, invoice_line(1, "BOLT", 6))
    shown(rig)
    post(rig)
    ship(rig, invoice_line(1, "BOLT", 4), invoice_line(2, "NUT", 4), number="0000008")
    assert quantities(shown(rig, f"{LANE}/0000008-{NUMBER}")) == {"a": 4, "b": 4}
    order = rig.shop.order("10025")
    assert order is not None
    assert order.status == "Shipped"


def test_an_invoice_is_a_shipment_once_it_is_shipped_or_posted(rig: TaskRig) -> None:
    placed(rig, *two_lines())
    ship(rig, invoice_line(1, "BOLT", 6), ShipStatus="N")
    assert shown(rig) is None
    post(rig)
    assert quantities(shown(rig)) == {"a": 6}


@pytest.mark.parametrize("type_", ["CM", "XD", "DM"])
def test_what_is_no_sale_is_no_shipment(rig: TaskRig, type_: str) -> None:
    placed(rig, *two_lines())
    ship(rig, invoice_line(1, "BOLT", 6), InvoiceType=type_)
    assert shown(rig) is None


def test_what_people_typed_in_is_not_shown(rig: TaskRig) -> None:
    placed(rig, *two_lines(), number="0000999")
    ship(rig, invoice_line(1, "BOLT", 6))
    shown(rig)
    assert rig.records("shipment") == []


def test_an_invoice_of_two_orders_is_a_shipment_of_each(rig: TaskRig) -> None:
    placed(rig, *two_lines())
    placed(rig, *two_lines(), number="0000124", source_id="10026", order_number="W10026")
    one = invoice_line(1, "BOLT", 6) | {"AppliedSalesOrderNo": NUMBER}
    other = invoice_line(1, "BOLT", 2) | {"AppliedSalesOrderNo": "0000124"}
    ship(rig, one, other, SalesOrderNo="")
    assert quantities(shown(rig)) == {"a": 6}
    assert quantities(shown(rig, f"{LANE}/{INVOICE_NO}-0000124")) == {"a": 2}


def test_lines_of_one_item_are_told_by_the_links_that_posting_leaves(rig: TaskRig) -> None:
    placed(rig, line("a", "BOLT", 10), line("b", "BOLT", 4))
    ship(rig, invoice_line(1, "BOLT", 1), invoice_line(2, "BOLT", 3))
    post(rig)
    shelves = rig.erp.company(LANE).shelves
    history = tuple({"SequenceNo": f"9{place:013}", "LineKey": f"{place:06}"} for place in (1, 2))
    shelves.put(ORDER_HISTORY, ErpRow(NUMBER, {"SalesOrderNo": NUMBER}, {"lines": history}))
    for place in (1, 2):
        columns = {
            "SalesOrderNo": NUMBER, "SequenceNo": f"9{place:013}", "InvoiceNo": INVOICE_NO,
            "InvoiceHistoryHeaderSeqNo": "000000", "InvoiceHistoryDetailSeqNo": f"{place:06}",
        }  # fmt: skip
        shelves.put(INVOICE_LINK, ErpRow("|".join(columns.values()), columns))
    assert quantities(shown(rig)) == {"a": 1, "b": 3}


def test_what_was_told_before_posting_stays_where_no_links_are_kept(rig: TaskRig) -> None:
    placed(rig, line("a", "BOLT", 10), line("b", "BOLT", 4))
    ship(rig, invoice_line(1, "BOLT", 1), invoice_line(2, "BOLT", 3))
    assert quantities(shown(rig)) == {"a": 1, "b": 3}
    post(rig)
    assert quantities(shown(rig)) == {"a": 1, "b": 3}
    assert (record_of(rig).state, record_of(rig).version, record_of(rig).flags) == ("CONFIRMED", 1, None)


def test_lines_that_cannot_be_told_are_remarked(rig: TaskRig) -> None:
    placed(rig, *two_lines())
    ship(rig, invoice_line(1, "BOLT", 6), invoice_line(3, "SAW", 1))
    assert quantities(shown(rig)) == {"a": 6}
    assert record_of(rig).flags == "lines that the order does not tell: SAW"


def test_a_shipment_whose_invoice_is_deleted_stays_and_is_remarked(rig: TaskRig) -> None:
    """A storefront has no way to take a shipment back; a person must know."""
    placed(rig, *two_lines())
    ship(rig, invoice_line(1, "BOLT", 6))
    before = shown(rig)
    ship(rig, InvoiceType="XD", ShipStatus="D")
    ship(rig, number="0000008", InvoiceType="XD", ShipStatus="D")  # never shown
    assert shown(rig) == before
    assert (record_of(rig).flags, record_of(rig).version) == ("its invoice was deleted", 1)
    assert str(in_words(record_of(rig))).endswith("(its invoice was deleted)")


def test_an_order_is_found_by_what_went_out_of_it(rig: TaskRig) -> None:
    order = placed(rig, *two_lines())
    ship(rig, invoice_line(1, "BOLT", 6), packages=("1Z1",))
    shown(rig)
    whole = trace(rig.database, order.id)
    assert {(each.kind, each.value) for each in whole.identities} == {("shipment", INVOICE_NO), ("tracking", "1Z1")}
    assert [child.source_id for child in whole.children] == [REF]
    assert [record.id for record in find(rig.database, "1Z1")] == [order.id]


def test_a_lane_may_leave_the_mail_to_others(rig: TaskRig) -> None:
    use(rig, notify=False)
    placed(rig, *two_lines())
    ship(rig, invoice_line(1, "BOLT", 6))
    assert shown(rig) is not None
    assert rig.shop.mails_sent == []


def test_nothing_is_read_before_it_is_due(rig: TaskRig) -> None:
    assert read(LANE)
    assert not read(LANE)
