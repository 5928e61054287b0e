"""SO_SalesOrder_bus: an order with its lines, written all at once (reference 1.1.7; 6, point 7)."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import ClassVar

from sandbox.sage100.books import Books
from sandbox.sage100.com import Refusal
from sandbox.sage100.commitments import commit, left_of
from sandbox.sage100.editable_object import EditableObject
from sandbox.sage100.layouts import Cell, Column, Row
from sandbox.sage100.open_orders import ACTIVE, DELETED, QUOTE, QUOTE_TYPES, close_order, keep_history
from sandbox.sage100.order_lines import OrderLines
from sandbox.sage100.record_object import Entry
from sandbox.sage100.server import Server
from sandbox.sage100.session import Session
from sandbox.sage100.store import po_key
from sandbox.sage100.totals import number, order_total, sums

_DETAIL, _PAYMENT = "SO_SalesOrderDetail", "SO_SalesOrderPayment"
_FIRST_PAYMENT = "000001"
_PO_TABLES = ("SO_SalesOrderHeader", "SO_InvoiceHeader", "AR_InvoiceHistoryHeader")

_FROM_CUSTOMER = {
    "BillToName": "CustomerName",
    "BillToAddress1": "AddressLine1",
    "BillToAddress2": "AddressLine2",
    "BillToAddress3": "AddressLine3",
    "BillToCity": "City",
    "BillToState": "State",
    "BillToZipCode": "ZipCode",
    "BillToCountryCode": "CountryCode",
    "TermsCode": "TermsCode",
    "TaxExemptNo": "TaxExemptNo",
    "SalespersonDivisionNo": "SalespersonDivisionNo",
    "SalespersonNo": "SalespersonNo",
    "ShipVia": "ShipMethod",
    "EmailAddress": "EmailAddress",
    "FaxNo": "FaxNo",
    "PaymentType": "DefaultPaymentType",
}
"""Header columns that setting the customer overwrites, with the customer's column that they come from."""


