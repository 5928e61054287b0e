"""Reads orders and accounts from a Clarity site."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from bridge.documents import Customer
from bridge.errors import Refused
from bridge.ports.storefront import Page, ReadOrder, Wanted
from bridge.storefront.clarity.client import ClarityClient
from bridge.storefront.clarity.paging import walk
from bridge.storefront.clarity.profile import Profile
from bridge.storefront.clarity.reader import read_customer, read_order, source_id_of
from bridge.storefront.clarity.url_paths import with_id

FEW = 3
"""Up to so many orders, a call each costs less than a walk of the list."""


@dataclass(frozen=True)
class Reading:
    """The reading half of the port, for one site."""

    client: ClarityClient
    profile: Profile
    site_id: str

    def orders(self, wanted: Sequence[Wanted]) -> list[ReadOrder]:
        """One answer per wanted id. Those with a hint come from the list, the rest by a call each.

        An id that the site does not know (yet) has neither body nor order, and is not gone.
        """
        hints = {each.source_id: each.updated_at for each in wanted if each.updated_at}
        found = self._from_list(hints) if len(hints) > FEW else {}
        for each in wanted:
            if each.source_id not in found:
                found[each.source_id] = self._one(each.source_id)
        return [found[each.source_id] for each in wanted]

    def changed_since(self, watermark: datetime | None) -> Iterator[Page]:
        """Pages of every order changed since; the watermark comes with the last page only (2.6)."""
        for page in walk(self.client, self.profile, self.profile.paths.orders.listing, watermark):
            orders = tuple(read_order(row, self.profile, site_id=self.site_id) for row in page.rows)
            yield Page(orders, self._behind(page.as_of) if page.is_last else None, page.is_last)

    def _behind(self, as_of: datetime | None) -> datetime | None:
        return as_of - self.profile.incremental.overlap if as_of else None

    def customer(self, customer_id: str) -> Customer | None:
        """The account, or None. Raises `Refused` when it cannot be understood."""
        try:
            answer = self.client.get(with_id(self.profile.paths.customers.one, customer_id))
        except Refused as refusal:
            if refusal.code in {"not_found", "gone", "bad_id"}:
                return None
            raise
        return read_customer(answer.body, self.profile, site_id=self.site_id)

    def _from_list(self, hints: dict[str, datetime]) -> dict[str, ReadOrder]:
        """What the list shows of these ids within a tenth of the calls that asking one by one would take."""
        found: dict[str, ReadOrder] = {}
        pages = walk(self.client, self.profile, self.profile.paths.orders.listing, min(hints.values()))
        for page in islice(pages, max(2, len(hints) // 10)):
            wanted_rows = (row for row in page.rows if source_id_of(row, self.profile) in hints)
            self._keep_newest(found, (read_order(row, self.profile, site_id=self.site_id) for row in wanted_rows))
            if len(found) == len(hints):
                break
        return found

    def _keep_newest(self, found: dict[str, ReadOrder], reads: Iterable[ReadOrder]) -> None:
        for read in reads:
            known = found.get(read.source_id)
            if known is None or read.version >= known.version:
                found[read.source_id] = read

    def _one(self, source_id: str) -> ReadOrder:
        try:
            answer = self.client.get(with_id(self.profile.paths.orders.one, source_id))
        except Refused as refusal:
            return ReadOrder(source_id, 0, None, None, problem=str(refusal), is_gone=refusal.code == "gone")
        read = read_order(self._bare(answer.body), self.profile, site_id=self.site_id)
        if read.source_id == source_id:
            return read
        problem = f"asked for order {source_id}, the site answered with {read.source_id or 'one without an id'}"
        place = self.profile.naming.path("order", "source_id")
        return ReadOrder(source_id, read.version, read.body, None, problem=problem, field=place)

    def _bare(self, body: Any) -> Any:
        """The order as a list shows it, without the mark of success that some sites put beside its fields."""
        if self.profile.success.test != "jsonPath" or not isinstance(body, dict):
            return body
        return {name: value for name, value in body.items() if name != self.profile.success.path}
