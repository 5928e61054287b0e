"""The storefront port's other half: show what the ERP owns, and read back what the site shows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from bridge.documents import (
    CustomerTerms,
    Invoice,
    ItemFacts,
    OrderStatus,
    PriceFigure,
    Receipt,
    Shipment,
    StockFigure,
)
from bridge.documents.base import Document
from bridge.outcomes import Outcome
from bridge.ports.erp import ResultLine

UNCHANGED = "unchanged"
"""The text of a confirmation when the site had it already."""


@dataclass(frozen=True)
class Publication:
    """One document as a site shall show it. `key` is `key_of(document)`; `version` grows with each change of it.

    The same write has the same `idempotency_key` each time it is tried; another version has another. A site keeps a
    refusal under its key too, so a person's replay needs a new one. `may_be_known` says that the site may have the
    thing under a key that it has forgotten (24 h, reference clarity.md 2.5) or under another: it is then read back
    before it is created.
    """

    record_id: int
    key: str
    version: int
    document: Document
    idempotency_key: str
    may_be_known: bool = False


class Showcase(Protocol):
    """What a site shows of the ERP's business."""

    def show(self, publications: Sequence[Publication]) -> list[ResultLine]:
        """Shows them; one line per publication, in any order. All are of one class of document; raises `TypeError`.

        CONFIRMED (with the site's own id where the thing has one, and the text `unchanged` when the site had it; also
        for a stock figure older than the site's), REJECTED, UNCERTAIN (repeat with the same key), THROTTLED,
        UNAVAILABLE, UNAUTHORISED. The same publication again changes nothing and sends no second mail.
        Raises `Misconfigured` when the site is not as the settings say.
        """
        ...

    def shown(self, document: type[Document], keys: Sequence[str]) -> dict[str, Document]:
        """What the site shows now under these keys; what it does not show, or not intelligibly, is absent.

        Changes nothing. Raises `Throttled`, `Unreachable`, `Unauthorised`, `TryLater`.
        """
        ...


def price_key(sku: str, *, price_list_code: str | None = None, customer_id: str | None = None) -> str:
    """`sku`, `sku@list` or `sku@@customer id`; so a sku with an @ in it cannot have a standard price. Pure."""
    if customer_id is not None:
        return f"{sku}@@{customer_id}"
    return sku if price_list_code is None else f"{sku}@{price_list_code}"


_KEYS: dict[type[Document], Callable[..., str]] = {
    StockFigure: lambda it: f"{it.sku}@{it.location_code}",
    PriceFigure: lambda it: price_key(it.sku, price_list_code=it.price_list_code, customer_id=it.customer_id),
    ItemFacts: lambda it: it.sku,
    CustomerTerms: lambda it: it.customer_id,
    OrderStatus: lambda it: it.order_id,
    Shipment: lambda it: it.external_ref,
    Invoice: lambda it: it.external_ref,
    Receipt: lambda it: it.external_ref,
}

SHOWABLE = tuple(_KEYS)
"""Every class of document that can be shown."""


def key_of(document: Document) -> str:
    """The key under which a document is published and read back; raises `TypeError` for one that cannot be. Pure."""
    return _KEYS[showable(type(document))](document)


def showable(document: type[Document]) -> type[Document]:
    """The class itself; raises `TypeError` for one that cannot be shown."""
    if document not in _KEYS:
        raise TypeError(f"{document.__name__} is not shown at a storefront; it is one of {_names()}")
    return document


def only_class(publications: Sequence[Publication]) -> type[Document]:
    """The one class of these documents; raises `TypeError` when there are several or it cannot be shown."""
    classes = {type(each.document) for each in publications}
    if len(classes) != 1:
        raise TypeError(f"one call shows documents of one class, not {sorted(each.__name__ for each in classes)}")
    return showable(classes.pop())


def confirmed(publication: Publication, number: str | None = None, text: str | None = None) -> ResultLine:
    """The line of a publication that the site shows now."""
    return ResultLine(publication.record_id, Outcome.CONFIRMED, number=number, text=text)


def _names() -> str:
    return ", ".join(each.__name__ for each in SHOWABLE)
