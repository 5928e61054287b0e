"""Shipments, invoices and payments: created once, however often they are shown (reference clarity.md 2.5).

A site with idempotency keys gives its answer again; one without them is asked by external reference before every
create. What was asked can still be outrun by a request of ours that the network has kept for longer than a time-out.
"""

from dataclasses import dataclass
from typing import Any

from bridge.documents import Invoice, Receipt, Shipment
from bridge.documents.base import Document
from bridge.errors import Refused
from bridge.ports.erp import ResultLine
from bridge.ports.showing import UNCHANGED, Publication, confirmed
from bridge.storefront.clarity.amending import Amending, Thing
from bridge.storefront.clarity.classify import Answer
from bridge.storefront.clarity.client import Call
from bridge.storefront.clarity.external_refs import external_ref
from bridge.storefront.clarity.jsonpath import dig
from bridge.storefront.clarity.looking import Looking
from bridge.storefront.clarity.profile import CreatedPaths
from bridge.storefront.clarity.reader import name_of
from bridge.storefront.clarity.showing_changes import differing
from bridge.storefront.clarity.spelling import spell
from bridge.storefront.clarity.url_paths import with_id
from bridge.storefront.clarity.value_at import value_at, with_value

_KINDS: dict[type[Document], str] = {Shipment: "shipment", Invoice: "invoice", Receipt: "payment"}
"""The type of the external reference, which is also the entity of the idempotency key."""

_TRAVELS = (
    "shipped_at", "carrier_code", "carrier_name", "service_code", "tracking_numbers", "location_code",
)  # fmt: skip
_OWED = ("balance_due", "state")


@dataclass(frozen=True)
class Creating:
    """Creates what the site has not got, and amends what it has, for one site."""

    amending: Amending
    looking: Looking

    def create(self, publication: Publication) -> ResultLine:
        """Shows it; reads back first when the site may have it and no key would tell."""
        has_keys = self.looking.profile.idempotency.mode == "header"
        if not has_keys or publication.may_be_known or publication.version > 1:
            present = self._present(publication)
            if present is not None:
                return self._settled(publication, present)
        body = self._body(publication.document)
        try:
            answer = self._post(publication, body, is_repeatable=has_keys)
        except Refused as refusal:
            present = self._present(publication) if refusal.code in {"duplicate", "idempotency_key_reuse"} else None
            if present is None:
                raise with_value(refusal, body) from refusal
            return self._settled(publication, present)
        replayed = answer.headers.get(self.looking.profile.idempotency.replayed, "").lower() == "true"
        return confirmed(publication, self._id(publication, answer.body), UNCHANGED if replayed else None)

    def _post(self, publication: Publication, body: dict[str, Any], *, is_repeatable: bool) -> Answer:
        paths, entity = self.looking.profile.paths, _KINDS[type(publication.document)]
        path = {
            "shipment": paths.shipments.create, "invoice": paths.invoices.create, "payment": paths.payments.create
        }[entity]  # fmt: skip
        headers = self.amending.key(entity, publication.key, "show", publication.idempotency_key)
        verb = self.looking.profile.verbs.create
        return self.amending.client.call(Call(verb, path, headers=headers, body=body, is_repeatable=is_repeatable))

    def _present(self, publication: Publication) -> Any:
        return self.looking.row(type(publication.document), publication.key)

    def _settled(self, publication: Publication, raw: Any) -> ResultLine:
        """Brings what the site has to what it shall show."""
        document, paths = publication.document, self.looking.profile.paths
        present = self._read(publication, raw)
        if isinstance(document, Shipment):
            if isinstance(present, Shipment) and set(present.lines) != set(document.lines):
                raise self._conflict(publication, "lines", "its lines cannot be changed there")
            return self._amend(publication, raw, paths.shipments, _TRAVELS)
        if isinstance(document, Invoice):
            return self._amend(publication, raw, paths.invoices, _OWED)
        if differing(document, present, ("amount", "currency")):
            raise self._conflict(publication, "amount", "a payment cannot be changed there")
        return confirmed(publication, self._id(publication, raw), UNCHANGED)

    def _amend(self, publication: Publication, raw: Any, paths: CreatedPaths, fields: tuple[str, ...]) -> ResultLine:
        site_id, document = self._id(publication, raw), publication.document
        entity, key = _KINDS[type(document)], publication.idempotency_key
        read, write = with_id(paths.one, site_id), with_id(paths.update, site_id)

        def changes(now: Any) -> dict[str, Any]:
            wanted = differing(document, self._read(publication, now), fields)
            return spell(document, self.looking.profile, fields=wanted)

        try:
            is_changed = self.amending.amend(Thing(entity, site_id, read, write, "show", key), changes)
        except Refused as refusal:
            raise with_value(refusal, spell(document, self.looking.profile)) from refusal
        return confirmed(publication, site_id, None if is_changed else UNCHANGED)

    def _read(self, publication: Publication, raw: Any) -> Document | None:
        return self.looking.read(type(publication.document), raw, external_ref=publication.key)

    def _body(self, document: Document) -> dict[str, Any]:
        profile, name = self.looking.profile, name_of(type(document))
        fields = [field for field in type(document).model_fields if field != "external_ref"]
        reference = external_ref(getattr(document, "external_ref", ""), _KINDS[type(document)], profile)
        return spell(document, profile, fields=fields) | {profile.naming.path(name, "external_refs"): [reference]}

    def _conflict(self, publication: Publication, field: str, why: str) -> Refused:
        text = f"the site has {publication.key} with other {field}; {why}; mend it at the site or in the ERP"
        value = value_at(spell(publication.document, self.looking.profile), field)
        return Refused(text, field=field, value=value, code="conflict")

    def _id(self, publication: Publication, raw: Any) -> str:
        return str(dig(raw, self.looking.profile.naming.path(name_of(type(publication.document)), "source_id")))
