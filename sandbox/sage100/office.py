"""What the people in the office do in Sage: ship, invoice, post, take cash, hold, cancel, credit (reference 2.9, 2.10).

No adapter does any of it. Each call is one transaction: done whole, or not at all. What is no longer where it was
raises KeyError, what Sage would not allow ValueError.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from sandbox.sage100.books import Books
from sandbox.sage100.credit_memos import enter_credit
from sandbox.sage100.open_orders import COMPLETED, DELETED, drop_order, set_status
from sandbox.sage100.packages import Package
from sandbox.sage100.posting import post_invoices
from sandbox.sage100.receivables import Receipt, receive_cash
from sandbox.sage100.shipping import delete_invoice, enter_invoice
from sandbox.sage100.store import Store

_USER = "0000OFFICE"


class Office:
    """The people of one company. They hold no seat here, and wait for nobody's record lock."""

    def __init__(self, store: Store, company: str) -> None:
        self._store = store
        self._books = Books(store, company, _USER)

    def ship(
        self, order_no: str, quantities: Mapping[str, Decimal] | None = None, packages: Sequence[Package] = ()
    ) -> str:
        """Ships an open order on an unposted invoice, and gives its number; see `shipping.enter_invoice`."""
        with self._store.transaction():
            return enter_invoice(self._books, order_no, quantities, packages, ship_status="S")

    def invoice(self, order_no: str) -> str:
        """Makes an unposted invoice of all that is left of an open order, without shipping; gives its number."""
        with self._store.transaction():
            return enter_invoice(self._books, order_no)

    def delete_invoice(self, invoice_no: str) -> None:
        """Deletes an unposted invoice, which stays as type XD until the next posting."""
        with self._store.transaction():
            delete_invoice(self._books, invoice_no)

    def credit(self, invoice_no: str, quantities: Mapping[str, Decimal] | None = None) -> str:
        """Makes an unposted credit memo for a posted invoice; see `credit_memos.enter_credit`."""
        with self._store.transaction():
            return enter_credit(self._books, invoice_no, quantities)

    def post(self, *invoice_nos: str) -> str:
        """Posts these unposted invoices, or without any named all there are; gives the register's number."""
        with self._store.transaction():
            unposted = [str(row["InvoiceNo"]) for row in self._books.rows("SO_InvoiceHeader")]
            return post_invoices(self._books, invoice_nos or unposted)

    def receive_cash(
        self,
        invoice_no: str,
        amount: Decimal,
        *,
        discount: Decimal = Decimal(0),
        payment_type: str = "CHECK",
        check_no: str = "",
    ) -> str:
        """Applies a payment to a posted invoice; gives the number of the deposit that it came in."""
        receipt = Receipt(amount, discount, payment_type, check_no)
        with self._store.transaction():
            return receive_cash(self._books, invoice_no, receipt)

    def hold(self, order_no: str) -> None:
        """Puts an open order on hold (OrderStatus H); it cannot be shipped. A second call only stamps it again."""
        with self._store.transaction():
            set_status(self._books, order_no, "H")

    def release(self, order_no: str) -> None:
        """Lets an open order go on (OrderStatus O)."""
        with self._store.transaction():
            set_status(self._books, order_no, "O")

    def cancel(self, order_no: str, reason: str) -> None:
        """Cancels an open order with a CancelReasonCode; only history (status X) has it, if history is kept."""
        with self._store.transaction():
            drop_order(self._books, order_no, DELETED, CancelReasonCode=reason)

    def complete(self, order_no: str) -> None:
        """Completes an open order without an invoice."""
        with self._store.transaction():
            drop_order(self._books, order_no, COMPLETED)

    def enter(self, table: str, **cells: str | Decimal) -> None:
        """Adds a record, or changes the columns given of the one with this key, and stamps it.

        Raises ValueError for an unknown column or a bad number. `SageAdmin.add_rows` changes rows without a stamp.
        """
        layout = self._store.layout(table)
        row = layout.to_row(cells)
        with self._store.transaction():
            before = self._store.get(self._books.company, table, layout.key_of(row))
            self._books.save(table, {**(before or {}), **row})
