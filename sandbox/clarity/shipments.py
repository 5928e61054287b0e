"""Shipments: what went out of an order, and what that does to the order (reference clarity.md 1.3, 2.8 to 2.10)."""

from decimal import Decimal

from sandbox.clarity.calls import Call, JsonObject, Problem, Reply, invalid
from sandbox.clarity.edits import (
    apply,
    new_id,
    require_only,
    require_quantity,
    require_refs,
    require_text,
    require_time,
    require_version,
)
from sandbox.clarity.listing import walk
from sandbox.clarity.resources import ORDER, SHIPMENT, Resource
from sandbox.clarity.site import Site
from sandbox.clarity.status import check_move
from sandbox.clarity.trail import MAIL

FILTERS = ("orderId", "externalRef")
_CHANGEABLE = (
    "shippedAt", "carrierCode", "carrierName", "serviceCode", "trackingNumbers", "locationCode", "externalRefs",
)  # fmt: skip
_WRITABLE = (*_CHANGEABLE, "orderId", "lines", "notifyCustomer")


def list_shipments(site: Site, call: Call) -> Reply:
    """Shipments by change time, of an order, or by an external reference."""
    return walk(site, SHIPMENT, call, FILTERS)


def get_shipment(site: Site, call: Call) -> Reply:
    """One shipment."""
    shipment = site.read(SHIPMENT, call.args["id"])
    return Reply(shipment.render(), version=shipment.version)


def create_shipment(site: Site, call: Call) -> Reply:
    """Keeps the shipment, moves the order, and mails the shopper once if asked to; each call is another shipment."""
    _check(call.body, _WRITABLE)
    require_time(call.body.get("shippedAt"), "shippedAt")
    order = _order(site, call.body)
    lines = _shipped_lines(order, call.body.get("lines"))
    at = site.stamp()
    shipment = site.create(SHIPMENT, new_id("shp"), dict(call.body), at=at)
    site.change(order, _after(order, lines), at=at, mails=False)
    if call.body.get("notifyCustomer") is True:
        site.trail.add(order.id, MAIL, shipment.id, {"shipmentId": shipment.id}, at=at)
    return Reply(shipment.render(), 201, version=shipment.version)


def patch_shipment(site: Site, call: Call) -> Reply:
    """Changes how it travels, never what is in it; sends no mail."""
    shipment = site.read(SHIPMENT, call.args["id"])
    require_version(call, shipment)
    _check(call.body, _CHANGEABLE)
    return apply(site, shipment, call.body)


def _check(body: JsonObject, allowed: tuple[str, ...]) -> None:
    require_only(body, allowed)
    require_refs(body)
    numbers = body.get("trackingNumbers", [])
    if not isinstance(numbers, list) or not all(isinstance(number, str) for number in numbers):
        raise invalid("trackingNumbers", "malformed", "give a list of texts")
    if "shippedAt" in body:
        body["shippedAt"] = require_time(body["shippedAt"], "shippedAt")


def _order(site: Site, body: JsonObject) -> Resource:
    order_id = require_text(body, "orderId")
    order = site.resources.find(ORDER, order_id)
    if order is None or order.deleted_at:
        raise invalid("orderId", "unknown_order", f"there is no order {order_id!r}")
    return order


def _shipped_lines(order: Resource, rows: object) -> list[JsonObject]:
    """The order's lines with what is shipped now; raises `Problem` 422 for an unknown line or too much."""
    if not isinstance(rows, list) or not rows:
        raise invalid("lines", "required", "give at least one {orderLineId, quantity}")
    lines = {str(line["id"]): dict(line) for line in order.body["lines"]}
    for place, row in enumerate(rows):
        line = lines.get(str(row.get("orderLineId")))
        if line is None:
            text = f"order {order.id} has no line {row.get('orderLineId')!r}"
            raise invalid(f"lines[{place}].orderLineId", "unknown_line", text)
        shipped = require_quantity(row.get("quantity"), f"lines[{place}].quantity") + _number(line, "quantityShipped")
        if shipped > _due(line):
            text = f"{shipped} would be shipped of {_due(line)} ordered"
            raise invalid(f"lines[{place}].quantity", "exceeds_ordered", text)
        line["quantityShipped"] = f"{shipped:f}"
    return list(lines.values())


def _after(order: Resource, lines: list[JsonObject]) -> JsonObject:
    """The order once these lines have gone out; raises `Problem` 422 when its status forbids it."""
    is_whole = all(_number(line, "quantityShipped") >= _due(line) for line in lines)
    present, wanted = order.body["status"], "Shipped" if is_whole else "PartiallyShipped"
    if present in {"Completed", "Cancelled", "Void"}:
        raise Problem(422, "illegal_transition", f"status: a {present} order is not shipped")
    if present not in {wanted, "Shipped"}:
        # who ships a confirmed order has been processing it
        check_move("Processing" if present == "Confirmed" else present, wanted)
    status = present if present == "Shipped" else wanted
    fulfilment = "fulfilled" if is_whole else "partial"
    return {**order.body, "lines": lines, "status": status, "fulfilmentStatus": fulfilment}


def _due(line: JsonObject) -> Decimal:
    return _number(line, "quantity") - _number(line, "quantityCancelled")


def _number(line: JsonObject, name: str) -> Decimal:
    return Decimal(str(line.get(name) or 0))
