"""A dry run: what an ERP would get of an order before and after somebody mends it, and what speaks against it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest

from sqlalchemy import Connection

from bridge.documents import Order
from bridge.errors import Refused
from bridge.ledger.amendments import NewAmendment
from bridge.ledger.likely import item_facts, known_items
from bridge.ledger.rows import Record
from bridge.ports.erp import ORDER
from bridge.rules import Release, check_currency, check_totals, release
from bridge.writing.mapped import Columns
from mappings.amending import Corrections, corrections_of, laid_over
from mappings.mapped import Mapped
from mappings.settling import Settling

_OURS = "/"
"""How items of our own for charges begin; no storefront is shown them."""


@dataclass(frozen=True)
class Wish:
    """What somebody would like to mend: a field of the order, or the ERP's `item` for a `sku`."""

    amendment: NewAmendment | None = None
    sku: str = ""
    item: str = ""


@dataclass(frozen=True)
class Difference:
    """One column that would be another. `place` is `header` or a line, counted from 1; None is no value."""

    place: str
    column: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Rehearsal:
    """What would come of it: differences by column, remarks of the mapping, and what speaks against the write.

    `refused_before` and `refused` say why the order cannot be mapped, without the wish and with it.
    """

    differences: tuple[Difference, ...]
    remarks: tuple[str, ...]
    refused_before: str | None
    refused: str | None
    objections: tuple[str, ...]


def rehearse(
    settling: Settling, connection: Connection, record: Record, wish: Wish, *, by: str, now: datetime
) -> Rehearsal:
    """Maps the order as the storefront told it last, without the wish and with it. Changes nothing.

    Raises `Refused` for a record without a readable order.
    """
    order = order_in(record)
    present = corrections_of(connection, record, order)
    wished = _with(present, wish, record, (by, now))
    before, refused_before = _mapped(settling, order, present)
    after, refused = _mapped(settling, order, wished)
    remarks = (*laid_over(order, wished).remarks, *(after.notes if after else ()))
    objections = [*_by_rule(settling, order), *(_unknown_items(connection, record, after) if after else ())]
    return Rehearsal(tuple(_differences(before, after)), remarks, refused_before, refused, tuple(objections))


def order_in(record: Record) -> Order:
    """The order as its storefront told it last. Raises `Refused` for a record that has none."""
    if record.document != ORDER or record.content is None:
        text = f"record {record.id} ({record.document}) has no order that was read; mend it where it came from"
        raise Refused(text, field="document", value=record.document)
    return Order.model_validate_json(record.content)


def _with(present: Corrections, wish: Wish, record: Record, made: tuple[str, datetime]) -> Corrections:
    if wish.amendment:
        present = present.amended_by(wish.amendment, *made)
    return present.named_by(record.lane, (wish.sku, wish.item), *made) if wish.sku else present


def _mapped(settling: Settling, order: Order, corrections: Corrections) -> tuple[Mapped | None, str | None]:
    amended = laid_over(order, corrections)
    try:
        return settling.mapping.map_order(amended.order, amended.context), None
    except Refused as refused:
        return None, str(refused)


def _by_rule(settling: Settling, order: Order) -> Iterator[str]:
    """What keeps the order from being written whatever is amended, by the lane's rules."""
    if release(order, settling.rules) is not Release.RELEASE:
        yield f"status {order.status}, payment {order.payment_status or 'unknown'}: not released by the storefront"
    objection = check_currency(order, settling.rules) or check_totals(order)
    if objection:
        yield objection.text


def _unknown_items(connection: Connection, record: Record, made: Mapped) -> Iterator[str]:
    """Items that the ERP was not heard to have, or that it no longer sells; nothing where no item was read yet."""
    codes = [str(line["ItemCode"]) for line in made.lines if not str(line["ItemCode"]).startswith(_OURS)]
    facts = item_facts(connection, record, codes)
    is_read = bool(facts) or bool(known_items(connection, record))
    for code in dict.fromkeys(codes) if is_read else ():
        if code not in facts:
            yield f"{code} is none of the items that were read from the ERP"
        elif not facts[code].is_active:
            yield f"{code} is inactive in the ERP"


def _differences(before: Mapped | None, after: Mapped | None) -> Iterator[Difference]:
    nothing: Columns = {}
    places: list[tuple[str, Columns, Columns]] = [
        ("header", before.header if before else nothing, after.header if after else nothing)
    ]
    lines = zip_longest(before.lines if before else (), after.lines if after else (), fillvalue=nothing)
    places += [(f"line {place}", *pair) for place, pair in enumerate(lines, 1)]
    for place, old, new in places:
        for column in dict.fromkeys((*old, *new)):
            one, other = _text(old, column), _text(new, column)
            if one != other:
                yield Difference(place, column, one, other)


def _text(columns: Columns, column: str) -> str | None:
    value = columns.get(column)
    return None if value is None else f"{value}"
