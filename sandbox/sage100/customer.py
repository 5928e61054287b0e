"""AR_Customer_bus: make and change a customer (reference 1.1.7, create a customer; 2.5)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import ClassVar

from sandbox.sage100.com import Refusal
from sandbox.sage100.editable_object import EditableObject
from sandbox.sage100.layouts import Row


class Customer(EditableObject):
    """One customer. Key: division and number."""

    METHODS: ClassVar[Mapping[str, str]] = {"nGetNextCustomerNo": "get_next_customer_no"}

    def get_next_customer_no(self, result: object) -> int:
        """Takes the next customer number; 0 where the company numbers its customers by hand."""
        if not self._server.options.automatic_customer_no:
            raise Refusal("Customer numbers are not assigned automatically.")
        return self._next_number("CustomerNo", result)

    def _defaults(self) -> Row:
        return {
            "CustomerStatus": "A",
            "TermsCode": "00",
            "OpenItemCustomer": "Y",
            "StatementCycle": "M",
            "CreditHold": "N",
            "CreditLimit": Decimal(0),
            "OpenOrderAmt": Decimal(0),
            "CurrentBalance": Decimal(0),
        }

    def _save(self, row: Row) -> str | None:
        self._server.store.put(self._company, self._table, row)
        return None

    def _remove(self, row: Row) -> None:
        self._server.store.remove(self._company, self._table, self._layout.key_of(row))
