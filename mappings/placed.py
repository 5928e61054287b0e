"""A storefront's order as it was written into the ERP: which of its lines became which there."""

from bridge.documents import Customer, Order
from bridge.errors import Refused
from bridge.flows.shipment import WrittenLine
from bridge.ledger.rows import Record
from bridge.ports.erp import ORDER
from bridge.writing.mapped import Mapped
from mappings.mapped import MapContext, Run
from mappings.order_lines import ordered_lines


def order_of(record: Record) -> Order | None:
    """The order as the storefront had it when it was last read; None for a record without one."""
    is_order = record.document == ORDER and record.content is not None
    return Order.model_validate_json(record.content or "") if is_order else None


def written_lines(record: Record) -> list[WrittenLine]:
    """The order's lines by their places in the ERP, counted from 1.

    They are written in the storefront's order, and lines of charges after them. An item whose lines the
    storefront has changed since is left out, for they cannot be told.
    """
    order = order_of(record)
    if order is None or record.mapped is None:
        return []
    try:
        ordered = ordered_lines(order, Run(MapContext(customer_number="")))
    except Refused:
        return []
    pairs = list(zip((line for _, line in ordered), Mapped.from_json(record.mapped).lines, strict=False))
    items = [str(columns.get("ItemCode", "")) for _, columns in pairs]
    changed = {
        item for item, (line, columns) in zip(items, pairs, strict=True)
        if columns.get("QuantityOrdered") != line.quantity
    }  # fmt: skip
    written = enumerate(zip(items, pairs, strict=True), start=1)
    return [WrittenLine(line.id, place, item) for place, (item, (line, _)) in written if item not in changed]


def account_of(owner: Record) -> str | None:
    """The storefront's id of the account behind an order or a customer's record; None for a guest."""
    if owner.document == ORDER:
        order = order_of(owner)
        return order.customer.id if order and not order.customer.is_guest else None
    customer = Customer.model_validate_json(owner.content) if owner.content else None
    return owner.source_id if customer and not customer.is_guest else None
