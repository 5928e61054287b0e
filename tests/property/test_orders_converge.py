"""Whatever the office does with an order, and whenever it is read and sent: in the end both sides show the same."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import count
from typing import Any, Self

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from bridge.documents import Invoice, Receipt, Shipment
from bridge.erp.sage100.boi import BoiSession
from bridge.erp.sage100.com import PythonScripts
from bridge.erp.sage100.company import SageCompany
from bridge.erp.sage100.session import SageSession
from bridge.errors import Throttled, TidegateError, Uncertain
from bridge.flows.invoice import InvoiceRules
from bridge.flows.receipt import ReceiptRules
from bridge.flows.shipment import ShipmentRules
from bridge.flows.status import StatusRules
from bridge.ledger.store import Database
from bridge.ports.reading import ErpPage, ReadAsk
from bridge.shown import Shown
from mappings.invoice import InvoiceView
from mappings.receipt import ReceiptView
from mappings.shipment import ShipmentView
from mappings.status import StatusView
from sandbox.sage100.admin import SageAdmin
from sandbox.sage100.layouts import Row
from sandbox.sage100.office import Office
from sandbox.sage100.packages import Package
from sandbox.sage100.script import STORE_VARIABLE, connect
from tasks import invoice_read, receipt_read, shipment_read, status_read
from tasks.storefront_show import show_all
from tests.databases import delete_rows
from tests.effort import effort, weighed
from tests.placed_orders import line, placed
from tests.task_rig import LANE, TaskRig, a_task_rig
from tests.unit import mapping_samples
from tests.unit.sandbox_sage_rig import HOME, Clerk, add_line, begin_order, make_sage

READS: dict[str, Callable[[str], bool]] = {
    "shipments": shipment_read.read, "statuses": status_read.read, "invoices": invoice_read.read,
    "receipts": receipt_read.read,
}  # fmt: skip
DEEDS = {
    "hold": (1, st.tuples()), "release": (2, st.tuples()), "pack": (1, st.tuples()), "post": (3, st.tuples()),
    "ship": (4, st.tuples(st.integers(0, 5), st.integers(0, 3))), "ship the rest": (1, st.tuples()),
    "pay": (3, st.tuples(st.integers(1, 9))), "credit": (1, st.tuples()), "show": (3, st.tuples()),
    "fail": (1, st.tuples(st.booleans())), "read": (5, st.tuples(st.sampled_from(sorted(READS)))),
}  # fmt: skip
_numbers = count(1)


class InProcess:
    """A road into the simulated Sage without an agent between; it only reads."""

    def open_reader(self, _lane: str, **_: object) -> "InProcess":
        """A reader of its own."""
        return InProcess()

    def __enter__(self) -> Self:
        company = SageCompany(user="WEB", password=SecretStr("web"), time_zone="America/New_York")
        self._session = BoiSession(SageSession(PythonScripts(connect), HOME, "ABC", company))
        return self

    def __exit__(self, *exc: object) -> None:
        self._session.close()

    def read(self, ask: ReadAsk) -> ErpPage:
        """See `ErpReader.read`."""
        return self._session.read(ask)


@dataclass
class Play:
    """One order in Sage and at the storefront, and what is done with it."""

    rig: TaskRig
    admin: SageAdmin
    office: Office
    number: str

    def do(self, deed: str, *told: Any) -> None:
        """Does it, as far as Sage allows it as things stand."""
        with suppress(KeyError, ValueError, IndexError):
            getattr(self, deed.replace(" ", "_"))(*told)

    def hold(self) -> None:
        self.office.hold(self.number)

    def release(self) -> None:
        self.office.release(self.number)

    def ship(self, bolts: int, nuts: int) -> None:
        self.office.ship(self.number, {"000001": Decimal(bolts), "000002": Decimal(nuts)}, [Package(f"T{bolts}")])

    def ship_the_rest(self) -> None:
        self.office.ship(self.number)

    def pack(self) -> None:
        """A package is added to an unposted invoice, which stamps nothing."""
        unposted = self.rows("SO_InvoiceHeader")[0]
        row = {"InvoiceNo": unposted["InvoiceNo"], "PackageNo": "0009", "TrackingID": "LATE"}
        self.admin.add_rows("ABC", "SO_InvoiceTracking", [row])

    def post(self) -> None:
        self.office.post(*(str(row["InvoiceNo"]) for row in self.rows("SO_InvoiceHeader")))

    def pay(self, amount: int) -> None:
        self.office.receive_cash(str(self.rows("AR_InvoiceHistoryHeader")[-1]["InvoiceNo"]), Decimal(amount))

    def credit(self) -> None:
        self.office.credit(str(self.rows("AR_InvoiceHistoryHeader")[0]["InvoiceNo"]), {"000001": Decimal(1)})

    def read(self, what: str) -> None:
        self.rig.pass_time(minutes=20)
        READS[what](LANE)

    def show(self) -> None:
        self.rig.pass_time(minutes=20)
        show_all("clarity")

    def fail(self, after: bool) -> None:
        error: TidegateError = Uncertain("no answer") if after else Throttled("wait", after_s=1)
        self.rig.shop.fail_next("show", error, after_effect=after)

    def rows(self, table: str) -> list[Row]:
        """The order's rows of a table."""
        return [row for row in self.admin.rows("ABC", table) if row["SalesOrderNo"] == self.number]


