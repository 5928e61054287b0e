"""Stock and standard prices, up to 500 a call; the site answers for each row on its own (reference clarity.md 2.8)."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bridge.documents import StockFigure
from bridge.documents.base import Document
from bridge.outcomes import Outcome
from bridge.ports.erp import ResultLine
from bridge.ports.showing import UNCHANGED, Publication, confirmed
from bridge.storefront.clarity.client import Call, ClarityClient
from bridge.storefront.clarity.idempotency import idempotency_key
from bridge.storefront.clarity.jsonpath import dig
from bridge.storefront.clarity.profile import Profile
from bridge.storefront.clarity.spelling import spell
from bridge.storefront.clarity.value_at import value_at

BASIS = "availableToSell"
"""What a stock figure means: what may be sold, not what is on hand (2.9)."""

_LATER = {"locked": Outcome.UNAVAILABLE, "in_progress": Outcome.UNAVAILABLE, "internal": Outcome.UNAVAILABLE} | {
    "maintenance": Outcome.UNAVAILABLE, "rate_limited": Outcome.THROTTLED
}  # fmt: skip
"""Codes of a row (2.3) that say nothing against the row itself. Figures are absolute, so a repeat does no harm."""


@dataclass(frozen=True)
class Batches:
    """Writes figures, for one site."""

    client: ClarityClient
    profile: Profile
    connection: str

    def write(self, publications: Sequence[Publication]) -> list[ResultLine]:
        """One call; one line per publication. Raises as `ClarityClient.call`."""
        documents = [each.document for each in publications]
        is_stock = isinstance(documents[0], StockFigure)
        paths = self.profile.paths
        rows = [self._row(document) for document in documents]
        call = Call(
            self.profile.verbs.create,
            paths.inventory.batch if is_stock else paths.prices.batch,
            headers=self._key("inventory" if is_stock else "prices"),
            body={self._name("batch", "items"): rows},
            is_repeatable=True,
        )
        return self.lines(publications, rows, self.client.call(call).body)

    def lines(self, publications: Sequence[Publication], rows: Sequence[Any], body: Any) -> list[ResultLine]:
        """What the answer says of each row; a row that it does not name is in doubt. Pure."""
        results = dig(body, self._name("batch", "results"))
        by_index = {dig(each, self._name("batchResult", "index")): each for each in results or []}
        return [
            self._line(publication, rows[index], by_index.get(index)) for index, publication in enumerate(publications)
        ]

    def _line(self, publication: Publication, row: Any, result: Any) -> ResultLine:
        status = dig(result, self._name("batchResult", "status"))
        number = dig(result, self._name("batchResult", "id"))
        if status in {"ok", "unchanged"}:
            return confirmed(publication, str(number or publication.key), UNCHANGED if status == "unchanged" else None)
        if status != "error":
            text = "the site's answer does not name this row; show it again, which does no harm"
            return ResultLine(publication.record_id, Outcome.UNCERTAIN, text=text)
        error = dig(result, self._name("batchResult", "error"))
        site_code = str(dig(error, self._name("rowError", "code")))
        code = self.profile.failure.codes.get(site_code, site_code)
        text = f"{code}: {dig(error, self._name('rowError', 'detail')) or 'no reason given'}"[:500]
        if code == "stale_write":
            return confirmed(publication, text=f"the site holds a newer figure; {text}")
        field = dig(error, self._name("rowError", "field"))
        outcome, reason = _LATER.get(code, Outcome.REJECTED), dig(error, self._name("rowError", "reason"))
        return ResultLine(
            publication.record_id, outcome, field=field, value=value_at(row, field), text=text, code=reason or code
        )

    def _row(self, document: Document) -> dict[str, Any]:
        if isinstance(document, StockFigure):
            return spell(document, self.profile) | {self._name("stockFigure", "basis"): BASIS}
        return spell(document, self.profile, fields=("sku", "currency", "list_price", "breaks"))

    def _key(self, entity: str) -> dict[str, str]:
        """A key for this call alone, for its repeats inside the client.

        It is not made of the documents: the site keeps a key's answer for a day, and an answer kept from yesterday
        would stand in for a write that has to be made again, after somebody changed or mended something at the site.
        """
        if self.profile.idempotency.mode != "header":
            return {}
        key = idempotency_key(self.connection, entity, "batch", "show", uuid.uuid4().hex)
        return {self.profile.idempotency.header: key}

    def _name(self, document: str, field: str) -> str:
        return self.profile.naming.path(document, field)
