"""SO_SalesOrder_bus: an order with its lines, written all at once (reference 1.1.7; 6, point 7)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from sandbox.sage100.com import Refusal
from sandbox.sage100.commitments import ACTIVE, DELETED, QUOTE, commit, keep_history
from sandbox.sage100.editable_object import EditableObject
from sandbox.sage100.layouts import Cell, Column, Row
from sandbox.sage100.order_lines import OrderLines
from sandbox.sage100.record_object import Entry
from sandbox.sage100.server import Server
from sandbox.sage100.session import Session
from sandbox.sage100.store import po_key
from sandbox.sage100.totals import number, order_total, sums

_DETAIL = "SO_SalesOrderDetail"
_PO_TABLES = ("SO_SalesOrderHeader", "SO_InvoiceHeader", "AR_InvoiceHistoryHeader")
_QUOTES = frozenset({"Q", "P"})

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
        store = self._server.store
        self._lines.settle()
        lines = self._lines.written
        if not lines and not self._server.options.allow_order_without_lines:
            raise Refusal(self._server.options.texts.no_lines)
        schedule = store.get(self._company, "SY_SalesTaxSchedule", str(row.get("TaxSchedule"))) or {}
        net = self._server.options.tax_after_discount
        row.update(sums(row, lines, tax_rate=number(schedule, "TaxRate"), net=net))
        self._take_back()
        warning = self._credit(row)
        commit(store, self._company, row, lines, 1)
        store.put(self._company, self._table, row)
        store.remove_all(self._company, _DETAIL, self._detail_prefix())
        for line in lines:
            store.put(self._company, _DETAIL, line)
        keep_history(store, self._company, row, lines, QUOTE if row.get("OrderType") in _QUOTES else ACTIVE)
        return warning

    def _remove(self, row: Row) -> None:
        store = self._server.store
        self._take_back()
        keep_history(store, self._company, row, self._stored_lines(), DELETED)
        store.remove(self._company, self._table, self._layout.key_of(row))
        store.remove_all(self._company, _DETAIL, self._detail_prefix())

    def _take_back(self) -> None:
        """Takes back what the stored version of this order commits, if there is one."""
        stored = self._server.store.get(self._company, self._table, self._layout.key_of(self.edited()))
        if stored is not None:
            commit(self._server.store, self._company, stored, self._stored_lines(), -1)

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
        return self._server.store.rows(self._company, _DETAIL, self._detail_prefix())

    def _detail_prefix(self) -> str:
        number_width = self._layout.key[0].width
        return str((self._values or {})["SalesOrderNo"]).ljust(number_width)
