"""What the ERP owns and a storefront shows: one record for each thing that is shown, made ready again by a newer value.

Such a record has no history to be kept apart, as an order has: only its newest value matters to who looks at the shop.
So it is the one kind of record that a newer value takes out of CONFIRMED, with a line in the journal.
"""

from enum import StrEnum


class Shown(StrEnum):
    """The documents that flow back; also the name of the flow, and the end of its lane's name."""

    STOCK = "stock"
    PRICE = "price"
    ITEM = "item"
    TERMS = "terms"
    STATUS = "status"
    SHIPMENT = "shipment"
    INVOICE = "invoice"
    RECEIPT = "receipt"


SHOWN = frozenset(each.value for each in Shown)


def showing_lane(connection: str, document: str) -> str:
    """The lane of one flow to one storefront, so that no flow waits for another."""
    return f"storefront:{connection}/{document}"
