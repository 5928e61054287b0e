"""What people amended, laid over an order before it is mapped. Money, quantities and ids stay the storefront's."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection

from bridge.documents import Address, Order
from bridge.errors import Refused
from bridge.ledger.aliases import Alias, aliases_of
from bridge.ledger.amendments import Amendment, NewAmendment, amendments_of, standing
from bridge.ledger.rows import Record
from bridge.writing.mapped import CUSTOMER_PLACEHOLDER
from mappings.mapped import MapContext

SKU = "lines[].sku"
_ADDRESSES = frozenset(f"{side}.{part}" for side in ("bill_to", "ship_to") for part in Address.model_fields)
AMENDABLE = _ADDRESSES | {
    SKU, "lines[].uom", "customer.account_number", "customer.name", "customer.email",
    "purchase_order_number", "shipping_method.code", "comments",
}  # fmt: skip
"""The fields of an order that a person may amend."""

_LINE = re.compile(r"lines\[([0-9]{1,6})\]\.(\w+)")


@dataclass(frozen=True)
class Corrections:
    """What is known better than the order says: amendments of its fields, and its lane's aliases by SKU."""

    amendments: tuple[Amendment, ...] = ()
    aliases: Mapping[str, Alias] = field(default_factory=dict)

    @property
    def context(self) -> MapContext:
        """What a mapping is told besides the order, whose customer's number comes later."""
        return MapContext(CUSTOMER_PLACEHOLDER, {sku: alias.item for sku, alias in self.aliases.items()})

    def amended_by(self, wish: NewAmendment, by: str, now: datetime) -> "Corrections":
        """These with one amendment more, in the place of another of the same field; nothing is kept of it."""
        others = (each for each in self.amendments if (each.field, each.element) != (wish.field, wish.element))
        made = Amendment(0, wish.record_id, wish.field, wish.element, wish.was, wish.value, by, "", now)
        return replace(self, amendments=(*others, made))

    def named_by(self, lane: str, pair: tuple[str, str], by: str, now: datetime) -> "Corrections":
        """These with one alias more, a SKU with its item; nothing is kept of it."""
        sku = pair[0].strip().casefold()
        return replace(self, aliases={**self.aliases, sku: Alias(0, lane, sku, pair[1].strip(), by, "", now)})


@dataclass(frozen=True)
class Amended:
    """An order as the storefront `told` it, and as people want it written, with what its mapping is told besides.

    `overtaken` are amendments whose field says something else by now, each with what it says.
    """

    told: Order
    order: Order
    context: MapContext
    remarks: tuple[str, ...] = ()
    overtaken: tuple[tuple[Amendment, str | None], ...] = ()


def corrections_of(connection: Connection, record: Record, *orders: Order) -> Corrections:
    """What the ledger has to correct in a record's order, in whichever of these versions of it."""
    amendments = amendments_of(connection, record.id)
    skus = {sku for order in orders for sku in _skus_of(order, amendments)}
    return Corrections(amendments, aliases_of(connection, record.lane, skus))


def laid_over(order: Order, corrections: Corrections) -> Amended:
    """The order as people want it written. Pure; the same again gives the same.

    An amendment counts only where the storefront still says what it said when it was made.
    """
    told: dict[str, Any] = order.model_dump()
    remarks: list[str] = []
    overtaken: list[tuple[Amendment, str | None]] = []
    for amendment in standing(corrections.amendments):
        place = _element(told, amendment)
        present = None if place is None else place.get(_leaf(amendment.field))
        if place is None or present != amendment.was:
            overtaken.append((amendment, present))
            remarks.append(
                f"{_named(order, amendment)}: the storefront's own change goes before that of {amendment.by}"
            )
            continue
        place[_leaf(amendment.field)] = amendment.value
        remarks.append(f"{_named(order, amendment)} amended by {amendment.by}")
    made = Order.model_validate(told) if remarks else order
    remarks += _renamed(made, corrections)
    return Amended(order, made, corrections.context, tuple(remarks), tuple(overtaken))


