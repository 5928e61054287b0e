"""Orders: read, patched, acknowledged, noted, cancelled (reference clarity.md 2.8 to 2.10)."""

from sandbox.clarity.calls import Call, Reply, invalid
from sandbox.clarity.edits import apply, new_id, require_only, require_refs, require_text, require_version
from sandbox.clarity.listing import walk
from sandbox.clarity.resources import ORDER, Resource
from sandbox.clarity.site import Site
from sandbox.clarity.status import check_move
from sandbox.clarity.times import to_text
from sandbox.clarity.trail import ACKNOWLEDGEMENT, NOTE

FILTERS = ("status", "orderNumber")
ACKNOWLEDGED_AS = ("accepted", "rejected", "posted")
_WRITABLE = ("status", "externalRefs", "holdReason")


def list_orders(site: Site, call: Call) -> Reply:
    """Orders by change time, by status, or by order number."""
    return walk(site, ORDER, call, FILTERS)


def get_order(site: Site, call: Call) -> Reply:
    """One order."""
    order = _order(site, call)
    return Reply(order.render(), version=order.version)


def patch_order(site: Site, call: Call) -> Reply:
    """Status, external references, hold reason. The present status again changes nothing and sends no mail."""
    order = _order(site, call)
    require_version(call, order)
    require_only(call.body, _WRITABLE)
    require_refs(call.body)
    if "status" in call.body and call.body["status"] != order.body["status"]:
        check_move(order.body["status"], require_text(call.body, "status"))
    return apply(site, order, call.body)


def cancel_order(site: Site, call: Call) -> Reply:
    """Cancels before shipment; a cancelled order again changes nothing."""
    order = _order(site, call)
    require_only(call.body, ("reason",))
    if order.body["status"] == "Cancelled":
        return Reply(order.render(), version=order.version)
    check_move(order.body["status"], "Cancelled")
    return apply(site, order, {"status": "Cancelled", "cancelReason": call.body.get("reason")})


def acknowledge_order(site: Site, call: Call) -> Reply:
    """Keeps the first acknowledgement of each (order, system, state); the same again is answered with it."""
    order = _order(site, call)
    require_only(call.body, ("system", "state", "documentNumber", "reason"))
    system, state = require_text(call.body, "system"), require_text(call.body, "state")
    if state not in ACKNOWLEDGED_AS:
        raise invalid("state", "unknown_value", f"{state!r} is not one of {ACKNOWLEDGED_AS}")
    kept, is_new = site.trail.add(
        order.id, ACKNOWLEDGEMENT, f"{system} {state}", {"orderId": order.id, **call.body}, at=to_text(site.now())
    )
    return Reply(kept, 201 if is_new else 200)


def note_order(site: Site, call: Call) -> Reply:
    """Adds a note for the people at the site."""
    order = _order(site, call)
    require_only(call.body, ("text",))
    note = {"id": new_id("note"), "orderId": order.id, "text": require_text(call.body, "text", 2000)}
    kept, _ = site.trail.add(order.id, NOTE, note["id"], note, at=to_text(site.now()))
    return Reply(kept, 201)


def _order(site: Site, call: Call) -> Resource:
    return site.read(ORDER, call.args["id"])
