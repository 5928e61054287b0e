"""Tells a Clarity site what became of an order, once however often it is told (reference clarity.md 2.5, 2.10)."""

from dataclasses import dataclass
from typing import Any

from bridge.errors import Refused, TryLater
from bridge.ports.storefront import Acknowledgement
from bridge.storefront.clarity.classify import Answer
from bridge.storefront.clarity.client import Call, ClarityClient
from bridge.storefront.clarity.idempotency import idempotency_key
from bridge.storefront.clarity.jsonpath import dig
from bridge.storefront.clarity.profile import Profile
from bridge.storefront.clarity.reading import with_id

REREADS = 3
"""How often a change is made again because somebody else changed the order meanwhile (2.3, status 412)."""


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
            headers=self._key(told.order_id, f"acknowledge {told.lane} {told.state}", told.idempotency_key),
            body=self._acknowledgement(told),
            is_repeatable=has_keys,
        )
        try:
            self.client.call(call)
        except Refused as refusal:
            if refusal.code != "duplicate":
                raise

    def set_status(self, order_id: str, status: str, external_ref: str | None, key: str) -> None:
        """Reads, compares, writes; reads again when the order has changed meanwhile."""
        path = with_id(self.profile.paths.orders.one, order_id)
        for _ in range(REREADS + 1):
            present = self.client.get(path)
            changes = self._changes(present.body, status, external_ref)
            if not changes or self._is_changed(order_id, present, changes, key):
                return
        raise TryLater(f"order {order_id} is being changed by others; {REREADS + 1} times it was newer than read")

    def _is_changed(self, order_id: str, present: Answer, changes: dict[str, Any], key: str) -> bool:
        """Writes; False when the order is no longer what was read."""
        tag = present.headers.get("ETag", "") if self.profile.concurrency == "etag" else ""
        call = Call(
            self.profile.verbs.update,
            with_id(self.profile.paths.orders.update, order_id),
            # a refusal is kept under its key, so a key serves one version only
            headers=self._key(order_id, f"status {tag}", key) | ({"If-Match": tag} if tag else {}),
            body=changes,
            is_repeatable=bool(tag),
        )
        try:
            self.client.call(call)
        except Refused as refusal:
            if refusal.code in {"version_mismatch", "conflict"}:
                return False
            raise
        return True

    def _changes(self, order: Any, status: str, external_ref: str | None) -> dict[str, Any]:
        names = self.profile.naming
        word = self.profile.site_word("order.status", status)
        changes: dict[str, Any] = {}
        if dig(order, names.path("order", "status")) != word:
            changes[names.path("order", "status")] = word
        if external_ref:
            refs = dig(order, names.path("order", "external_refs")) or []
            ours = self._external_ref(external_ref)
            if ours not in refs:
                changes[names.path("order", "external_refs")] = [*refs, ours]
        return changes

    def _external_ref(self, text: str) -> dict[str, str]:
        system, _, number = text.rpartition("/")
        if not system or not number:
            problem = f"external_ref {text!r} has no lane; give lane and number, such as sage100:ABC/0000123"
            raise Refused(problem, field="external_ref", value=text)
        parts = {"system": system, "type": "salesOrder", "id": number}
        return {self.profile.naming.path("externalRef", name): value for name, value in parts.items()}

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

    def _key(self, order_id: str, action: str, key: str) -> dict[str, str]:
        if self.profile.idempotency.mode != "header":
            return {}
        return {self.profile.idempotency.header: idempotency_key(self.connection, "order", order_id, action, key)}

    def _name(self, field: str) -> str:
        return self.profile.naming.path("acknowledgement", field)
