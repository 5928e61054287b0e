"""Day-end work that people do in Sage, so that tests can let an order move on (reference 2.9, 2.10; 6, point 9).

No adapter ever posts. Each function is one transaction; a second identical call raises KeyError, for the order or
invoice is no longer where it was.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from sandbox.sage100.commitments import (
    COMPLETED,
    add_to_customer,
    carried,
    commit,
    keep_history,
    move_stock,
)
from sandbox.sage100.layouts import Row
from sandbox.sage100.store import Store
from sandbox.sage100.totals import number, order_total

_FIRST_SEQUENCE = "000000"


def move_to_history(store: Store, company: str, order_no: str, last_invoice: Row | None = None) -> None:
    """Completes an open order: it leaves the open tables, and only history (if kept) has it."""
    with store.transaction():
        header, lines = _open_order(store, company, order_no)
        commit(store, company, header, lines, -1)
        keep_history(store, company, {**header, **(last_invoice or {})}, lines, COMPLETED)
        store.remove(company, "SO_SalesOrderHeader", order_no)
        store.remove_all(company, "SO_SalesOrderDetail", order_no)


def make_invoice(store: Store, company: str, order_no: str) -> str:
    """Makes an unposted invoice of all lines of an open order; gives its number, which the order notes."""
    options = store.options()
    width = store.layout("SO_InvoiceHeader").key[0].width
    with store.transaction():
        header, lines = _open_order(store, company, order_no)
        invoice_no = store.next_number(company, "InvoiceNo", width)
        invoice: Row = {
            **carried(header, options.carry_udfs),
            "InvoiceNo": invoice_no,
            "InvoiceDate": _today(store),
            "InvoiceType": "IN",
            "ShipStatus": "N",
        }
        store.put(company, "SO_InvoiceHeader", invoice)
        for line in lines:
            detail: Row = {**line, "InvoiceNo": invoice_no, "OrderLineKey": line["LineKey"]}
            store.put(company, "SO_InvoiceDetail", {**detail, "QuantityShipped": number(line, "QuantityOrdered")})
        store.put(company, "SO_SalesOrderHeader", {**header, "CurrentInvoiceNo": invoice_no})
    return invoice_no


def post_invoice(store: Store, company: str, invoice_no: str) -> None:
    """Posts an unposted invoice: it moves to invoice history, stock leaves, the customer owes, the order completes."""
    with store.transaction():
        header = _existing(store, company, "SO_InvoiceHeader", invoice_no)
        lines = store.rows(company, "SO_InvoiceDetail", invoice_no)
        amount = order_total(header)
        posted = {"HeaderSeqNo": _FIRST_SEQUENCE, "ModuleCode": "SO", "SourceJournal": "SO"}
        journal = store.next_number(company, "JournalNo", 6)
        history: Row = {**header, **posted, "JournalNoGLBatchNo": journal, "TransactionDate": _today(store)}
        store.put(company, "AR_InvoiceHistoryHeader", history)
        for sequence, line in enumerate(lines, start=1):
            detail: Row = {**line, "HeaderSeqNo": _FIRST_SEQUENCE, "DetailSeqNo": f"{sequence:06}"}
            store.put(company, "AR_InvoiceHistoryDetail", detail)
            move_stock(store, company, line, "QuantityOnHand", -1)
        add_to_customer(store, company, header, "CurrentBalance", amount)
        store.remove(company, "SO_InvoiceHeader", invoice_no)
        store.remove_all(company, "SO_InvoiceDetail", invoice_no)
        last: Row = {"LastInvoiceNo": invoice_no, "LastInvoiceDate": str(header["InvoiceDate"]), "InvoicedAmt": amount}
        move_to_history(store, company, str(header["SalesOrderNo"]), last)


def _open_order(store: Store, company: str, order_no: str) -> tuple[Row, list[Row]]:
    header = _existing(store, company, "SO_SalesOrderHeader", order_no)
    return header, store.rows(company, "SO_SalesOrderDetail", order_no)


def _existing(store: Store, company: str, table: str, key: str) -> Row:
    row = store.get(company, table, key)
    if row is None:
        raise KeyError(f"{table} {key} is not in company {company}")
    return row


def _today(store: Store) -> str:
    return datetime.now(ZoneInfo(store.options().time_zone)).strftime("%Y%m%d")
