"""Orders that came from the storefront and are in the ERP by now, for the tests of what flows back of them."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from bridge.documents import Line
from bridge.ledger.moves import create
from bridge.ledger.rows import Record
from bridge.ports.erp import FieldValue
from bridge.writing.mapped import Mapped
from tests.builders import LANE, NOW, SITE
from tests.task_rig import TaskRig
from tests.unit import mapping_samples

Columns = dict[str, FieldValue]
NUMBER = "0000123"


def placed(
    rig: TaskRig, *lines: Line, number: str = NUMBER, lane: str = LANE, payment_type: str = "", **order: Any
) -> Record:
    """An order at the storefront that the ledger knows as confirmed under this number; its SKUs are item codes."""
    facts = {"source_id": "10025", "order_number": "W10025", **order}
    document = mapping_samples.order(*lines, **facts)
    rig.shop.put_order(document)
    mapped = Mapped(
        {"ARDivisionNo": "00", "CustomerNo": "ACME", "PaymentType": payment_type},
        tuple({"ItemCode": each.sku, "QuantityOrdered": each.quantity} for each in document.lines),
    )
    with rig.database.write() as connection:
        record = create(
            connection, now=NOW, by="test", why="built by a test", connection_name="clarity", site=SITE,
            document="order", source_id=document.source_id, lane=lane, state="CONFIRMED", version=1, number=number,
            order_number=document.order_number, content=document.model_dump_json(), mapped=mapped.to_json(),
        )  # fmt: skip
    assert record is not None
    return record


def two_lines() -> tuple[Line, Line]:
    """Ten bolts and four nuts."""
    return line("a", "BOLT", 10), line("b", "NUT", 4)


def line(line_id: str, sku: str, quantity: int) -> Line:
    """A line of an order at 2.50 each."""
    return mapping_samples.line(id=line_id, sku=sku, quantity=Decimal(quantity), unit_price=Decimal("2.50"))


def order_line(place: int, item: str, ordered: int, *, shipped: int = 0, back: int = 0) -> Columns:
    """A line of a sales order, by its place."""
    return {
        "LineKey": f"{place:06}", "ItemCode": item, "ItemType": "1", "QuantityOrdered": Decimal(ordered),
        "QuantityShipped": Decimal(shipped), "QuantityBackordered": Decimal(back),
    }  # fmt: skip


def invoice_line(place: int, item: str, shipped: int, *, item_type: str = "1") -> Columns:
    """A line of an unposted invoice, for the order's line of this place."""
    return {
        "LineKey": "000001", "OrderLineKey": f"{place:06}", "ItemCode": item, "ItemType": item_type,
        "QuantityShipped": Decimal(shipped),
    }  # fmt: skip


def day_of(moment: datetime) -> str:
    """The moment's day as Sage writes it."""
    return moment.strftime("%Y%m%d")
