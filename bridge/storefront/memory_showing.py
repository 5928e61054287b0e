"""What a storefront in memory shows of the ERP's business, by the same rules as a real site's."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Protocol

from pydantic import ValidationError

from bridge.documents import (
    CustomerTerms,
    Invoice,
    Order,
    OrderStatus,
    PriceFigure,
    Receipt,
    Shipment,
    StockFigure,
)
from bridge.documents.base import Document
from bridge.errors import Refused
from bridge.ports.erp import ResultLine
from bridge.ports.showing import UNCHANGED, Publication, confirmed
from bridge.storefront.result_lines import line_for


class Counter(Protocol):
    """What the shelf needs to know of the site that it stands in."""

    mails_sent: list[str]

    def known_order(self, order_id: str) -> Order:
        """The order as it is now; raises `Refused`."""
        ...

    def known_customer(self, customer_id: str) -> object:
        """The account; raises `Refused`."""
        ...

    def move_order(self, order: Order, status: str, *, mails: bool) -> None:
        """Gives the order another status; raises `Refused` when it is final."""
        ...


class MemoryShelf:
    """The documents on show, by class and key. `refused` gives the reason for a key that the site will not take."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self.documents: dict[type[Document], dict[str, Document]] = defaultdict(dict)
        self.refused: dict[str, str] = {}
        self._ids: dict[tuple[type[Document], str], str] = {}
        self._rules: dict[type[Document], Callable[[str, Any], str | None]] = {
            StockFigure: self._stock,
            PriceFigure: self._price,
            CustomerTerms: self._terms,
            OrderStatus: self._status,
            Shipment: self._shipment,
            Invoice: self._invoice,
            Receipt: self._receipt,
        }

    def put(self, publication: Publication) -> ResultLine:
        """Shows one document; the same again is `unchanged`. A refusal is a line."""
        document, key = publication.document, publication.key
        try:
            if key in self.refused:
                raise Refused(self.refused[key], field="key", value=key)
            text = self._rules.get(type(document), self._keep)(key, document)
        except Refused as refusal:
            return line_for(publication, refusal)
        return confirmed(publication, self._ids.get((type(document), key)), text)

    def find(self, document: type[Document], keys: Sequence[str]) -> dict[str, Document]:
        """What is on show under these keys."""
        if document is OrderStatus:
            return {key: status for key in keys if (status := self._present_status(key))}
        return {key: self.documents[document][key] for key in keys if key in self.documents[document]}

    def _keep(self, key: str, document: Document) -> str | None:
        shelf = self.documents[type(document)]
        if shelf.get(key) == document:
            return UNCHANGED
        shelf[key] = document
        self._ids.setdefault((type(document), key), f"{type(document).__name__}-{len(shelf)}")
        return None

    def _stock(self, key: str, figure: StockFigure) -> str | None:
        present = self.documents[StockFigure].get(key)
        if isinstance(present, StockFigure) and present.as_of > figure.as_of:
            return f"the site holds a newer figure, of {present.as_of.isoformat()}"
        return self._keep(key, figure)

    def _price(self, key: str, price: PriceFigure) -> str | None:
        if price.customer_id is not None:
            self._counter.known_customer(price.customer_id)
        return self._keep(key, price)

    def _terms(self, key: str, terms: CustomerTerms) -> str | None:
        self._counter.known_customer(terms.customer_id)
        return self._keep(key, terms)

    def _status(self, _key: str, wanted: OrderStatus) -> str | None:
        order = self._counter.known_order(wanted.order_id)
        if order.status == wanted.status:
            return UNCHANGED
        self._counter.move_order(order, wanted.status, mails=True)
        return None

    def _shipment(self, key: str, shipment: Shipment) -> str | None:
        present = self.documents[Shipment].get(key)
        if isinstance(present, Shipment):
            if set(present.lines) != set(shipment.lines):
                raise Refused(f"shipment {key} has other lines at the site", field="lines", code="conflict")
            return self._keep(key, shipment.model_copy(update={"notify_customer": present.notify_customer}))
        order = self._counter.known_order(shipment.order_id)
        shipped = self._shipped([*self.documents[Shipment].values(), shipment], order)
        is_whole = all(shipped.get(line.id, 0) == line.quantity for line in order.lines)
        status = "Shipped" if is_whole else "PartiallyShipped"
        if order.status not in {"Shipped", status}:
            self._counter.move_order(order, status, mails=False)
        if shipment.notify_customer:
            self._counter.mails_sent.append(order.source_id)
        return self._keep(key, shipment)

    def _shipped(self, shipments: Sequence[Document], order: Order) -> dict[str, Decimal]:
        """What has been shipped of each line; raises `Refused` for more than was ordered."""
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for each in shipments:
            if isinstance(each, Shipment) and each.order_id == order.source_id:
                for line in each.lines:
                    sums[line.order_line_id] += line.quantity
        ordered = {line.id: line.quantity for line in order.lines}
        for line_id, quantity in sums.items():
            if quantity > ordered.get(line_id, 0):
                text = f"line {line_id}: {quantity} shipped, {ordered.get(line_id, 0)} ordered"
                raise Refused(text, field="lines", value=str(quantity), code="exceeds_ordered")
        return sums

    def _invoice(self, key: str, invoice: Invoice) -> str | None:
        present = self.documents[Invoice].get(key)
        if present is not None:
            changes = {"balance_due": invoice.balance_due, "state": invoice.state}
            return self._keep(key, present.model_copy(update=changes))
        if invoice.order_id is not None:
            self._counter.known_order(invoice.order_id)
        return self._keep(key, invoice)

    def _receipt(self, key: str, receipt: Receipt) -> str | None:
        present = self.documents[Receipt].get(key)
        if isinstance(present, Receipt) and (present.amount, present.currency) != (receipt.amount, receipt.currency):
            text = f"payment {key} is {present.amount} {present.currency} at the site, where none is ever changed"
            raise Refused(text, field="amount", value=str(receipt.amount), code="conflict")
        if present is not None:
            return UNCHANGED
        if receipt.order_id is not None:
            self._counter.known_order(receipt.order_id)
        return self._keep(key, receipt)

    def _present_status(self, order_id: str) -> OrderStatus | None:
        try:
            return OrderStatus.model_validate(
                {"order_id": order_id, "status": self._counter.known_order(order_id).status}
            )
        except (Refused, ValidationError):
            return None
