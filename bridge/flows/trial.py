"""Reading a flow without keeping anything: what a backfill would do, and what both sides show now."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bridge.documents.base import Document
from bridge.ledger.passes import Pass
from bridge.ledger.shown import Observed, Shelf


@dataclass(frozen=True)
class Found:
    """One thing that a site should show, as the ERP has it."""

    shelf: Shelf
    key: str
    document: Document


@dataclass
class Trial:
    """Takes what would be kept. `since` is from when on is read, None is everything; `heard` is told of each page.

    `passes` are those under way and those done, by flow and kind: a trial that is cut goes on in its next turn.
    """

    since: datetime | None = None
    heard: Callable[["Trial"], None] = lambda _: None
    pages: int = 0
    observed: Observed = field(default_factory=Observed)
    found: list[Found] = field(default_factory=list)
    passes: dict[str, Pass] = field(default_factory=dict)

    def take(self, shelf: Shelf, documents: Mapping[str, Document], observed: Observed) -> None:
        """Takes what would be kept for one site, by its keys, and what would become of it."""
        self.observed += observed
        self.found += [Found(shelf, key, document) for key, document in documents.items()]

    def page_read(self, resource: str, left: Pass) -> None:
        """A page of this flow and kind has been read, and `left` is how its pass stands."""
        self.passes[resource] = left
        self.pages += 1
        self.heard(self)
