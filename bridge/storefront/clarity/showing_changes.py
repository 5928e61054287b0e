"""Order statuses, and the fields of products and accounts that the ERP owns; prices of lists and accounts."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bridge.documents import CustomerTerms, OrderStatus, PriceFigure
from bridge.documents.base import Document
from bridge.errors import Refused
from bridge.ports.erp import ResultLine
from bridge.ports.showing import UNCHANGED, Publication, confirmed
from bridge.storefront.clarity.amending import Amending, Thing
from bridge.storefront.clarity.client import Call
from bridge.storefront.clarity.jsonpath import dig
from bridge.storefront.clarity.looking import Looking, place_of_price
from bridge.storefront.clarity.profile import AmendedPaths
from bridge.storefront.clarity.spelling import spell, whole_milliseconds
from bridge.storefront.clarity.telling import Telling
from bridge.storefront.clarity.url_paths import with_code, with_id
from bridge.storefront.clarity.value_at import with_value


def differing(wanted: Document, present: Document | None, fields: Collection[str]) -> list[str]:
    """Which of these fields the site shows otherwise; all when it shows nothing that can be understood. Pure."""
    return [name for name in fields if present is None or _plain(wanted, name) != _plain(present, name)]


@dataclass(frozen=True)
class Changing:
    """Writes what differs and nothing else, for one site."""

    amending: Amending
    looking: Looking
    telling: Telling

    def order_status(self, publication: Publication) -> ResultLine:
        """Moves the order; the present status again is a success without effect, an illegal move is refused."""
        wanted = publication.document
        if not isinstance(wanted, OrderStatus):
            raise TypeError(type(wanted).__name__)
        try:
            is_changed = self.telling.set_status(wanted.order_id, wanted.status, None, publication.idempotency_key)
        except Refused as refusal:
            raise Refused(
                str(refusal), field=refusal.field or "status", value=refusal.value or wanted.status, code=refusal.code
            ) from refusal
        return confirmed(publication, wanted.order_id, None if is_changed else UNCHANGED)

    def item_facts(self, publication: Publication) -> ResultLine:
        """Writes the product's fields that differ; the shopkeeper's stay as they are."""
        return self._amend(publication, "product", self.looking.profile.paths.products, "sku")

    def customer_terms(self, publication: Publication) -> ResultLine:
        """Writes the account's fields that differ; those that are not the ERP's stay as they are."""
        return self._amend(publication, "customer", self.looking.profile.paths.customers, "customer_id")

    def placed_prices(self, publications: Sequence[Publication]) -> Callable[[Publication], ResultLine]:
        """A writer of prices of lists and accounts, which reads what each place shows before its first price there."""
        shown: dict[tuple[str, str], dict[str, Document]] = {}

        def write(publication: Publication) -> ResultLine:
            place = place_of_price(publication.key)
            if place not in shown:
                keys = [each.key for each in publications if place_of_price(each.key) == place]
                shown[place] = self.looking.shown(PriceFigure, keys)
            if shown[place].get(publication.key) == publication.document:
                return confirmed(publication, publication.key, UNCHANGED)
            return self._put_price(publication)

        return write

    def _put_price(self, publication: Publication) -> ResultLine:
        """Puts the whole row: it is the ERP's alone, so whatever stands there is replaced."""
        price, profile = publication.document, self.looking.profile
        if not isinstance(price, PriceFigure):
            raise TypeError(type(price).__name__)
        if price.customer_id is not None:
            path = with_id(profile.paths.contract_prices.put, price.customer_id)
        else:
            path = with_code(profile.paths.price_lists.put, "code", price.price_list_code or "")
        body = spell(price, profile, fields=("sku", "currency", "list_price", "breaks"))
        whatever = {"If-Match": "*"} if profile.concurrency == "etag" else {}
        call = Call(
            profile.verbs.put, with_code(path, "sku", price.sku), headers=whatever, body=body, is_repeatable=True
        )
        try:
            self.amending.client.call(call)
        except Refused as refusal:
            raise with_value(refusal, body) from refusal
        return confirmed(publication, publication.key)

    def _amend(self, publication: Publication, entity: str, paths: AmendedPaths, identity: str) -> ResultLine:
        key, document = publication.key, publication.document
        read, write = (self._path(each, identity, key) for each in (paths.one, paths.update))
        thing = Thing(entity, key, read, write, "show", publication.idempotency_key)
        sent: dict[str, Any] = {}

        def changes(raw: Any) -> dict[str, Any]:
            present = self.looking.read(type(document), raw)
            fields = [name for name in type(document).model_fields if name != identity]
            sent.clear()
            sent.update(self._spelled(document, differing(document, present, fields), raw))
            return dict(sent)

        try:
            is_changed = self.amending.amend(thing, changes)
        except Refused as refusal:
            raise with_value(refusal, sent) from refusal
        return confirmed(publication, key, None if is_changed else UNCHANGED)

    def _spelled(self, document: Document, fields: Collection[str], raw: Any) -> dict[str, Any]:
        """Money of an account is in its own currency, which the site knows."""
        profile = self.looking.profile
        currency = dig(raw, profile.naming.path("customerTerms", "currency")) if fields else None
        is_named = isinstance(document, CustomerTerms) and isinstance(currency, str)
        return spell(document, profile, fields=fields, currency=currency if is_named else None)

    def _path(self, path: str, identity: str, key: str) -> str:
        return with_code(path, "sku", key) if identity == "sku" else with_id(path, key)


def _plain(document: Document, field: str) -> Any:
    value = getattr(document, field)
    return whole_milliseconds(value) if isinstance(value, datetime) else value