class SalesOrder(EditableObject):
    """One sales order. Nothing of it exists in the file before the header's `nWrite`."""

    METHODS: ClassVar[Mapping[str, str]] = {"nGetNextSalesOrderNo": "get_next_sales_order_no"}
    PROPERTIES: ClassVar[Mapping[str, str]] = {"oLines": "lines"}

    def __init__(self, server: Server, session: Session, entry: Entry) -> None:
        super().__init__(server, session, entry)
        self._lines = OrderLines(server, self)

    @property
    def company(self) -> str:
        """The company that the order belongs to."""
        return self._company

    def lines(self) -> OrderLines:
        """The line object, the same one for the life of this object."""
        return self._lines

    def get_next_sales_order_no(self, result: object) -> int:
        """Takes the next order number for good and gives it by reference."""
        return self._next_number("SalesOrderNo", result)

    def line_begins(self, line: int) -> None:
        """Lets faults act before the `line`-th line of the order, counted from 1."""
        self._server.faults.fire("between_lines", replace(self._place(), line=line))

    def _defaults(self) -> Row:
        today = self._context.module_date
        return {
            "OrderDate": today,
            "ShipExpireDate": today,
            "OrderType": "S",
            "OrderStatus": "N",
            "ARDivisionNo": "00",
            "WarehouseCode": self._server.options.default_warehouse,
        }

    def _loaded(self) -> None:
        self._lines.load(self._stored_lines() if self._values else [])

    def _assigned(self, column: Column, cell: Cell) -> str | None:
        if column.name == "CustomerNo" and cell:
            self._load_customer(self.edited())
        if column.name.startswith(("BillToDivisionNo", "BillToCustomerNo")):
            self._check_bill_to(column)
        if column.name == "CustomerPONo" and cell:
            return self._po_warning(self.edited())
        return None

    def _load_customer(self, row: Row) -> None:
        customer = self._customer(row)
        row.update({name: customer.get(source, "") for name, source in _FROM_CUSTOMER.items()})
        row["TaxSchedule"] = customer.get("TaxSchedule") or self._server.options.default_tax_schedule
        for part in ("Name", "Address1", "Address2", "Address3", "City", "State", "ZipCode", "CountryCode"):
            row[f"ShipTo{part}"] = row[f"BillTo{part}"]

    def _customer(self, row: Row) -> Row:
        key = self._server.store.layout("AR_Customer").key_of(row)
        customer = self._server.store.get(self._company, "AR_Customer", key)
        if customer is None:
            raise Refusal("The customer does not exist.")
        return customer

    def _check_bill_to(self, column: Column) -> None:
        if not self._server.options.bill_to_reporting:
            raise Refusal(f"{column.name} cannot be set when A/R option Bill To Customer Reporting is No.")

    def _po_warning(self, row: Row) -> str | None:
        """A warning when another order or invoice of this customer has the same purchase order."""
        po = po_key(row) or ""
        own = {row["SalesOrderNo"]}
        found = {key for table in _PO_TABLES for key in self._server.store.keys_by_po(self._company, table, po)} - own
        return "The customer PO number already exists on sales orders or invoices." if found else None

    def _save(self, row: Row) -> str | None:
        books = self._books()
        self._lines.settle()
        lines = self._lines.written
        if not lines and not books.options.allow_order_without_lines:
            raise Refusal(books.options.texts.no_lines)
        self._check_shipped(lines)
        schedule = books.get("SY_SalesTaxSchedule", str(row.get("TaxSchedule"))) or {}
        row.update(sums(row, lines, tax_rate=number(schedule, "TaxRate"), net=books.options.tax_after_discount))
        self._take_back()
        warning = self._credit(row)
        commit(books, row, lines, 1)
        books.keep(self._table, row)
        books.remove_all(_DETAIL, str(row["SalesOrderNo"]))
        for line in lines:
            books.keep(_DETAIL, line)
        self._keep_deposit(row)
        keep_history(books, row, lines, QUOTE if row.get("OrderType") in QUOTE_TYPES else ACTIVE)
        return warning

    def _remove(self, row: Row) -> None:
        if row.get("CurrentInvoiceNo"):
            raise Refusal(f"Sales order {row['SalesOrderNo']} is on invoice {row['CurrentInvoiceNo']}.")
        self._take_back()
        close_order(self._books(), row, self._stored_lines(), DELETED)

    def _check_shipped(self, lines: list[Row]) -> None:
        """What has been shipped cannot be taken from the order again; a smaller order has less to back-order.

        That Sage refuses the one and does the other is inferred, and so is the wording.
        """
        shipped = {str(line["LineKey"]): number(line, "QuantityShipped") for line in self._stored_lines()}
        ordered = {str(line["LineKey"]): number(line, "QuantityOrdered") for line in lines}
        for key, quantity in shipped.items():
            if quantity and quantity > ordered.get(key, Decimal(0)):
                raise Refusal(f"QuantityOrdered of line {key} is less than what has been shipped.")
        for line in lines:
            if number(line, "QuantityBackordered"):
                line["QuantityBackordered"] = min(number(line, "QuantityBackordered"), left_of(line))

    def _keep_deposit(self, row: Row) -> None:
        """The payment that comes with an order is a record of its own (reference 2.10; when it is made, inferred)."""
        amount = number(row, "DepositAmt")
        payment: Row = {
            "SalesOrderNo": row["SalesOrderNo"],
            "PaymentSeqNo": _FIRST_PAYMENT,
            "PaymentType": row.get("PaymentType", ""),
            "TransactionAmt": amount,
        }
        if amount:
            self._books().save(_PAYMENT, payment)
        else:
            self._books().remove(_PAYMENT, str(row["SalesOrderNo"]), _FIRST_PAYMENT)

    def _take_back(self) -> None:
        """Takes back what the stored version of this order commits, if there is one."""
        stored = self._server.store.get(self._company, self._table, self._layout.key_of(self.edited()))
        if stored is not None:
            commit(self._books(), stored, self._stored_lines(), -1)

    def _books(self) -> Books:
        return Books(self._server.store, self._company, self._context.user_key)

    def _credit(self, row: Row) -> str | None:
        """What the customer's credit makes of this order, by option; reference 3.2 knows no more than that."""
        options, customer = self._server.options, self._customer(row)
        limit = number(customer, "CreditLimit")
        owed = number(customer, "CurrentBalance") + number(customer, "OpenOrderAmt") + order_total(row)
        on_hold = customer.get("CreditHold") == "Y"
        if on_hold and options.credit_hold == "hold":
            row["OrderStatus"] = "H"
        reactions = (
            (on_hold, options.credit_hold, options.texts.credit_hold),
            (0 < limit < owed, options.over_limit, options.texts.over_limit),
        )
        warnings: list[str] = []
        for applies, reaction, text in reactions:
            if applies and reaction == "refuse":
                raise Refusal(text)
            if applies and reaction != "accept":
                warnings.append(text)
        return " ".join(warnings) or None

    def _stored_lines(self) -> list[Row]:
        return self._books().rows(_DETAIL, str((self._values or {})["SalesOrderNo"]))
