"""Stock and prices as a writer sends them: one by one, or up to 500 in a batch (reference clarity.md 2.8 and 2.9).

A row belongs to its writer alone, so `If-Match: *` (whatever is there) is as good as an entity tag.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sandbox.clarity.calls import Call, JsonObject, Problem, Reply, invalid
from sandbox.clarity.edits import (
    require_money,
    require_only,
    require_quantity,
    require_text,
    require_time,
    require_version,
)
from sandbox.clarity.listing import walk
from sandbox.clarity.resources import CONTRACT_PRICE, CUSTOMER, LIST_PRICE, PRICE, PRODUCT, STOCK, Resource
from sandbox.clarity.site import Site

BATCH_LIMIT = 500
BASIS = "availableToSell"
FILTERS = ("sku",)
_STOCK_FIELDS = ("sku", "locationCode", "onHand", "available", "incoming", "asOf", "basis")
_PRICE_FIELDS = ("sku", "currency", "list", "sale", "saleFrom", "saleTo", "breaks")


@dataclass(frozen=True)
class _Row:
    """One checked row and the place where it belongs."""

    kind: str
    id: str
    body: JsonObject


def list_stock(site: Site, call: Call) -> Reply:
    """Stock figures by change time, or of one sku."""
    return walk(site, STOCK, call, FILTERS)


def list_prices(site: Site, call: Call) -> Reply:
    """Standard prices by change time, or of one sku."""
    return walk(site, PRICE, call, FILTERS)


def list_price_list(site: Site, call: Call) -> Reply:
    """The prices of one list; a list without prices is empty, since nobody creates lists."""
    return walk(site, LIST_PRICE, call, FILTERS, price_list_of(call))


def list_contract_prices(site: Site, call: Call) -> Reply:
    """The prices of one account."""
    site.read(CUSTOMER, call.args["id"])
    return walk(site, CONTRACT_PRICE, call, FILTERS, customer_of(call))


def price_list_of(call: Call) -> Mapping[str, str]:
    """The price list that the path names, as a filter."""
    return {"priceListCode": call.args["code"]}


def customer_of(call: Call) -> Mapping[str, str]:
    """The account that the path names, as a filter."""
    return {"customerId": call.args["id"]}


def put_stock(site: Site, call: Call) -> Reply:
    """Writes one stock figure; 409 `stale_write` when the site has a newer one."""
    return _put(site, call, _stock_row(site, {**call.body, "sku": call.args["sku"], "locationCode": call.args["code"]}))


def put_price(site: Site, call: Call) -> Reply:
    """Writes the standard price of one sku."""
    return _put(site, call, _price_row(site, {**call.body, "sku": call.args["sku"]}))


def put_list_price(site: Site, call: Call) -> Reply:
    """Writes the price of one sku in one list."""
    sku, code = call.args["sku"], call.args["code"]
    row = _price_row(site, {**call.body, "sku": sku})
    return _put(site, call, _Row(LIST_PRICE, f"{sku}@{code}", {**row.body, **price_list_of(call)}))


def put_contract_price(site: Site, call: Call) -> Reply:
    """Writes the price of one sku for one account."""
    customer = site.read(CUSTOMER, call.args["id"])
    sku = call.args["sku"]
    row = _price_row(site, {**call.body, "sku": sku})
    return _put(site, call, _Row(CONTRACT_PRICE, f"{sku}@@{customer.id}", {**row.body, **customer_of(call)}))


def batch_stock(site: Site, call: Call) -> Reply:
    """Writes many stock figures; one bad row never fails the rest."""
    return _batch(site, call, _stock_row)


def batch_prices(site: Site, call: Call) -> Reply:
    """Writes many standard prices; one bad row never fails the rest."""
    return _batch(site, call, _price_row)


def _put(site: Site, call: Call, row: _Row) -> Reply:
    old = site.resources.find(row.kind, row.id)
    if old is not None:
        require_version(call, old)
    new, _ = _write(site, row, old, at=site.stamp())
    return Reply(new.render(), version=new.version)


def _batch(site: Site, call: Call, checked: Callable[[Site, JsonObject], _Row]) -> Reply:
    rows = call.body.get("items")
    if not isinstance(rows, list) or not 0 < len(rows) <= BATCH_LIMIT or not all(isinstance(row, dict) for row in rows):
        raise invalid("items", "malformed", f"give a list of 1 to {BATCH_LIMIT} objects")
    at = site.stamp()
    return Reply({"results": [{"index": index, **_result(site, row, checked, at)} for index, row in enumerate(rows)]})


def _result(site: Site, body: JsonObject, checked: Callable[[Site, JsonObject], _Row], at: str) -> JsonObject:
    try:
        row = checked(site, body)
        new, is_changed = _write(site, row, site.resources.find(row.kind, row.id), at=at)
    except Problem as problem:
        return {"status": "error", "error": problem.reply().body}
    return {"status": "ok" if is_changed else "unchanged", "id": new.id}


def _write(site: Site, row: _Row, old: Resource | None, *, at: str) -> tuple[Resource, bool]:
    """The figure as it stands then, and whether it is another; fields that are not sent stay as they are."""
    if old is None:
        return site.create(row.kind, row.id, row.body, at=at), True
    if row.kind == STOCK and row.body["asOf"] < old.body["asOf"]:
        raise Problem(409, "stale_write", f"the site has a figure of {old.body['asOf']}, newer than {row.body['asOf']}")
    body = {**old.body, **row.body}
    if body == old.body:
        return old, False
    return site.change(old, body, at=at), True


def _stock_row(site: Site, body: JsonObject) -> _Row:
    require_only(body, _STOCK_FIELDS)
    sku, location = _known_sku(site, body), require_text(body, "locationCode")
    require_quantity(body.get("available"), "available")
    as_of = require_time(body.get("asOf"), "asOf")
    if body.get("basis") != BASIS:
        raise invalid("basis", "required", f"say {BASIS!r}: what may be sold, not what is on hand")
    return _Row(STOCK, f"{sku}@{location}", {**body, "asOf": as_of})


def _price_row(site: Site, body: JsonObject) -> _Row:
    require_only(body, _PRICE_FIELDS)
    sku, currency = _known_sku(site, body), require_text(body, "currency", 3)
    require_money(body.get("list"), "list")
    breaks = body.get("breaks", [])
    if not isinstance(breaks, list) or not all(isinstance(each, dict) for each in breaks):
        raise invalid("breaks", "malformed", "give a list of {minQuantity, unitPrice}")
    for place, each in enumerate(breaks):
        require_quantity(each.get("minQuantity"), f"breaks[{place}].minQuantity")
        require_money(each.get("unitPrice"), f"breaks[{place}].unitPrice")
    if any(part["currency"] != currency for part in (body["list"], *(each["unitPrice"] for each in breaks))):
        raise invalid("currency", "mixed_currencies", f"every amount must be in {currency}")
    return _Row(PRICE, sku, body)


def _known_sku(site: Site, body: JsonObject) -> str:
    sku = require_text(body, "sku")
    product = site.resources.find(PRODUCT, sku)
    if product is None or product.deleted_at:
        raise invalid("sku", "unknown_sku", f"there is no product {sku!r}")
    return sku
