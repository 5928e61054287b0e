"""What an open order weighs on: stock on sales orders, the customer's open amount, and the order history.

Sources: reference sage100.md 2.4 (history and its status letters), 2.7 (stock), 6 (point 9).
"""

from collections.abc import Sequence
from decimal import Decimal

from sandbox.sage100.layouts import Row
from sandbox.sage100.store import Store
from sandbox.sage100.totals import number, order_total

_COMMITTING_TYPES = frozenset({"S", "B"})
_REGULAR = "1"

ACTIVE, COMPLETED, DELETED, QUOTE = "A", "C", "X", "Q"


def commit(store: Store, company: str, header: Row, lines: Sequence[Row], sign: int) -> None:
    """Adds (`sign` 1) or takes back (-1) what an order commits, in the caller's transaction. Quotes commit nothing."""
    if header.get("OrderType") not in _COMMITTING_TYPES:
        return
    for line in lines:
        move_stock(store, company, line, "QuantityOnSalesOrder", sign)
    add_to_customer(store, company, header, "OpenOrderAmt", sign * order_total(header))


def move_stock(store: Store, company: str, line: Row, column: str, sign: int) -> None:
    """Adds a line's quantity, in the standard unit, to one stock figure; only regular items have any."""
    if line.get("ItemType") != _REGULAR:
        return
    where: Row = {"ItemCode": line["ItemCode"], "WarehouseCode": line.get("WarehouseCode", "")}
    key = store.layout("IM_ItemWarehouse").key_of(where)
    stock = store.get(company, "IM_ItemWarehouse", key) or where
    factor = number(line, "UnitOfMeasureConvFactor") or Decimal(1)
    stock[column] = number(stock, column) + sign * number(line, "QuantityOrdered") * factor
    store.put(company, "IM_ItemWarehouse", stock)


def add_to_customer(store: Store, company: str, order: Row, column: str, amount: Decimal) -> None:
    """Adds to one amount of the order's customer."""
    customer = store.get(company, "AR_Customer", store.layout("AR_Customer").key_of(order))
    if customer is not None:
        customer[column] = number(customer, column) + amount
        store.put(company, "AR_Customer", customer)


def keep_history(store: Store, company: str, header: Row, lines: Sequence[Row], status: str) -> None:
    """Writes the order's history rows, if the installation keeps them; UDFs go along by their own option."""
    options = store.options()
    if not options.keep_order_history:
        return
    store.put(company, "SO_SalesOrderHistoryHeader", {**carried(header, options.carry_udfs), "OrderStatus": status})
    store.remove_all(company, "SO_SalesOrderHistoryDetail", str(header["SalesOrderNo"]))
    for sequence, line in enumerate(lines, start=1):
        history: Row = {
            **line,
            "SequenceNo": f"{sequence:014}",
            "QuantityOrderedOriginal": number(line, "QuantityOrdered"),
            "QuantityOrderedRevised": number(line, "QuantityOrdered"),
            "LastUnitPrice": number(line, "UnitPrice"),
            "LastExtensionAmt": number(line, "ExtensionAmt"),
        }
        store.put(company, "SO_SalesOrderHistoryDetail", history)


def carried(row: Row, with_udfs: bool) -> Row:
    """A copy of a row on its way to another table, with or without its custom columns."""
    return {name: cell for name, cell in row.items() if with_udfs or not name.startswith("UDF_")}
