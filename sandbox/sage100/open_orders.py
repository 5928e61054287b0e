"""An order from its first write to its end: the open tables, and the history that keeps what leaves them.

Sources: reference sage100.md 2.2 to 2.4. The sequence number of a line's row in history is its line key (inferred).
"""

from collections.abc import Sequence
from decimal import Decimal

from sandbox.sage100.books import Books
from sandbox.sage100.commitments import commit, left_of
from sandbox.sage100.layouts import Row
from sandbox.sage100.totals import number

ACTIVE, COMPLETED, DELETED, QUOTE = "A", "C", "X", "Q"
"""OrderStatus in history (reference 2.4); the open table has letters of its own."""

QUOTE_TYPES = frozenset({"Q", "P"})


def history_sequence(line_key: str) -> str:
    """The key of a line's row in history: 14 digits."""
    return line_key.zfill(14)


def open_order(books: Books, order_no: str) -> tuple[Row, list[Row]]:
    """An open order's header and lines. Raises KeyError where it is not open."""
    return books.existing("SO_SalesOrderHeader", order_no), books.rows("SO_SalesOrderDetail", order_no)


def close_order(
    books: Books, header: Row, lines: Sequence[Row], status: str, *, invoiced: Decimal = Decimal(0)
) -> None:
    """An order leaves the open tables, and only history (if kept) has it; what it committed must be taken back before.

    DELETED marks the lines that were not wholly shipped as cancelled. `invoiced` is added to what was invoiced of it.
    """
    order_no = str(header["SalesOrderNo"])
    keep_history(books, header, lines, status, invoiced=invoiced)
    books.remove("SO_SalesOrderHeader", order_no)
    books.remove_all("SO_SalesOrderDetail", order_no)
    books.remove_all("SO_SalesOrderPayment", order_no)


def drop_order(books: Books, order_no: str, status: str, **cells: str) -> None:
    """Completes or cancels an open order as it stands, with `cells` set.

    Raises KeyError where it is not open, ValueError while an unposted invoice holds it.
    """
    header, lines = open_order(books, order_no)
    if header.get("CurrentInvoiceNo"):
        raise ValueError(f"sales order {order_no} is on invoice {header['CurrentInvoiceNo']}")
    commit(books, header, lines, -1)
    close_order(books, {**header, **cells}, lines, status)


def set_status(books: Books, order_no: str, status: str) -> None:
    """Sets an open order's OrderStatus (N new, O open, H hold). Raises KeyError where it is not open."""
    header, lines = open_order(books, order_no)
    books.save("SO_SalesOrderHeader", {**header, "OrderStatus": status})
    keep_history(books, header, lines, ACTIVE)


def keep_history(
    books: Books, header: Row, lines: Sequence[Row], status: str, *, invoiced: Decimal = Decimal(0)
) -> None:
    """Writes the order's history rows, if the installation keeps them; UDFs go along by their own option."""
    if not books.options.keep_order_history:
        return
    order_no = str(header["SalesOrderNo"])
    before = books.get("SO_SalesOrderHistoryHeader", order_no)
    last: Row = {
        "LastInvoiceNo": header.get("LastInvoiceOrderNo", ""),
        "LastInvoiceDate": header.get("LastInvoiceOrderDate", ""),
        "InvoicedAmt": number(before or {}, "InvoicedAmt") + invoiced,
    }
    books.save("SO_SalesOrderHistoryHeader", {**header, **last, "OrderStatus": status})
    known = {str(line["SequenceNo"]): line for line in books.rows("SO_SalesOrderHistoryDetail", order_no)}
    books.remove_all("SO_SalesOrderHistoryDetail", order_no)
    for line in lines:
        sequence = history_sequence(str(line["LineKey"]))
        was_cancelled = status == DELETED and left_of(line) > 0
        row = _history_line(line, sequence, known.get(sequence), is_original=before is None)
        if was_cancelled:
            row.update(CancelledLine="Y", QuantityOrderedRevised=number(line, "QuantityShipped"))
            row["QuantityBackordered"] = Decimal(0)
        books.save("SO_SalesOrderHistoryDetail", row)


def _history_line(line: Row, sequence: str, known: Row | None, *, is_original: bool) -> Row:
    """A line's row in history, which remembers how the line was first written."""
    first: Row = known or {
        "OriginalLine": "Y" if is_original else "N",
        "QuantityOrderedOriginal": number(line, "QuantityOrdered"),
        "OriginalUnitPrice": number(line, "UnitPrice"),
    }
    return {
        **first,
        **line,
        "SequenceNo": sequence,
        "CancelledLine": "N",
        "QuantityOrderedRevised": number(line, "QuantityOrdered"),
        "LastUnitPrice": number(line, "UnitPrice"),
        "LastExtensionAmt": number(line, "ExtensionAmt"),
    }
