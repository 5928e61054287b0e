"""Changes something at a site that others may be changing too: read, compare, write what differs (clarity.md 2.5)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bridge.errors import Refused, TryLater
from bridge.storefront.clarity.classify import Answer
from bridge.storefront.clarity.client import Call, ClarityClient
from bridge.storefront.clarity.idempotency import idempotency_key
from bridge.storefront.clarity.profile import Profile

REREADS = 3
"""How often a change is made again because somebody else changed the thing meanwhile (2.3, status 412)."""

Changes = Callable[[Any], dict[str, Any]]
"""What to write, given what the site has now; empty when it is already so."""


@dataclass(frozen=True)
class Thing:
    """What is changed: an order, a product. `action` and `key` make its idempotency key."""

    entity: str
    id: str
    read_path: str
    write_path: str
    action: str
    key: str


@dataclass(frozen=True)
class Amending:
    """The one way in which this adapter changes what it does not own whole, for one site."""

    client: ClarityClient
    profile: Profile
    connection: str

    def amend(self, thing: Thing, changes: Changes) -> bool:
        """Whether anything had to be written. Reads again when the thing has changed meanwhile.

        Raises `TryLater` when it keeps changing, `Refused`, `Uncertain`, and as `ClarityClient.call`.
        """
        for _ in range(REREADS + 1):
            present = self.client.get(thing.read_path)
            wanted = changes(present.body)
            if not wanted:
                return False
            if self._is_written(thing, present, wanted):
                return True
        raise TryLater(
            f"{thing.entity} {thing.id} is being changed by others; {REREADS + 1} times it was newer than read"
        )

    def _is_written(self, thing: Thing, present: Answer, changes: dict[str, Any]) -> bool:
        """Writes; False when the thing is no longer what was read."""
        tag = present.headers.get("ETag", "") if self.profile.concurrency == "etag" else ""
        call = Call(
            self.profile.verbs.update,
            thing.write_path,
            # a refusal is kept under its key, so a key serves one version only
            headers=self.key(thing.entity, thing.id, f"{thing.action} {tag}", thing.key)
            | ({"If-Match": tag} if tag else {}),
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

    def key(self, entity: str, source_id: str, action: str, key: str) -> dict[str, str]:
        """The header of a write's idempotency key, on sites that know one."""
        if self.profile.idempotency.mode != "header":
            return {}
        return {self.profile.idempotency.header: idempotency_key(self.connection, entity, source_id, action, key)}
