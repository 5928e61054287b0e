"""Products to read, the events feed, and the ping (reference clarity.md 2.7 and 2.8)."""

from datetime import timedelta

from sandbox.clarity.calls import Call, Problem, Reply
from sandbox.clarity.listing import DEFAULT_LIMIT, bounded, walk
from sandbox.clarity.resources import PRODUCT
from sandbox.clarity.site import Site
from sandbox.clarity.times import to_text

EVENT_DAYS = 30


def list_products(site: Site, call: Call) -> Reply:
    """Products by change time."""
    return walk(site, PRODUCT, call, ())


def get_product(site: Site, call: Call) -> Reply:
    """One product by its sku."""
    product = site.read(PRODUCT, call.args["sku"])
    return Reply(product.render(), version=product.version)


def list_events(site: Site, call: Call) -> Reply:
    """Events of the last 30 days in order of their sequence, those whose webhook was never sent included."""
    after = call.query.get("after", "0")
    if not (after.isascii() and after.isdigit()):
        raise Problem(400, "bad_cursor", f"after is {after!r}; give the nextCursor of the page before")
    topics = [mask for mask in call.query.get("topics", "").split(",") if mask]
    limit = bounded(call.query, "limit", DEFAULT_LIMIT)
    since = to_text(site.now() - timedelta(days=EVENT_DAYS))
    events, has_more = site.outbox.events(int(after), topics, since=since, limit=limit)
    cursor = str(events[-1]["sequence"]) if events else after
    page = {"nextCursor": cursor, "hasMore": has_more, "limit": limit}
    return Reply({"data": events, "page": page, "asOf": to_text(site.now())})


def ping(site: Site, _call: Call) -> Reply:
    """A sign of life with the site's time."""
    return Reply({"ok": True, "time": to_text(site.now())})
