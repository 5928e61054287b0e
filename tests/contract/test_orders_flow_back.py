"""What becomes of an order in Sage, read by the real agent out of the simulated Sage, as the storefront sees it."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from bridge.documents import Shipment
from bridge.documents.base import Document
from bridge.erp.sage100.agent_client import SageAgentErp
from bridge.flows.shipment import ShipmentRules
from bridge.flows.status import StatusRules
from bridge.ledger.store import Database
from bridge.shown import Shown
from mappings.settings import LaneMapping
from mappings.shipment import ShipmentView
from mappings.status import StatusView
from sandbox.sage100.office import Office
from sandbox.sage100.packages import Package
from tasks import shipment_read, status_read
from tasks.storefront_show import show_all
from tests.contract.erp_contract import order as order_to_write
from tests.contract.sage_lab import SageLab
from tests.placed_orders import line, placed
from tests.task_rig import LANE, TaskRig, a_task_rig

WIDGETS, GADGETS = "000001", "000002"


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[SageLab]:
    """One for each test: an agent remembers fences, which a new ledger counts from 1 again."""
    with SageLab(tmp_path) as lab:
        yield lab


@pytest.fixture
def erp(lab: SageLab) -> Iterator[SageAgentErp]:
    erp = lab.client(session_limit=3)
    yield erp
    erp.close()


@pytest.fixture
def rig(sqlite_database: Database, erp: SageAgentErp, lab: SageLab) -> Iterator[TaskRig]:
    mapping = LaneMapping(time_zone=lab.admin.options().time_zone)
    shipments = ShipmentView(LANE, mapping, ShipmentRules())
    views = {Shown.SHIPMENT: shipments, Shown.STATUS: StatusView(StatusRules(shipped_rests_s=0), shipments)}
    with a_task_rig(sqlite_database) as rig:
        rig.change(lanes={LANE: replace(rig.ports.lanes[LANE], erp=erp, views=views, has_reader_seat=True)})
        yield rig


@pytest.fixture
def number(rig: TaskRig, erp: SageAgentErp) -> str:
    """An order of ten widgets and four gadgets that is in Sage under this number."""
    lines = tuple(
        {"ItemCode": item, "QuantityOrdered": Decimal(ordered), "UnitPrice": Decimal("2.50")}
        for item, ordered in (("WIDGET", 10), ("GADGET", 4))
    )
    with erp.open(LANE, fence=1, purpose="writer") as session:
        [number] = session.reserve("order", 1)
        [written] = session.write(1, [order_to_write(1, number, lines=lines)])
    assert written.outcome == "confirmed", written
    placed(rig, line("a", "WIDGET", 10), line("b", "GADGET", 4), number=number, status="Confirmed")
    return number


@pytest.fixture
def office(lab: SageLab) -> Office:
    return lab.admin.office(LANE.partition(":")[2])


def status(rig: TaskRig) -> str:
    """What the storefront says of the order once all has been read and sent, shipments first."""
    assert shipment_read.read(LANE)
    assert status_read.read(LANE)
    show_all("clarity")
    order = rig.shop.order("10025")
    assert order is not None
    assert [
        record.reason_text for record in rig.records("shipment") + rig.records("status") if record.reason_text
    ] == []
    return order.status


def shown(rig: TaskRig, document: type[Document], ref: str) -> Document:
    return rig.shop.shown(document, [ref])[ref]


def test_an_order_is_held_released_shipped_twice_and_complete(rig: TaskRig, number: str, office: Office) -> None:
    assert status(rig) == "Processing"
    office.hold(number)
    assert status(rig) == "OnHold"
    office.release(number)
    assert status(rig) == "Processing"
    first = office.ship(number, {WIDGETS: Decimal(6)}, [Package("1Z1", "UPS"), Package("1Z2", "UPS")])
    assert status(rig) == "PartiallyShipped"
    ref = f"{LANE}/{first}-{number}"
    unposted = shown(rig, Shipment, ref)
    assert isinstance(unposted, Shipment)
    assert [(each.order_line_id, each.quantity) for each in unposted.lines] == [("a", 6)]
    assert (unposted.tracking_numbers, unposted.carrier_name) == (("1Z1", "1Z2"), "UPS")
    office.post(first)
    assert status(rig) == "PartiallyShipped"
    assert shown(rig, Shipment, ref) == unposted
    office.post(office.ship(number))
    assert status(rig) == "Shipped"
    assert [record.version for record in rig.records("shipment")] == [1, 1]
    assert rig.shop.mails_sent.count("10025") == 3 + 2  # three statuses, then one for each shipment


def test_an_order_that_is_cancelled_in_sage_is_cancelled(rig: TaskRig, number: str, office: Office) -> None:
    assert status(rig) == "Processing"
    office.cancel(number, "")
    assert status(rig) == "Cancelled"


def test_an_invoice_that_has_not_left_the_house_is_no_shipment(rig: TaskRig, number: str, office: Office) -> None:
    invoice = office.invoice(number)
    assert status(rig) == "Processing"
    office.post(invoice)
    assert status(rig) == "Shipped"
