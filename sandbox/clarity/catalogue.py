"""Products, the events feed, and the ping (reference clarity.md 2.7 and 2.8)."""

from datetime import timedelta

from sandbox.clarity.calls import Call, JsonObject, Problem, Reply, invalid
from sandbox.clarity.edits import apply, require_only, require_quantity, require_refs, require_text, require_version
from sandbox.clarity.listing import DEFAULT_LIMIT, bounded, walk
from sandbox.clarity.resources import PRODUCT
from sandbox.clarity.site import Site
from sandbox.clarity.times import to_text

EVENT_DAYS = 30
_WRITABLE = (
    "sku", "name", "description", "uom", "uomConversions", "isActive", "isTaxable", "taxCode", "weight", "barcode",
    "aliases", "kind", "allowBackorder", "externalRefs",
)  # fmt: skip


def list_products(site: Site, call: Call) -> Reply:
    """Products by change time."""
    return walk(site, PRODUCT, call, ())


def get_product(site: Site, call: Call) -> Reply:
    """One product by its sku."""
    product = site.read(PRODUCT, call.args["sku"])
    return Reply(product.render(), version=product.version)


def put_product(site: Site, call: Call) -> Reply:
    """Adds a product, or replaces all fields of one that can be written."""
    body = {**call.body, "sku": call.args["sku"]}
    _check(body)
    require_text(body, "name")
    old = site.resources.find(PRODUCT, body["sku"])
    if old is None or old.deleted_at:
        product = site.create(PRODUCT, body["sku"], body, at=site.stamp())
        return Reply(product.render(), 201, version=product.version)
    require_version(call, old)
    return apply(site, old, {**dict.fromkeys(set(_WRITABLE) & old.body.keys()), "externalRefs": [], **body})


def patch_product(site: Site, call: Call) -> Reply:
    """Changes fields of a product, a shopkeeper's and the ERP's alike; the sku is for good."""
    product = site.read(PRODUCT, call.args["sku"])
    require_version(call, product)
    _check({**call.body, "sku": product.id})
    if call.body.get("sku", product.id) != product.id:
        raise invalid("sku", "read_only", "a product keeps its sku")
    return apply(site, product, call.body)


def _check(body: JsonObject) -> None:
    require_only(body, _WRITABLE)
    require_refs(body)
    require_text(body, "sku", 64)
    for name in ("isActive", "isTaxable", "allowBackorder"):
        if not isinstance(body.get(name, True), bool):
            raise invalid(name, "malformed", f"{body[name]!r} is neither true nor false")
    if body.get("weight") is not None:
        require_quantity(body["weight"], "weight")


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
