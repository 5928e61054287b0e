"""One Clarity site behind the storefront port."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Self

import redis

from bridge.documents import Customer
from bridge.documents.base import Document
from bridge.ports.erp import ResultLine
from bridge.ports.observer import Heard, unheard
from bridge.ports.showing import Publication
from bridge.ports.storefront import Acknowledgement, Page, ReadOrder, Wanted
from bridge.storefront.clarity.client import ClarityClient
from bridge.storefront.clarity.credentials import credentials_for
from bridge.storefront.clarity.looking import Looking
from bridge.storefront.clarity.profile import Profile
from bridge.storefront.clarity.profile_file import load_profile
from bridge.storefront.clarity.rate_limit import Budget, LocalBudget, RedisBudget
from bridge.storefront.clarity.reader import DEFAULT_SITE
from bridge.storefront.clarity.reading import Reading
from bridge.storefront.clarity.settings import ClaritySettings
from bridge.storefront.clarity.showing import Showing
from bridge.storefront.clarity.telling import Telling
from bridge.storefront.clarity.tokens import LocalTokens, RedisTokens, Tokens
from bridge.storefront.clarity.transport import Transport


class ClaritySite:
    """The storefront port for one connection. Build it in the process that uses it (never before a fork); close it.

    With a Redis client, all workers share one rate limit and one token under the settings' prefix; without one, this
    object keeps its own. A client that retries by itself does no harm: it may take one request too many.
    """

    def __init__(self, settings: ClaritySettings, shared: redis.Redis | None = None, heard: Heard = unheard) -> None:
        """Raises `Misconfigured` for a profile or credentials that cannot work. Sends nothing yet."""
        self.profile = load_profile(settings.profile)
        self._transport = Transport(settings)
        credentials = credentials_for(settings, self.profile, self._transport, _tokens(settings, self.profile, shared))
        client = ClarityClient(
            settings,
            self.profile,
            transport=self._transport,
            credentials=credentials,
            budget=_budget(settings, self.profile, shared),
            heard=heard,
        )
        self._reading = Reading(client, self.profile, settings.site_id or DEFAULT_SITE)
        self._telling = Telling(client, self.profile, settings.connection)
        self._showing = Showing(client, self.profile, settings.connection)
        self._looking = Looking(client, self.profile)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connections to the site; twice is the same as once."""
        self._transport.close()

    def read_orders(self, wanted: Sequence[Wanted]) -> list[ReadOrder]:
        """As the port says. An id that the site does not know (yet) has neither body nor order, and is not gone."""
        return self._reading.orders(wanted)

    def changed_since(self, watermark: datetime | None) -> Iterator[Page]:
        """As the port says, from the watermark on: the overlap is taken off the watermark that the last page gives."""
        return self._reading.changed_since(watermark)

    def read_customer(self, customer_id: str) -> Customer | None:
        """As the port says; `Refused` with the field when the account cannot be understood."""
        return self._reading.customer(customer_id)

    def acknowledge(self, told: Acknowledgement) -> None:
        """As the port says; also for a site without idempotency keys, where it reads back first."""
        self._telling.acknowledge(told)

    def set_status(self, order_id: str, *, status: str, external_ref: str | None, idempotency_key: str) -> None:
        """As the port says. `external_ref` is the lane and the ERP's number, such as `sage100:ABC/0000123`."""
        self._telling.set_status(order_id, status, external_ref, idempotency_key)

    def show(self, publications: Sequence[Publication]) -> list[ResultLine]:
        """As the port says; after a rate limit or a refused log-on the rest of a call is not sent."""
        return self._showing.show(publications)

    def shown(self, document: type[Document], keys: Sequence[str]) -> dict[str, Document]:
        """As the port says."""
        return self._looking.shown(document, keys)


def _budget(settings: ClaritySettings, profile: Profile, shared: redis.Redis | None) -> Budget:
    limits = profile.limits
    if shared is None:
        return LocalBudget(rps=limits.rps, burst=limits.burst)
    return RedisBudget(
        shared, f"{settings.redis_prefix}{settings.connection}:budget", rps=limits.rps, burst=limits.burst
    )


def _tokens(settings: ClaritySettings, profile: Profile, shared: redis.Redis | None) -> Tokens:
    """One token per host, client and set of scopes, so that a change of any of them takes effect at once."""
    if shared is None:
        return LocalTokens()
    parts = (settings.base_url, settings.client_id or "", *sorted(profile.auth.scopes))
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
    return RedisTokens(shared, f"{settings.redis_prefix}{settings.connection}:token:{digest}")
