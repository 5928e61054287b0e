"""Tells a Clarity site what became of an order, once however often it is told (reference clarity.md 2.5, 2.10)."""

from dataclasses import dataclass
from typing import Any

from bridge.errors import Refused
from bridge.ports.storefront import Acknowledgement
from bridge.storefront.clarity.amending import Amending, Thing
from bridge.storefront.clarity.client import Call, ClarityClient
from bridge.storefront.clarity.external_refs import external_ref
from bridge.storefront.clarity.jsonpath import dig
from bridge.storefront.clarity.profile import Profile
from bridge.storefront.clarity.url_paths import with_id


@dataclass(frozen=True)
class Telling:
    """The writing half of the port, for one site."""

    client: ClarityClient
    profile: Profile
    connection: str

    def acknowledge(self, told: Acknowledgement) -> None:
        """Sends the acknowledgement unless the site has it already."""
        has_keys = self.profile.idempotency.mode == "header"
        if not has_keys and self._is_told(told):
            return
        call = Call(
            self.profile.verbs.acknowledge,
            with_id(self.profile.paths.orders.acknowledge, told.order_id),
            headers=self._amending.key(
                "order", told.order_id, f"acknowledge {told.lane} {told.state}", told.idempotency_key
            ),
            body=self._acknowledgement(told),
            is_repeatable=has_keys,
        )
        try:
            self.client.call(call)
        except Refused as refusal:
            if refusal.code != "duplicate":
                raise

    def set_status(self, order_id: str, status: str, reference: str | None, key: str) -> bool:
        """Reads, compares, writes; whether anything had to be written."""
        orders = self.profile.paths.orders
        thing = Thing("order", order_id, with_id(orders.one, order_id), with_id(orders.update, order_id), "status", key)
        return self._amending.amend(thing, lambda order: self._changes(order, status, reference))

    @property
    def _amending(self) -> Amending:
        return Amending(self.client, self.profile, self.connection)

    def _changes(self, order: Any, status: str, reference: str | None) -> dict[str, Any]:
        names = self.profile.naming
        word = self.profile.site_word("order.status", status)
        changes: dict[str, Any] = {}
        if dig(order, names.path("order", "status")) != word:
            changes[names.path("order", "status")] = word
        if reference:
            refs = dig(order, names.path("order", "external_refs")) or []
            ours = external_ref(reference, "salesOrder", self.profile)
            if ours not in refs:
                changes[names.path("order", "external_refs")] = [*refs, ours]
        return changes

    def _acknowledgement(self, told: Acknowledgement) -> dict[str, str]:
        parts = {
            "system": told.lane,
            "state": told.state,
            "document_number": told.document_number,
            "reason": told.reason,
        }
        return {self._name(name): value for name, value in parts.items() if value is not None}

    def _is_told(self, told: Acknowledgement) -> bool:
        """Reads the natural key (order, system, state) back, on sites that know no idempotency key (2.12)."""
        answer = self.client.get(with_id(self.profile.paths.orders.acknowledgements, told.order_id))
        kept = dig(answer.body, self.profile.paging.response.items) or []
        wanted = (told.lane, told.state)
        return any((dig(each, self._name("system")), dig(each, self._name("state"))) == wanted for each in kept)

    def _name(self, field: str) -> str:
        return self.profile.naming.path("acknowledgement", field)
