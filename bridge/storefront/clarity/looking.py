"""Reads back what a Clarity site shows of the ERP's business (reference clarity.md 2.8)."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice
from typing import Any

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
from bridge.errors import Refused
from bridge.ports.showing import key_of, showable
from bridge.storefront.clarity.client import ClarityClient
from bridge.storefront.clarity.external_refs import as_filter, texts_of
from bridge.storefront.clarity.jsonpath import dig
from bridge.storefront.clarity.paging import walk
from bridge.storefront.clarity.profile import Profile
from bridge.storefront.clarity.reader import Unreadable, name_of, read_document
from bridge.storefront.clarity.reading import FEW
from bridge.storefront.clarity.url_paths import with_code, with_id

UNKNOWN = frozenset({"not_found", "gone", "bad_id"})
"""Codes of a refusal that mean: the site does not have it."""


@dataclass(frozen=True)
class _Shelf:
    """Where a kind of thing stands: a list of all, and a way to one, by a path or by a filter of the list.

    `given` are fields that need not stand in each row, such as the code of a price list.
    """

    document: type[Document]
    listing: str
    one: Callable[[str], str] | None = None
    query: Callable[[str], Mapping[str, str]] = lambda _key: {}
    given: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Looking:
    """The reading half of the showcase, for one site."""

    client: ClarityClient
    profile: Profile

    def shown(self, document: type[Document], keys: Sequence[str]) -> dict[str, Document]:
        """As the port says. Few keys cost a call each; many are looked for in the list first."""
        wanted = dict.fromkeys(keys)
        if showable(document) is not PriceFigure:
            return self._find(self._shelf(document), wanted)
        found: dict[str, Document] = {}
        for place, group in groupby(sorted(wanted, key=place_of_price), place_of_price):
            shelf = self._price_shelf(place)
            found |= self._find(shelf, dict.fromkeys(group)) if shelf else {}
        return found

    def row(self, document: type[Document], reference: str) -> Any:
        """The site's own row of a shipment, invoice or payment by its external reference, or None."""
        shelf = self._shelf(document)
        for row in self._rows(shelf, shelf.query(reference)):
            if not self._is_deleted(row) and reference in texts_of(row, name_of(document), self.profile):
                return row
        return None

    def read(self, document: type[Document], raw: Any, **given: str) -> Document | None:
        """The document, or None when it cannot be understood."""
        try:
            if document is OrderStatus:
                return OrderStatus.model_validate({"order_id": self._order_id(raw), "status": self._status(raw)})
            return read_document(document, raw, self.profile, **given)
        except (Unreadable, ValueError):
            return None

    def _find(self, shelf: _Shelf, keys: Collection[str]) -> dict[str, Document]:
        """What the shelf has of these keys: from the list as long as that costs no more calls than asking for each."""
        found: dict[str, Document] = {}
        if len(keys) > FEW:
            for page in islice(walk(self.client, self.profile, shelf.listing, None), len(keys)):
                self._keep(found, shelf, page.rows, keys)
                if page.is_last or len(found) == len(keys):
                    return found
        for key in keys:
            if key not in found:
                self._keep(found, shelf, self._ask(shelf, key), keys)
        return found

    def _keep(self, found: dict[str, Document], shelf: _Shelf, rows: Sequence[Any], keys: Collection[str]) -> None:
        for row in rows:
            if not self._is_deleted(row):
                found |= {key: one for key, one in self._documents(shelf, row) if key in keys}

    def _is_deleted(self, row: Any) -> bool:
        return dig(row, self.profile.naming.path("order", "deleted_at")) is not None

    def _ask(self, shelf: _Shelf, key: str) -> list[Any]:
        """What there is under one key; nothing when the site does not know it."""
        try:
            if shelf.one is not None:
                return [self.client.get(shelf.one(key)).body]
            return list(self._rows(shelf, shelf.query(key)))
        except Refused as refusal:
            if refusal.code in UNKNOWN:
                return []
            raise

    def _rows(self, shelf: _Shelf, query: Mapping[str, str]) -> Iterator[Any]:
        for page in walk(self.client, self.profile, shelf.listing, None, query):
            yield from page.rows

    def _documents(self, shelf: _Shelf, row: Any) -> Iterator[tuple[str, Document]]:
        """The documents of a row with their keys: one for each reference of a thing that the ERP named."""
        document = shelf.document
        if document in {Shipment, Invoice, Receipt}:
            for reference in texts_of(row, name_of(document), self.profile):
                if one := self.read(document, row, external_ref=reference):
                    yield reference, one
        elif one := self.read(document, row, **shelf.given):
            yield key_of(one), one

    def _order_id(self, raw: Any) -> str:
        return str(dig(raw, self.profile.naming.path("order", "source_id")))

    def _status(self, raw: Any) -> str:
        return self.profile.canonical("order.status", str(dig(raw, self.profile.naming.path("order", "status"))))

    def _shelf(self, document: type[Document]) -> _Shelf:
        paths = self.profile.paths
        if document is StockFigure:
            return _Shelf(document, paths.inventory.listing, query=lambda key: self._filter("sku", place_of_stock(key)))
        if document is ItemFacts:
            return _Shelf(document, paths.products.listing, lambda key: with_code(paths.products.one, "sku", key))
        if document is CustomerTerms:
            return _Shelf(document, paths.customers.listing, lambda key: with_id(paths.customers.one, key))
        if document is OrderStatus:
            return _Shelf(document, paths.orders.listing, lambda key: with_id(paths.orders.one, key))
        listings = {
            Shipment: paths.shipments.listing, Invoice: paths.invoices.listing, Receipt: paths.payments.listing
        }  # fmt: skip
        return _Shelf(document, listings[document], query=lambda key: self._filter("external_ref", as_filter(key)))

    def _price_shelf(self, place: tuple[str, str]) -> _Shelf | None:
        """The shelf of the standard prices, of one list or of one account; None for a code that no path can carry."""
        kind, code = place
        paths = self.profile.paths
        try:
            listing = {
                "": lambda: paths.prices.listing,
                "@": lambda: with_code(paths.price_lists.listing, "code", code),
                "@@": lambda: with_id(paths.contract_prices.listing, code),
            }[kind]()
        except Refused:
            return None
        given = {"": {}, "@": {"price_list_code": code}, "@@": {"customer_id": code}}[kind]
        return _Shelf(PriceFigure, listing, query=lambda key: self._filter("sku", sku_of_price(key)), given=given)

    def _filter(self, name: str, value: str) -> dict[str, str]:
        return {self.profile.naming.path("filter", name): value}


def place_of_stock(key: str) -> str:
    """The sku of `sku@location`. Pure."""
    return key.rpartition("@")[0]


def place_of_price(key: str) -> tuple[str, str]:
    """Where the price of a key stands: ("", ""), ("@", list) or ("@@", account). Pure."""
    for mark in ("@@", "@"):
        if mark in key:
            return mark, key.rpartition(mark)[2]
    return "", ""


def sku_of_price(key: str) -> str:
    """The sku of a price's key. Pure."""
    mark, _ = place_of_price(key)
    return key.rpartition(mark)[0] if mark else key
