"""Payments that Sage applied to invoices as their storefronts show them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from bridge.documents import Receipt
from bridge.documents.taken import is_captured
from bridge.erp.sage100.readable import readables
from bridge.flows.owning import Owners
from bridge.flows.receipt import Applied, ReceiptRules, is_shown
from bridge.flows.showing import Figure
from bridge.ledger.rows import Record
from bridge.ports.reading import RECEIPT, ErpRow
from bridge.writing.mapped import Mapped
from mappings.days import moment_of
from mappings.invoice import InvoiceView
from mappings.outward import Outward
from mappings.placed import order_of

_PAYMENT_TYPE = "PaymentType"


class ReceiptView:
    """A lane's payments as its storefronts see them. `invoices` tells whose they are, and in which currency."""

    def __init__(self, rules: ReceiptRules, invoices: InvoiceView, overlays: Sequence[Path] = ()) -> None:
        """Raises `Misconfigured` for a mapping that cannot work."""
        self._payments = Outward.load("receipt", Applied, readables()[RECEIPT].columns, overlays)
        self._invoices = invoices
        self.rules = rules

    def invoice_keys(self, rows: Iterable[ErpRow]) -> tuple[str, ...]:
        """The beginnings of the keys of the invoices that were paid."""
        payments = (self._payments.map(row.columns) for row in rows)
        return tuple(dict.fromkeys(each.invoice for each in payments if each.type in self.rules.types))

    def orders(self, invoices: Iterable[ErpRow]) -> set[str]:
        """The numbers of the orders that these invoices are for."""
        return self._invoices.orders(invoices)

    def figures(
        self, rows: Iterable[ErpRow], invoices: Iterable[ErpRow], mine: Owners, as_of: datetime
    ) -> list[Figure]:
        """Figures of payments for orders that are ours."""
        orders = {
            self._invoices.debtor(row): order
            for row in invoices
            if (order := self._invoices.owner(row, mine)) is not None and order_of(order) is not None
        }
        payments = (self._payments.map(row.columns) for row in rows)
        return [
            figure
            for each in payments
            if (order := orders.get((each.division, each.customer, each.invoice, each.invoice_type))) is not None
            if is_shown(each, self.rules, _own_type(order, mine))
            for figure in self._figure(each, order, as_of)
        ]

    def _figure(self, payment: Applied, order: Record, as_of: datetime) -> Iterable[Figure]:
        received_at = moment_of(payment.paid_on, self._invoices.zone)
        if received_at is None:
            return
        receipt = Receipt(
            order_id=order.source_id,
            external_ref=f"{self._invoices.lane}/{payment.name}",
            amount=payment.amount,
            currency=self._invoices.currency,
            kind=self.rules.kinds.get(payment.payment_type, "other"),
            received_at=received_at,
            invoice_number=payment.invoice,
        )
        check = (("check", payment.check),) if payment.check else ()
        yield Figure(receipt, as_of, owner=order, links=(("receipt", payment.name), *check))


def _own_type(order: Record, mine: Owners) -> str | None:
    """Sage's payment type of the order, when the storefront has taken the money itself; None otherwise.

    What it has taken since the order was written may have changed the type.
    """
    document = order_of(order)
    if document is None:
        return None
    if order.id not in mine.deposits and not any(is_captured(each) for each in document.payments):
        return None
    told = [mapped for mapped in (mine.deposits.get(order.id), order.mapped) if mapped]
    types = (str(Mapped.from_json(mapped).header.get(_PAYMENT_TYPE) or "") for mapped in told)
    return next(filter(None, types), None)
