"""What a person may mend of an order at rest, and what could be suggested for the field at fault."""

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from bridge.documents import Order
from bridge.errors import Refused
from bridge.ledger.amendments import Amendment, keep_amendment
from bridge.ledger.likely import item_facts, known_items, likely_customers
from bridge.ledger.moves import Step, hold, journal
from bridge.ledger.rows import Record
from bridge.states import NEEDS_PERSON
from bridge.writing.mapped import Mapped
from mappings.amending import AMENDABLE, SKU, Corrections, amendment_of, corrections_of, laid_over, value_at
from mappings.customers import customer_query
from mappings.mapped import MapContext, Run
from mappings.order_lines import ordered_lines
from mappings.rehearsing import order_in
from mappings.settling import Settling
from mappings.suggesting import LIMIT, KnownCustomer, Suggestion, likely, nearest, shortened

ACCOUNT = "customer.account_number"
_COLUMNS = {
    "ShipVia": "shipping_method.code", "CustomerPONo": "purchase_order_number", "EmailAddress": "customer.email",
    "CustomerNo": ACCOUNT, "customer": ACCOUNT, "customer.accountNumber": ACCOUNT, "accountNumber": ACCOUNT,
}  # fmt: skip
"""Fields of an order by what reasons call them: the ERP's columns, and the customer in whatever words."""

_ITEM_CODE = "ItemCode"
_INDEX = re.compile(r"\[[0-9]+\]")
_WHOLE = frozenset({"purchase_order_number", "customer.email", "shipping_method.code", "lines[].uom"})
"""Texts of which a part means something else, or nothing."""


@dataclass(frozen=True)
class Remedy:
    """What could be suggested for the field at fault, or in words why nothing is.

    `path` is the order's field, and `value` what its storefront says there; both are None when no field can be told.
    """

    path: str | None
    value: str | None
    suggestions: tuple[Suggestion, ...] = ()
    why_none: str | None = None


def amend(
    connection: Connection, record_id: int, change: tuple[str, str], *, by: str, why: str, now: datetime
) -> Amendment:
    """Keeps a person's value for a field: `change` is the path, such as `lines[0].sku`, with the value.

    The journal says who amended what and why, and not the value, which may be personal. It holds from the next mapping
    on: replay the record. Raises `Refused` for a record that does not wait for a person, for a field that cannot be
    amended, and without a reason; `KeyError` for an unknown record.
    """
    record = hold(connection, record_id)
    if record.state not in NEEDS_PERSON:
        text = f"record {record.id} is {record.state}; only an order in REVIEW or DEAD can be amended"
        raise Refused(text, field="state", value=record.state.value)
    made = keep_amendment(connection, amendment_of(order_in(record), record.id, *change), by=by, why=why, now=now)
    journal(connection, record, Step(record.state, f"{change[0]} amended: {why}", by), now, {})
    return made


def at_fault(order: Order, record: Record) -> str | None:
    """The order's field that the record's reason speaks of, as a path; None when none can be told. Pure."""
    named, value = record.reason_field or "", record.reason_value or ""
    if _INDEX.sub("[]", named) in AMENDABLE:
        return named
    if named == _ITEM_CODE:
        place = _line_of(order, record, value)
        return None if place is None else f"lines[{place}].sku"
    return ACCOUNT if record.reason_code == "customer missing" else _COLUMNS.get(named)


def suggest(settling: Settling, connection: Connection, record: Record) -> Remedy:
    """What may mend the record. Changes nothing, and asks nobody but the ledger.

    Raises `Refused` for a record without a readable order.
    """
    told = order_in(record)
    corrections = corrections_of(connection, record, told)
    order, path = laid_over(told, corrections).order, at_fault(told, record)
    if path is None:
        named = f"{record.reason_field}, which is no" if record.reason_field else "no"
        return Remedy(None, None, why_none=f"the reason names {named} field of the order that can be amended")
    value, name = value_at(order, path), _INDEX.sub("[]", path)
    if name == SKU:
        return _items(connection, record, path, value or "")
    if name == ACCOUNT:
        return _customers(connection, record, order, value)
    if name in _WHOLE:
        return Remedy(path, value, why_none=f"{path} means something else once it is changed: ask the buyer")
    return _texts(settling, record, order, corrections.context, path)


def _items(connection: Connection, record: Record, path: str, sku: str) -> Remedy:
    known = known_items(connection, record)
    if not known:
        return Remedy(path, sku, why_none="no item of the ERP was read yet, so none can be compared")
    found = nearest(sku, known)
    facts = item_facts(connection, record, [each.value for each in found])
    sold = tuple(each for each in found if each.value not in facts or facts[each.value].is_active)
    if sold:
        return Remedy(path, sku, sold)
    text = f"none of the {len(known)} items that were read from the ERP and are active has a name like {sku!r}"
    return Remedy(path, sku, why_none=text)


def _customers(connection: Connection, record: Record, order: Order, value: str | None) -> Remedy:
    buyer = customer_query(order, record.id)
    found = likely_customers(connection, record, email=buyer.email, postal_code=buyer.postal_code)
    suggestions = likely(order, [KnownCustomer(number, customer) for number, customer in found])
    if suggestions:
        return Remedy(ACCOUNT, value, tuple(suggestions[:LIMIT]))
    text = "no customer in the ledger has the buyer's e-mail address, or his name with his postal code"
    return Remedy(ACCOUNT, value, why_none=text)


def _texts(settling: Settling, record: Record, order: Order, context: MapContext, path: str) -> Remedy:
    value = value_at(order, path)
    if not value or _is_taken(settling, order, context, path):
        return Remedy(path, value, why_none=f"{path} maps as it stands, so nothing is to be shortened")

    def fits(text: str) -> bool:
        wish = amendment_of(order, record.id, path, text)
        wished = laid_over(order, Corrections().amended_by(wish, "", record.updated_at)).order
        return _is_taken(settling, wished, context, path)

    text = shortened(value, fits)
    if text is None:
        return Remedy(path, value, why_none=f"no beginning of {path} fits; a person must spell it in other words")
    return Remedy(path, value, (Suggestion(text, f"is as much of it as fits ({len(text)} characters)"),))


def _is_taken(settling: Settling, order: Order, context: MapContext, path: str) -> bool:
    """Whether the mapping has nothing against this field, whatever it says of others."""
    try:
        settling.mapping.map_order(order, context)
    except Refused as refused:
        return refused.field != path
    return True


def _line_of(order: Order, record: Record, item: str) -> int | None:
    """The place of the first line that was sent as this item, or whose SKU it is."""
    mapped = Mapped.from_json(record.mapped).lines if record.mapped else ()
    try:
        ordered = ordered_lines(order, Run(MapContext("")))
    except Refused:
        return None
    for (place, line), columns in zip(ordered, mapped or ({},) * len(ordered), strict=False):
        if item.casefold() in {str(columns.get(_ITEM_CODE, "")).casefold(), line.sku.casefold()}:
            return place
    return None