def amendment_of(order: Order, record_id: int, path: str, value: str) -> NewAmendment:
    """A person's wish as an amendment; an empty value empties the field. Pure.

    `path` is written as reasons name it, such as `lines[2].sku`, lines counted from 0. Raises `Refused` for a field
    that the order has not, or that is the storefront's alone, and for a value that cannot stand there.
    """
    line = _LINE.fullmatch(path)
    name = f"lines[].{line[2]}" if line else path
    if name not in AMENDABLE:
        text = f"{path} cannot be amended; these can: {', '.join(sorted(AMENDABLE))} (lines as lines[0].sku)"
        raise Refused(text, field="field", value=path)
    if line and int(line[1]) >= len(order.lines):
        text = f"{path}: the order has {len(order.lines)} lines, counted from 0"
        raise Refused(text, field="field", value=path)
    element = order.lines[int(line[1])].id if line else None
    text = " ".join(value.split())
    if not text and name == SKU:
        raise Refused(f"{path} cannot be empty; name an item", field=path, value=value)
    wish = NewAmendment(record_id, name, element, value_at(order, path), text or None)
    _check(order, wish)
    return wish


def value_at(order: Order, path: str) -> str | None:
    """What stands at a path that can be amended; None for nothing. Raises `Refused` for a line that is not there."""
    line = _LINE.fullmatch(path)
    if line:
        if int(line[1]) >= len(order.lines):
            raise Refused(f"{path}: the order has {len(order.lines)} lines, counted from 0", field="field", value=path)
        found: str | None = getattr(order.lines[int(line[1])], line[2], None)
        return found
    parent, _, leaf = path.rpartition(".")
    return getattr(getattr(order, parent) if parent else order, leaf, None)


def path_of(order: Order, amendment: Amendment) -> str:
    """The amendment's field as reasons name it, with the present place of its line, or that the line is gone."""
    places = {line.id: place for place, line in enumerate(order.lines)}
    place = places.get(amendment.element or "", "gone")
    return amendment.field.replace("[]", f"[{place}]")


def _skus_of(order: Order, amendments: Sequence[Amendment]) -> set[str]:
    """Every SKU that may stand in the order once it is amended: those for which an alias may be needed."""
    amended = {each.value for each in standing(amendments) if each.field == SKU and each.value}
    return {line.sku for line in order.lines} | amended


def _check(order: Order, wish: NewAmendment) -> None:
    told: dict[str, Any] = order.model_dump()
    place = _element(told, wish)
    if place is not None:
        place[_leaf(wish.field)] = wish.value
    try:
        Order.model_validate(told)
    except ValidationError as wrong:
        first = wrong.errors()[0]["msg"]
        raise Refused(f"{wish.field} cannot be {wish.value!r}: {first}", field=wish.field, value=wish.value) from None


def _element(told: dict[str, Any], amendment: Amendment | NewAmendment) -> dict[str, Any] | None:
    """The part of the order that has the field; None when it is no longer there."""
    if amendment.element is not None:
        return next((line for line in told["lines"] if line["id"] == amendment.element), None)
    parent = amendment.field.rpartition(".")[0]
    if not parent:
        return told
    if told[parent] is None:
        told[parent] = {}
    found: dict[str, Any] = told[parent]
    return found


def _leaf(name: str) -> str:
    return name.rpartition(".")[2]


def _named(order: Order, amendment: Amendment) -> str:
    return path_of(order, amendment) if amendment.element else amendment.field


def _renamed(order: Order, corrections: Corrections) -> tuple[str, ...]:
    """Which aliases the order's lines use, each once."""
    used = dict.fromkeys(line.sku.casefold() for line in order.lines)
    found = (corrections.aliases[sku] for sku in used if sku in corrections.aliases)
    return tuple(f"{each.sku!r} is {each.item} by an alias of {each.by}" for each in found)
