"""Shipping and invoice entry: what is shipped of an order, in which packages, on an invoice that is not posted yet.

Sources: reference sage100.md 2.9, 6 (point 9). One unposted invoice holds an order at a time. Freight, charges,
comments and miscellaneous lines go whole with an order's first invoice, the order's discount by share (inferred).
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Literal

from sandbox.sage100.books import Books
from sandbox.sage100.commitments import COMMITTING_TYPES, GOODS, commit, left_of
from sandbox.sage100.layouts import Row, rounded
from sandbox.sage100.open_orders import open_order
from sandbox.sage100.packages import Package, pack
from sandbox.sage100.terms import due_days
from sandbox.sage100.totals import extension, number, order_total, sums

_ZERO = Decimal(0)


def enter_invoice(
    books: Books,
    order_no: str,
    quantities: Mapping[str, Decimal] | None = None,
    packages: Sequence[Package] = (),
    *,
    ship_status: Literal["N", "L", "S"] = "N",
) -> str:
    """Makes an unposted invoice of an open order; gives its number, which the order notes.

    `quantities` are by LineKey, in the line's unit. What is left of a named line is back-ordered; other lines stay
    open. Without quantities all that is left is shipped. Raises KeyError for an order or line that is not there,
    ValueError for an order that is held, on an invoice or no order for goods, or more than is left of a line.
    """
    header, lines = open_order(books, order_no)
    _check_shippable(header)
    shipped = _shipped(header, lines, quantities)
    invoice_no = books.next_number("InvoiceNo", books.store.layout("SO_InvoiceHeader").key[0].width)
    details = [_invoice_line(books, header, line, shipped[key]) for key, line in _by_key(lines) if key in shipped]
    for place, detail in enumerate(details, start=1):
        detail.update(InvoiceNo=invoice_no, LineKey=f"{place:06}", LineSeqNo=f"{place:014}")
    commit(books, header, lines, -1)
    invoice = _invoice_header(books, header, lines, details, invoice_no)
    invoice.update(ShipStatus=ship_status, NumberofPackages=Decimal(len(packages)))
    invoice["ShipVia"] = next((each.ship_via for each in packages if each.ship_via), header.get("ShipVia", ""))
    books.save("SO_InvoiceHeader", invoice)
    for detail in details:
        books.save("SO_InvoiceDetail", detail)
    pack(books, invoice, details, packages)
    for key, line in _by_key(lines):
        if key in shipped:
            line["QuantityShipped"] = number(line, "QuantityShipped") + shipped[key]
            line["QuantityBackordered"] = left_of(line)
    _rewrite(books, {**header, "CurrentInvoiceNo": invoice_no}, lines)
    return invoice_no


def delete_invoice(books: Books, invoice_no: str) -> None:
    """Deletes an unposted invoice: its header stays as type XD until the next posting, its lines and packages go.

    What it had shipped is open again in its order, or back-ordered where the order has been invoiced before (inferred).
    Raises KeyError where there is none, ValueError for one that is deleted already.
    """
    invoice = books.existing("SO_InvoiceHeader", invoice_no)
    if invoice["InvoiceType"] == "XD":
        raise ValueError(f"invoice {invoice_no} is deleted already")
    if invoice["InvoiceType"] == "IN":
        _give_back(books, invoice)
    for table in ("SO_InvoiceDetail", "SO_InvoiceTracking", "SO_PackageTrackingByItem"):
        books.remove_all(table, invoice_no)
    books.save("SO_InvoiceHeader", {**invoice, "InvoiceType": "XD", "ShipStatus": "D"})


def _give_back(books: Books, invoice: Row) -> None:
    header, lines = open_order(books, str(invoice["SalesOrderNo"]))
    details = books.rows("SO_InvoiceDetail", str(invoice["InvoiceNo"]))
    shipped = {str(each["OrderLineKey"]): number(each, "QuantityShipped") for each in details}
    commit(books, header, lines, -1)
    for key, line in _by_key(lines):
        if key in shipped:
            line["QuantityShipped"] = number(line, "QuantityShipped") - shipped[key]
            line["QuantityBackordered"] = left_of(line) if header.get("LastInvoiceOrderNo") else _ZERO
    books.remove_all("SO_InvoiceDetail", str(invoice["InvoiceNo"]))
    _rewrite(books, {**header, "CurrentInvoiceNo": ""}, lines)


def _rewrite(books: Books, header: Row, lines: Sequence[Row]) -> None:
    """Saves an open order as it is now, and what it commits."""
    books.save("SO_SalesOrderHeader", header)
    for line in lines:
        books.save("SO_SalesOrderDetail", line)
    commit(books, header, lines, 1)


def _check_shippable(header: Row) -> None:
    order_no = header["SalesOrderNo"]
    if header.get("OrderStatus") == "H":
        raise ValueError(f"sales order {order_no} is on hold")
    if header.get("CurrentInvoiceNo"):
        raise ValueError(f"sales order {order_no} is on invoice {header['CurrentInvoiceNo']}")
    if header.get("OrderType") not in COMMITTING_TYPES:
        raise ValueError(f"sales order {order_no} is of type {header.get('OrderType')}: nothing is shipped of it")


def _shipped(header: Row, lines: Sequence[Row], quantities: Mapping[str, Decimal] | None) -> dict[str, Decimal]:
    """What goes on the invoice, by LineKey."""
    is_first = not header.get("LastInvoiceOrderNo")
    left = dict(_by_key(lines))
    shipped = {
        key: left_of(line)
        for key, line in left.items()
        if (is_first and (quantities is None or line.get("ItemType") not in GOODS))
        or (quantities is None and left_of(line))
    }
    for key, quantity in (quantities or {}).items():
        if not 0 <= quantity <= left_of(left[key]):
            raise ValueError(f"line {key} has {left_of(left[key])} left, not {quantity}")
        shipped[key] = quantity
    return shipped


def _by_key(lines: Sequence[Row]) -> list[tuple[str, Row]]:
    return [(str(line["LineKey"]), line) for line in lines]


def _invoice_line(books: Books, header: Row, line: Row, quantity: Decimal) -> Row:
    item = books.get("CI_Item", str(line["ItemCode"])) or {}
    return {
        **line,
        "OrderLineKey": line["LineKey"],
        "QuantityOrdered": left_of(line),
        "QuantityShipped": quantity,
        "QuantityBackordered": left_of(line) - quantity,
        "ExtensionAmt": extension(line, quantity),
        "ProductLine": item.get("ProductLine", ""),
        "AppliedSalesOrderNo": header["SalesOrderNo"],
        "AppliedCustomerPONo": header.get("CustomerPONo", ""),
    }


def _invoice_header(books: Books, header: Row, lines: Sequence[Row], details: Sequence[Row], invoice_no: str) -> Row:
    today = books.today
    due, discount_due = due_days(books, str(header.get("TermsCode", "")), today)
    is_first = not header.get("LastInvoiceOrderNo")
    invoice: Row = {
        **header,
        "InvoiceNo": invoice_no,
        "InvoiceDate": today,
        "InvoiceType": "IN",
        "ShipDate": today,
        "InvoiceDueDate": due,
        "DiscountDueDate": discount_due,
        "MultipleSalesOrdersApplied": "N",
        "FreightAmt": number(header, "FreightAmt") if is_first else _ZERO,
        "DiscountAmt": _discount_share(header, lines, details),
    }
    charge(books, invoice, details)
    invoice["DepositAmt"] = max(_ZERO, min(number(header, "DepositAmt"), order_total(invoice)))
    return invoice


def charge(books: Books, invoice: Row, details: Sequence[Row]) -> None:
    """Sets an invoice's amounts from its lines, by its own tax schedule."""
    schedule = books.get("SY_SalesTaxSchedule", str(invoice.get("TaxSchedule", ""))) or {}
    net = books.options.tax_after_discount
    invoice.update(sums(invoice, details, tax_rate=number(schedule, "TaxRate"), net=net))


def _discount_share(header: Row, lines: Sequence[Row], details: Sequence[Row]) -> Decimal:
    """This invoice's part of the order's discount: the parts of all its invoices add up to the whole."""
    after = {str(each["OrderLineKey"]): number(each, "QuantityShipped") for each in details}
    is_first = not header.get("LastInvoiceOrderNo")
    goods = so_far = by_now = _ZERO
    for key, line in _by_key(lines):
        shipped = number(line, "QuantityShipped")
        goods += extension(line)
        so_far += _ZERO if is_first else extension(line, shipped)
        by_now += extension(line, shipped + after.get(key, _ZERO))
    whole = number(header, "DiscountAmt")
    return rounded(whole * by_now / goods, 2) - rounded(whole * so_far / goods, 2) if goods else whole * is_first
