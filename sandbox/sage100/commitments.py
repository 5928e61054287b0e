"""What an open order weighs on: stock on sales orders and back orders, and the customer's open amount.

Sources: reference sage100.md 2.7 (stock), 6 (point 9). A line's quantity is in three parts: shipped, back-ordered and
open. What an invoice that is not posted yet has shipped stays on sales orders until it is posted.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from sandbox.sage100.books import Books
from sandbox.sage100.layouts import Row, rounded
from sandbox.sage100.totals import extension, number, order_total

COMMITTING_TYPES = frozenset({"S", "B"})
GOODS = frozenset({"1", "2"})
_REGULAR = "1"


def commit(books: Books, header: Row, lines: Sequence[Row], sign: int) -> None:
    """Adds (`sign` 1) or takes back (-1) what an order commits, in the caller's transaction. Quotes commit nothing."""
    if header.get("OrderType") not in COMMITTING_TYPES:
        return
    unposted = _on_invoice(books, header)
    stamped = books.options.commitments_stamped
    left: dict[str, Decimal] = {}
    for line in lines:
        key = str(line["LineKey"])
        left[key] = left_of(line) + unposted.get(key, Decimal(0))
        back = number(line, "QuantityBackordered")
        moved = {"QuantityOnSalesOrder": sign * (left[key] - back), "QuantityOnBackOrder": sign * back}
        move_stock(books, line, moved, stamped=stamped)
    amount = sign * _open_amount(header, lines, left)
    add_to_customer(books, header, {"OpenOrderAmt": amount}, stamped=stamped)


def left_of(line: Row) -> Decimal:
    """What of a line has not been shipped, back-ordered or not."""
    return number(line, "QuantityOrdered") - number(line, "QuantityShipped")


def move_stock(books: Books, line: Row, changes: Mapping[str, Decimal], *, stamped: bool) -> None:
    """Adds to stock figures of a line's item, given in the line's unit; only regular items have any."""
    if line.get("ItemType") != _REGULAR or not any(changes.values()):
        return
    place = str(line["ItemCode"]), str(line.get("WarehouseCode", ""))
    stock = books.get("IM_ItemWarehouse", *place) or {"ItemCode": place[0], "WarehouseCode": place[1]}
    factor = number(line, "UnitOfMeasureConvFactor") or Decimal(1)
    for column, quantity in changes.items():
        stock[column] = number(stock, column) + quantity * factor
    (books.save if stamped else books.keep)("IM_ItemWarehouse", stock)


def add_to_customer(
    books: Books, document: Row, changes: Mapping[str, Decimal], cells: Row | None = None, *, stamped: bool
) -> None:
    """Adds to amounts of a document's customer, and sets `cells`."""
    customer = books.get("AR_Customer", str(document["ARDivisionNo"]), str(document["CustomerNo"]))
    if customer is None:
        return
    customer.update(cells or {})
    for column, amount in changes.items():
        customer[column] = number(customer, column) + amount
    (books.save if stamped else books.keep)("AR_Customer", customer)


def _on_invoice(books: Books, header: Row) -> dict[str, Decimal]:
    """By line of the order, what its unposted invoice has shipped."""
    invoice_no = str(header.get("CurrentInvoiceNo", ""))
    details = books.rows("SO_InvoiceDetail", invoice_no) if invoice_no else []
    return {str(line["OrderLineKey"]): number(line, "QuantityShipped") for line in details}


def _open_amount(header: Row, lines: Sequence[Row], left: Mapping[str, Decimal]) -> Decimal:
    """The order's total, or once some of it is invoiced the share of what is left of its goods."""
    if not header.get("LastInvoiceOrderNo"):
        return order_total(header)
    counted = [line for line in lines if number(line, "QuantityOrdered")]
    goods = sum((extension(line) for line in counted), Decimal(0))
    open_goods = sum((extension(line, left[str(line["LineKey"])]) for line in counted), Decimal(0))
    return rounded(order_total(header) * open_goods / goods, 2) if goods else Decimal(0)
