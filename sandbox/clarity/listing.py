"""List calls: keyset walks in order of (updatedAt, id) (reference clarity.md 2.6)."""

from collections.abc import Mapping
from datetime import timedelta

from sandbox.clarity import cursors
from sandbox.clarity.calls import Call, Problem, Reply
from sandbox.clarity.faults import FaultName
from sandbox.clarity.resources import Wanted
from sandbox.clarity.site import Site
from sandbox.clarity.times import from_text, to_text

DEFAULT_LIMIT, MAX_LIMIT = 50, 200
TOMBSTONE_DAYS = 30


def walk(site: Site, kind: str, call: Call, filters: tuple[str, ...], fixed: Mapping[str, str] | None = None) -> Reply:
    """One page, oldest change first. The next page shows whatever was changed meanwhile, never less.

    `filters` are those that the query may name, `fixed` those that the path has set.
    """
    limit = bounded(call.query, "limit", DEFAULT_LIMIT)
    as_of = to_text(site.now())
    wanted = Wanted(
        visible_at=site.visible_at(),
        updated_since=_since(call),
        after=_position(site, call),
        with_deleted=call.query.get("includeDeleted") == "true",
        tombstones_from=tombstones_from(site),
        filters={**{name: call.query[name] for name in filters if name in call.query}, **(fixed or {})},
    )
    found = site.resources.page(kind, wanted, limit=limit + 1)
    rows, has_more = found[:limit], len(found) > limit
    if has_more and site.faults.take(FaultName.ROW_CHANGES, call.method, call.path):
        site.change(rows[0], rows[0].body, at=site.stamp())
    cursor = cursors.make((rows[-1].updated_at, rows[-1].id), key=_key(site), now_s=_now_s(site)) if has_more else None
    page = {"nextCursor": cursor, "hasMore": has_more, "limit": limit}
    return Reply({"data": [row.render() for row in rows], "page": page, "asOf": as_of})


def bounded(query: Mapping[str, str], name: str, default: int, top: int = MAX_LIMIT) -> int:
    """A whole number of the query from 1 to `top`; raises `Problem` 400."""
    text = query.get(name, str(default))
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= top:
        raise Problem(400, "bad_parameter", f"{name} is {text!r}; give a whole number from 1 to {top}")
    return int(text)


def tombstones_from(site: Site) -> str:
    """Deletions before this moment are no longer shown."""
    return to_text(site.now() - timedelta(days=TOMBSTONE_DAYS))


def _since(call: Call) -> str:
    text = call.query.get("updatedSince")
    if text is None:
        return ""
    try:
        return to_text(from_text(text))
    except ValueError as error:
        detail = f"updatedSince is {text!r}; give an RFC 3339 time with its offset"
        raise Problem(400, "bad_parameter", detail) from error


def _position(site: Site, call: Call) -> tuple[str, str]:
    cursor = call.query.get("cursor")
    if cursor is None:
        return "", ""
    if site.faults.take(FaultName.CURSOR_EXPIRED, call.method, call.path):
        raise cursors.expired()
    return cursors.read(cursor, key=_key(site), now_s=_now_s(site))


def _key(site: Site) -> str:
    return f"cursor:{site.settings.client_secret}"


def _now_s(site: Site) -> float:
    return site.now().timestamp()
