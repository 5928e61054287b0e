"""The sales journal's update: unposted invoices become history, debts and ledger lines (reference 2.9 to 2.11; 6.9).

No adapter ever posts. Everything is in the caller's transaction. What is in each package is forgotten with the
unposted rows, since the reference names no history of it.
"""

from collections.abc import Sequence
from decimal import Decimal

from sandbox.sage100.books import Books
from sandbox.sage100.commitments import commit, left_of, move_stock
from sandbox.sage100.general_ledger import Account, Register
from sandbox.sage100.layouts import Row, rounded
from sandbox.sage100.open_orders import ACTIVE, COMPLETED, close_order, keep_history, open_order
from sandbox.sage100.receivables import FIRST_HEADER, open_item
from sandbox.sage100.totals import number, order_total

_ZERO = Decimal(0)
_UNPOSTED = ("SO_InvoiceDetail", "SO_InvoiceTracking", "SO_PackageTrackingByItem")


def post_invoices(books: Books, invoice_nos: Sequence[str]) -> str:
    """Posts unposted invoices in one register, and gives its number.

    A deleted invoice (XD) leaves without a trace in history; what Sage keeps of it is unknown. Raises KeyError where
    an invoice is not there, which includes one that is posted already.
    """
    register = Register(books, module="SO", journal="SO")
    for invoice_no in invoice_nos:
        invoice = books.existing("SO_InvoiceHeader", invoice_no)
        if invoice["InvoiceType"] == "XD":
            books.remove("SO_InvoiceHeader", invoice_no)
        else:
            _post(books, register, invoice)
    register.post()
    return register.number


def _post(books: Books, register: Register, invoice: Row) -> None:
    invoice_no = str(invoice["InvoiceNo"])
    details = books.rows("SO_InvoiceDetail", invoice_no)
    order = _order_of(books, invoice)
    if order:
        commit(books, *order, -1)
    cost = _cost(details)
    posted = _posted_header(books, register, invoice, cost)
    books.save("AR_InvoiceHistoryHeader", posted)
    _keep_details(books, posted, details, is_linked=order is not None)
    for parcel in books.rows("SO_InvoiceTracking", invoice_no):
        books.save("AR_InvoiceHistoryTracking", {**parcel, "HeaderSeqNo": FIRST_HEADER})
    for line in details:
        move_stock(books, line, {"QuantityOnHand": -number(line, "QuantityShipped")}, stamped=True)
    open_item(books, posted, order_total(invoice))
    _enter(register, invoice, cost)
    books.remove("SO_InvoiceHeader", invoice_no)
    for table in _UNPOSTED:
        books.remove_all(table, invoice_no)
    if order:
        _go_on(books, *order, invoice)


def _order_of(books: Books, invoice: Row) -> tuple[Row, list[Row]] | None:
    """The open order that this invoice holds; None for a credit memo, or where the order is no longer there."""
    order_no = str(invoice.get("SalesOrderNo", ""))
    if invoice["InvoiceType"] != "IN" or books.get("SO_SalesOrderHeader", order_no) is None:
        return None
    return open_order(books, order_no)


def _posted_header(books: Books, register: Register, invoice: Row, cost: Decimal) -> Row:
    return {
        **invoice,
        "HeaderSeqNo": FIRST_HEADER,
        "ModuleCode": "SO",
        "SourceJournal": register.journal,
        "JournalNoGLBatchNo": register.number,
        "TransactionDate": books.today,
        "ShippingInvoice": "Y" if invoice.get("ShipStatus") == "S" else "N",
        "TaxableSalesAmt": number(invoice, "TaxableAmt"),
        "NonTaxableSalesAmt": number(invoice, "NonTaxableAmt"),
        "CostOfSalesAmt": cost,
        "NumberOfPackages": number(invoice, "NumberofPackages"),
        "UserKey": books.user_key,
    }


def _keep_details(books: Books, posted: Row, details: Sequence[Row], *, is_linked: bool) -> None:
    """The lines in invoice history, and the link from each to the order's line where order history is kept."""
    for sequence, line in enumerate(details, start=1):
        detail: Row = {**line, "HeaderSeqNo": FIRST_HEADER, "DetailSeqNo": f"{sequence:06}"}
        books.save("AR_InvoiceHistoryDetail", detail)
        if is_linked and books.options.keep_order_history:
            books.save("SO_ARInvoiceHistoryLink", {
                **line,
                "SalesOrderNo": posted["SalesOrderNo"],
                "SequenceNo": line.get("SOHistoryDetlSeqNo") or str(line["OrderLineKey"]).zfill(14),
                "InvoiceHistoryHeaderSeqNo": FIRST_HEADER,
                "InvoiceHistoryDetailSeqNo": detail["DetailSeqNo"],
                "InvoiceDate": posted["InvoiceDate"],
            })  # fmt: skip


def _cost(details: Sequence[Row]) -> Decimal:
    """What the shipped goods cost, to the cent; UnitCost is per standard unit."""
    return sum(
        (
            rounded(
                number(line, "QuantityShipped")
                * (number(line, "UnitOfMeasureConvFactor") or Decimal(1))
                * number(line, "UnitCost"),
                2,
            )
            for line in details
        ),
        _ZERO,
    )


def _enter(register: Register, invoice: Row, cost: Decimal) -> None:
    """The invoice's debits, above 0, and credits, below; a credit memo has them the other way round."""
    sold = number(invoice, "TaxableAmt") + number(invoice, "NonTaxableAmt")
    deposit = number(invoice, "DepositAmt")
    document_no, document_type = str(invoice["InvoiceNo"]), str(invoice["InvoiceType"])
    entries: tuple[tuple[Account, Decimal], ...] = (
        ("receivable", order_total(invoice) - deposit),
        ("cash", deposit),
        ("discount", number(invoice, "DiscountAmt")),
        ("sales", -sold),
        ("freight", -number(invoice, "FreightAmt")),
        ("tax", -number(invoice, "SalesTaxAmt")),
        ("cost", cost),
        ("inventory", -cost),
    )
    for account, amount in entries:
        register.enter(account, amount, document_no=document_no, document_type=document_type)


def _go_on(books: Books, header: Row, lines: Sequence[Row], invoice: Row) -> None:
    """After its invoice an order is complete, or stays open as a back order for what is left of it."""
    invoiced = order_total(invoice)
    after: Row = {
        **header,
        "CurrentInvoiceNo": "",
        "LastInvoiceOrderNo": invoice["InvoiceNo"],
        "LastInvoiceOrderDate": invoice["InvoiceDate"],
        "DepositAmt": number(header, "DepositAmt") - number(invoice, "DepositAmt"),
    }
    if not any(left_of(line) for line in lines):
        close_order(books, after, lines, COMPLETED, invoiced=invoiced)
        return
    after.update(OrderType="B", OrderStatus="O")
    books.save("SO_SalesOrderHeader", after)
    commit(books, after, lines, 1)
    keep_history(books, after, lines, ACTIVE, invoiced=invoiced)
