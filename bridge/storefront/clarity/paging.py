"""Walks a list of changed rows without skipping one, whatever changes meanwhile (reference clarity.md 2.6).

Both walks rely on the order (change time, id): a row that changes during the walk moves to the end.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bridge.errors import Misconfigured, Refused, TryLater
from bridge.storefront.clarity.classify import Answer, site_clock
from bridge.storefront.clarity.client import ClarityClient
from bridge.storefront.clarity.jsonpath import dig
from bridge.storefront.clarity.profile import Profile
from bridge.storefront.clarity.reader import read_moment


@dataclass(frozen=True)
class RawPage:
    """Rows of one answer. `as_of` is the site's clock at the first answer of the walk, the same on every page."""

    rows: tuple[dict[str, Any], ...]
    as_of: datetime | None
    is_last: bool


def walk(
    client: ClarityClient,
    profile: Profile,
    path: str,
    since: datetime | None,
    query: Mapping[str, str] | None = None,
) -> Iterator[RawPage]:
    """Every row changed since `since` (inclusive; None means all) that `query` asks for. Rows may repeat.

    Raises as `ClarityClient.get`.
    """
    steps = _by_cursor if profile.paging.mode == "cursor" else _by_number
    return steps(_Lister(client, profile, path, query or {}), since)


@dataclass(frozen=True)
class _Lister:
    """One list of one site."""

    client: ClarityClient
    profile: Profile
    path: str
    query: Mapping[str, str]

    def page(self, since: datetime | None, **position: str) -> Answer:
        """One answer of the list call; `position` is a cursor or a page number under the profile's name for it."""
        params = self.profile.paging.params
        asked = {**self.query, **params.always, params.size: str(self.profile.limits.page_size)}
        if since is not None:
            asked[self.profile.incremental.param] = self.profile.incremental.spell(since)
        return self.client.get(self.path, {**asked, **{getattr(params, name): at for name, at in position.items()}})

    def rows(self, answer: Answer) -> tuple[dict[str, Any], ...]:
        """The rows of an answer; raises `Misconfigured` when the profile looks for them in the wrong place."""
        found = dig(answer.body, self.profile.paging.response.items)
        if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
            raise self._misplaced("items", "a list of objects")
        return tuple(found)

    def total_pages(self, answer: Answer) -> int:
        """How many pages the list has now."""
        found = dig(answer.body, self.profile.paging.response.total_pages)
        if not isinstance(found, int):
            raise self._misplaced("totalPages", "a whole number")
        return found

    def as_of(self, answer: Answer) -> datetime | None:
        """The site's clock at this answer: as it says, or else by its Date header."""
        try:
            return read_moment(dig(answer.body, self.profile.paging.response.as_of), self.profile)
        except ValueError:
            return site_clock(answer.headers)

    def last_change(self, rows: tuple[dict[str, Any], ...]) -> datetime | None:
        """The change time of the last row that tells one."""
        place = self.profile.naming.path("order", "updated_at")
        for row in reversed(rows):
            try:
                return read_moment(dig(row, place), self.profile)
            except ValueError:
                continue
        return None

    def _misplaced(self, key: str, wanted: str) -> Misconfigured:
        path = getattr(self.profile.paging.response, "total_pages" if key == "totalPages" else key)
        place = f"profile {self.profile.name}: paging.response.{key}: {path!r}"
        return Misconfigured(f"{place}: {self.path} answers without {wanted} there; correct the path")


def _by_cursor(lister: _Lister, since: datetime | None) -> Iterator[RawPage]:
    """Follows cursors; one that has expired is replaced by the change time of the last row seen."""
    answer, used = lister.page(since), None
    as_of = lister.as_of(answer)
    while True:
        rows = lister.rows(answer)
        cursor = dig(answer.body, lister.profile.paging.response.next)
        yield RawPage(rows, as_of, is_last=not cursor)
        if not cursor:
            return
        if cursor == used:
            raise TryLater(f"{lister.path}: the site gives the same cursor again, so the walk cannot go on")
        try:
            answer, used = lister.page(since, cursor=str(cursor)), cursor
        except Refused as refusal:
            since = _resume_at(lister, rows, since, refusal)
            answer, used = lister.page(since), None


def _resume_at(
    lister: _Lister, rows: tuple[dict[str, Any], ...], since: datetime | None, refusal: Refused
) -> datetime | None:
    """Where to start again after an expired cursor; raises when that is where this start was, or for anything else."""
    if refusal.code != "cursor_expired":
        raise refusal
    resume_at = lister.last_change(rows) or since
    if resume_at == since:
        raise TryLater(f"{lister.path}: the site's cursors expire before they can be used") from refusal
    return resume_at


def _by_number(lister: _Lister, since: datetime | None) -> Iterator[RawPage]:
    """Reads from the last page to the first.

    A row that changes leaves its place and moves to the end, so that those behind it come one place nearer to the
    first page. Forwards, one of them would slip past the reader; backwards, it is at worst read twice. What moved is
    newer than `as_of` and belongs to the next walk.
    """
    first = lister.page(since, page="1")
    as_of, pages = lister.as_of(first), lister.total_pages(first)
    for number in range(pages, 1, -1):
        yield RawPage(lister.rows(lister.page(since, page=str(number))), as_of, is_last=False)
    nearest = lister.page(since, page="1") if pages > 1 else first
    yield RawPage(lister.rows(nearest), as_of, is_last=True)
