"""Names that people gave to a lane's items: from a storefront's SKU to the ERP's item, for later orders too."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, insert, select, update

from bridge.errors import Refused
from bridge.ledger import schema_mending as schema
from bridge.ledger.store import Database

_SKU_WIDTH = 128
_ITEM_WIDTH = 64


@dataclass(frozen=True)
class Alias:
    """One name of an item in one lane. `sku` is in small letters: names are the same in whatever case."""

    id: int
    lane: str
    sku: str
    item: str
    by: str
    why: str
    at: datetime
    removed_at: datetime | None = None
    removed_by: str | None = None
    removed_why: str | None = None


def add_alias(connection: Connection, lane: str, pair: tuple[str, str], *, by: str, why: str, now: datetime) -> Alias:
    """Names an item: `pair` is the SKU with the ERP's item. The same pair again gives the alias that is there.

    Raises `Refused` without a reason, for an empty or too long name, and for a SKU that means another item already.
    """
    sku, item = _name("sku", pair[0].casefold(), _SKU_WIDTH), _name("item", pair[1], _ITEM_WIDTH)
    if not why.strip():
        raise Refused("an alias needs a reason: say why", field="why", value=why)
    known = aliases_of(connection, lane, [sku]).get(sku)
    if known and known.item == item:
        return known
    if known:
        text = f"{sku!r} is {known.item} in {lane} already ({known.by}: {known.why}); remove that alias first"
        raise Refused(text, field="sku", value=sku)
    values = {"lane": lane, "sku": sku, "item": item, "by": by, "why": why, "at": now}
    return _alias(connection.execute(insert(schema.item_alias).values(values).returning(schema.item_alias)).one())


def remove_alias(connection: Connection, lane: str, sku: str, *, by: str, why: str, now: datetime) -> Alias:
    """Takes a name away, for orders that are mapped from now on. Raises `Refused` without a reason or an alias."""
    if not why.strip():
        raise Refused("removing an alias needs a reason: say why", field="why", value=why)
    columns, name = schema.item_alias.c, sku.strip().casefold()
    mine = (columns.lane == lane) & (columns.sku == name) & columns.removed_at.is_(None)
    gone = update(schema.item_alias).where(mine).values(removed_at=now, removed_by=by, removed_why=why)
    row = connection.execute(gone.returning(schema.item_alias)).one_or_none()
    if row is None:
        text = f"{lane} has no alias for {sku!r}; `tidegate alias list` shows those that there are"
        raise Refused(text, field="sku", value=sku)
    return _alias(row)


def aliases_of(connection: Connection, lane: str, skus: Collection[str]) -> dict[str, Alias]:
    """The aliases of these SKUs of a lane, by the SKU in small letters; SKUs without one are absent."""
    columns = schema.item_alias.c
    names = sorted({sku.casefold() for sku in skus})
    mine = (columns.lane == lane) & columns.sku.in_(names) & columns.removed_at.is_(None)
    return {row.sku: _alias(row) for row in connection.execute(select(schema.item_alias).where(mine))}


def aliases(database: Database, lane: str | None = None) -> list[Alias]:
    """Every alias that holds, of one lane or of all, by lane and SKU."""
    columns = schema.item_alias.c
    wanted = [columns.removed_at.is_(None), *([columns.lane == lane] if lane else [])]
    with database.read() as connection:
        rows = connection.execute(select(schema.item_alias).where(*wanted).order_by(columns.lane, columns.sku))
        return [_alias(row) for row in rows]


def _name(field: str, given: str, width: int) -> str:
    name = given.strip()
    if not name or len(name) > width or not name.isprintable():
        raise Refused(f"{field} is {given!r}: give 1 to {width} printable letters", field=field, value=given)
    return name


def _alias(row: Row[tuple[object, ...]]) -> Alias:
    return Alias(**row._mapping)