@pytest.fixture(scope="module")
def admin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SageAdmin]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(STORE_VARIABLE, "")  # so that what the clerk sets is gone after the module
        admin = make_sage(tmp_path_factory.mktemp("sage"))
        yield admin
        admin.close()


@pytest.fixture(scope="module")
def clerk(admin: SageAdmin) -> Clerk:
    """Who types the orders in: one session for all, for each takes a seat."""
    return Clerk(admin)


@effort(examples=15)
@given(deeds=st.lists(weighed(DEEDS), min_size=4, max_size=25))
def test_both_sides_agree_in_the_end(
    sqlite_database: Database, admin: SageAdmin, clerk: Clerk, deeds: list[tuple[str, tuple[Any, ...]]]
) -> None:
    delete_rows(sqlite_database)
    with a_task_rig(sqlite_database) as rig:
        play = a_play(rig, admin, clerk)
        for deed, told in deeds:
            play.do(deed, *told)
        for _ in range(3):
            for what in ("shipments", "statuses", "invoices", "receipts"):
                play.read(what)
            play.show()
        rested = [record for kind in Shown for record in rig.records(kind) if record.state != "CONFIRMED"]
        assert [(record.source_id, record.state, record.reason_text) for record in rested] == []
        agree(play)


def a_play(rig: TaskRig, admin: SageAdmin, clerk: Clerk) -> Play:
    number = f"{next(_numbers):07}"
    bus = begin_order(clerk.orders(), number, po=f"PO-{number}")
    add_line(bus, "BOLT", 10.0)
    add_line(bus, "NUT", 4.0)
    assert bus.nWrite() == 1, bus.sLastErrorMsg
    bus.DropObject()
    shipments = ShipmentView(LANE, mapping_samples.LANE, ShipmentRules())
    invoices = InvoiceView(LANE, mapping_samples.LANE, "USD", InvoiceRules())
    views = {
        Shown.SHIPMENT: shipments, Shown.STATUS: StatusView(StatusRules(shipped_rests_s=0), shipments),
        Shown.INVOICE: invoices, Shown.RECEIPT: ReceiptView(ReceiptRules(), invoices),
    }  # fmt: skip
    road: Any = InProcess()
    rig.change(lanes={LANE: replace(rig.ports.lanes[LANE], erp=road, views=views, has_reader_seat=True)})
    placed(rig, line("a", "BOLT", 10), line("b", "NUT", 4), number=number, status="Confirmed")
    return Play(rig, admin, admin.office("ABC"), number)


def agree(play: Play) -> None:
    """The storefront shows what Sage has: no more, no less, and nothing twice."""
    shelf, mine = play.rig.shop.shelf.documents, f"-{play.number}"
    shipped: dict[str, Decimal] = {}
    for each in shelf[Shipment].values():
        assert isinstance(each, Shipment)
        assert each.external_ref.endswith(mine)
        for one in each.lines:
            shipped[one.order_line_id] = shipped.get(one.order_line_id, Decimal(0)) + one.quantity
    history: dict[str, Any] = {}
    for table in ("SO_SalesOrderHistoryDetail", "SO_SalesOrderDetail"):
        history |= {str(row["ItemCode"]): row.get("QuantityShipped", Decimal(0)) for row in play.rows(table)}
    assert {line_id: shipped.get(line_id, 0) for line_id in ("a", "b")} == {"a": history["BOLT"], "b": history["NUT"]}
    owed = {str(row["InvoiceNo"]): row["Balance"] for row in play.admin.rows("ABC", "AR_OpenInvoice")}
    billed = {str(row["InvoiceNo"]) for row in play.rows("AR_InvoiceHistoryHeader")}
    invoices = [each for each in shelf[Invoice].values() if isinstance(each, Invoice)]
    assert {each.invoice_number: each.balance_due for each in invoices} == {no: owed[no] for no in billed}
    paid = sum((each.amount for each in shelf[Receipt].values() if isinstance(each, Receipt)), Decimal(0))
    assert paid == sum((each.total - each.balance_due for each in invoices), Decimal(0))
    state = {str(row["OrderStatus"]) for row in play.rows("SO_SalesOrderHeader")}
    order = play.rig.shop.order("10025")
    assert order is not None
    assert order.status in (
        {"OnHold"} if state == {"H"} else {"Processing", "Backordered", "PartiallyShipped", "Shipped"}
    )
    assert (order.status == "Shipped") >= (not state)
