"""Versioned resources (orders, customers, prices ...): every committed change is a new version with a new time."""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sandbox.clarity.calls import JsonObject, Problem

ORDER, CUSTOMER, PRODUCT = "order", "customer", "product"
STOCK, PRICE, LIST_PRICE, CONTRACT_PRICE = "inventory", "price", "listPrice", "contractPrice"
SHIPMENT, INVOICE, PAYMENT = "shipment", "invoice", "payment"
_NATURAL_KEYS = {ORDER: "orderNumber", CUSTOMER: "accountNumber", PRODUCT: "sku"}

_FILTERS = {
    "status": "json_extract(body, '$.status') = ?",
    "orderNumber": "natural_key = ?",
    "sku": "json_extract(body, '$.sku') = ?",
    "orderId": "json_extract(body, '$.orderId') = ?",
    "customerId": "json_extract(body, '$.customerId') = ?",
    "priceListCode": "json_extract(body, '$.priceListCode') = ?",
    "email": "EXISTS (SELECT 1 FROM json_each(body, '$.contacts') "
    "WHERE lower(json_extract(value, '$.email')) = lower(?))",
    "externalRef": "EXISTS (SELECT 1 FROM json_each(body, '$.externalRefs') "
    "WHERE ? IN (json_extract(value, '$.id'), json_extract(value, '$.system') || ':' || json_extract(value, '$.id')))",
}


@dataclass(frozen=True)
class Resource:
    """One resource at one version. `number` is the integer key under which `clarity-minimal` knows it."""

    kind: str
    number: int
    id: str
    version: int
    created_at: str
    updated_at: str
    deleted_at: str | None
    body: JsonObject

    def render(self) -> JsonObject:
        """The resource as the contract shows it (reference clarity.md 2.1)."""
        return {
            **self.body,
            "id": self.id,
            "version": self.version,
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
            "deletedAt": self.deleted_at,
        }


@dataclass(frozen=True)
class Wanted:
    """What a list call asks for. `after` is the position (updatedAt, id) to continue behind.

    `visible_at` hides rows that are not readable yet; tombstones older than `tombstones_from` are gone for good.
    """

    visible_at: str
    updated_since: str = ""
    after: tuple[str, str] = ("", "")
    with_deleted: bool = False
    tombstones_from: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)


class Resources:
    """The table of resources. Writes belong into a transaction of the store."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def insert(self, kind: str, resource_id: str, body: JsonObject, *, at: str, visible_at: str) -> Resource:
        """Version 1, readable from `visible_at` on; raises `Problem` 409 when the id or the natural key is taken."""
        key = body.get(_NATURAL_KEYS.get(kind, ""))
        with _unique(kind, key, resource_id):
            self._db.execute(
                "INSERT INTO resource (kind, id, natural_key, version, created_at, updated_at, visible_at, body) "
                "VALUES (?, ?, ?, 1, ?, ?, ?, ?)",
                (kind, resource_id, key, at, at, visible_at, _dump(body)),
            )
        return self.get(kind, resource_id, visible_at=visible_at)

    def change(self, old: Resource, body: JsonObject, *, at: str, deleted_at: str | None = None) -> Resource:
        """The next version of `old`; raises `Problem` 409 `duplicate` when a new natural key is taken."""
        key = body.get(_NATURAL_KEYS.get(old.kind, ""))
        with _unique(old.kind, key, old.id):
            self._db.execute(
                "UPDATE resource SET version = version + 1, updated_at = ?, deleted_at = ?, natural_key = ?, body = ? "
                "WHERE number = ?",
                (at, deleted_at, key, _dump(body), old.number),
            )
        return self._one("number = ?", old.number)

    def get(self, kind: str, resource_id: str, *, visible_at: str) -> Resource:
        """The latest version, tombstones included; raises `Problem` 404."""
        found = self.find(kind, resource_id, visible_at=visible_at)
        if found is None:
            raise Problem(404, "not_found", f"{kind} {resource_id!r} is not known")
        return found

    def find(self, kind: str, resource_id: str, *, visible_at: str = "9999") -> Resource | None:
        """The latest version or None."""
        row = self._db.execute(
            "SELECT * FROM resource WHERE kind = ? AND id = ? AND visible_at <= ?", (kind, resource_id, visible_at)
        ).fetchone()
        return _resource(row) if row else None

    def id_of(self, kind: str, number: int) -> str | None:
        """The id behind the integer key."""
        row = self._db.execute("SELECT id FROM resource WHERE kind = ? AND number = ?", (kind, number)).fetchone()
        return row["id"] if row else None

    def page(self, kind: str, wanted: Wanted, *, limit: int, offset: int = 0) -> list[Resource]:
        """Up to `limit` resources in order of (updatedAt, id)."""
        where, values = _where(kind, wanted)
        rows = self._db.execute(
            f"SELECT * FROM resource WHERE {where} ORDER BY updated_at, id LIMIT ? OFFSET ?",  # noqa: S608 - our own text
            (*values, limit, offset),
        )
        return [_resource(row) for row in rows]

    def count(self, kind: str, wanted: Wanted) -> int:
        """How many resources a list call would show on all its pages."""
        where, values = _where(kind, wanted)
        found: int = self._db.execute(f"SELECT count(*) FROM resource WHERE {where}", values).fetchone()[0]  # noqa: S608
        return found

    def all(self, kind: str) -> list[Resource]:
        """Every resource of a kind by age, tombstones and hidden ones included."""
        rows = self._db.execute("SELECT * FROM resource WHERE kind = ? ORDER BY number", (kind,))
        return [_resource(row) for row in rows]

    def _one(self, where: str, value: object) -> Resource:
        return _resource(self._db.execute(f"SELECT * FROM resource WHERE {where}", (value,)).fetchone())  # noqa: S608


@contextmanager
def _unique(kind: str, key: object, resource_id: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.IntegrityError as error:
        taken = f"{_NATURAL_KEYS.get(kind, 'key')} {key!r} or id {resource_id!r}"
        raise Problem(409, "duplicate", f"{kind}: {taken} is taken") from error


def _where(kind: str, wanted: Wanted) -> tuple[str, Sequence[Any]]:
    clauses = ["kind = ?", "visible_at <= ?", "updated_at >= ?", "(updated_at, id) > (?, ?)"]
    values: list[Any] = [kind, wanted.visible_at, wanted.updated_since, *wanted.after]
    clauses.append("(deleted_at IS NULL OR (? AND deleted_at > ?))")
    values += [wanted.with_deleted, wanted.tombstones_from]
    for name, value in wanted.filters.items():
        clauses.append(_FILTERS[name])
        values.append(value)
    return " AND ".join(clauses), values


def _resource(row: sqlite3.Row) -> Resource:
    names = ("kind", "number", "id", "version", "created_at", "updated_at", "deleted_at")
    return Resource(**{name: row[name] for name in names}, body=json.loads(row["body"]))


def _dump(body: JsonObject) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))
