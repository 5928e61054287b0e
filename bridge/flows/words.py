"""What a storefront is shown of an order, or has taken of it, in a few words, for people who trace it. Pure."""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from bridge.documents import Invoice, OrderStatus, Receipt, Shipment
from bridge.documents.base import Document
from bridge.ledger.rows import Record
from bridge.ports.erp import DEPOSIT
from bridge.shown import Shown


def in_words(record: Record) -> str | None:
    """What the newest value says, such as `invoice 0000123: paid, 31.00 USD`, and what was remarked of it.

    None for what is no part of an order.
    """
    if record.document == DEPOSIT:
        return None if record.amount is None else f"a deposit of {record.amount:.2f} {record.currency} in all"
    kind = _KINDS.get(record.document)
    if kind is None or record.content is None:
        return None
    document, words = kind
    try:
        says = words(document.model_validate_json(record.content))
    except ValidationError:  # an older release kept it otherwise
        return None
    return f"{says} ({record.flags})" if record.flags else says


def _shipment(shipment: Shipment) -> str:
    by = f" by {shipment.carrier_name}" if shipment.carrier_name else ""
    packages = f", {', '.join(shipment.tracking_numbers)}" if shipment.tracking_numbers else ""
    return f"shipped {shipment.shipped_at:%Y-%m-%d}{by}, lines: {len(shipment.lines)}{packages}"


def _invoice(invoice: Invoice) -> str:
    name = "credit memo" if invoice.kind == "creditMemo" else "invoice"
    owed = "" if invoice.state == "paid" else f", {invoice.balance_due} {invoice.currency} owed"
    state = {"partiallyPaid": "partly paid"}.get(invoice.state, invoice.state)
    return f"{name} {invoice.invoice_number}: {state}, {invoice.total} {invoice.currency}{owed}"


def _receipt(receipt: Receipt) -> str:
    return f"{receipt.amount} {receipt.currency} by {receipt.kind} for invoice {receipt.invoice_number}"


_KINDS: Mapping[str, tuple[type[Document], Callable[[Any], str]]] = {
    Shown.STATUS: (OrderStatus, lambda status: status.status),
    Shown.SHIPMENT: (Shipment, _shipment),
    Shown.INVOICE: (Invoice, _invoice),
    Shown.RECEIPT: (Receipt, _receipt),
}
