"""Turns a site's JSON into our documents: tolerant of what may differ, exact about what must not (clarity.md 2.1).

The fields to read are those of the documents themselves; a profile says where the site keeps each. Totals that do
not add up are not this module's business: a rule further on holds such an order.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar, get_args, get_origin

from pydantic import ValidationError
from pydantic.alias_generators import to_camel

from bridge.documents import Customer, Order
from bridge.documents.base import Document
from bridge.errors import Refused
from bridge.ports.storefront import ReadOrder
from bridge.storefront.clarity.external_refs import texts_of
from bridge.storefront.clarity.jsonpath import dig
from bridge.storefront.clarity.profile import Profile

_NUMBER = re.compile(r"\s*[+-]?[0-9]+(\.[0-9]+)?\s*")
"""Narrower than Decimal, which takes `1_000`, `NaN` and the digits of every script."""

_REFERENCES = "external_refs"
"""The field whose objects at the site are texts of ours."""

D = TypeVar("D", bound=Document)

DEFAULT_SITE = "main"
"""The site of an order that does not name its own."""


class Unreadable(Exception):
    """A value that cannot be understood: where it stands in the site's JSON, and why."""

    def __init__(self, place: str, value: object, why: str) -> None:
        super().__init__(
            f"{place} is {_shown(value)}: {why}; correct it at the site, or the field's path in the profile"
        )
        self.place = place
        self.value = value


def read_order(body: object, profile: Profile, *, site_id: str = DEFAULT_SITE) -> ReadOrder:
    """One order from a parsed body whose numbers are int or Decimal. Never raises; pure.

    A body that cannot be understood gives `order=None` with the problem and the field's path in the site's JSON.
    A tombstone is both: an order with `is_deleted`, and gone.
    `site_id` is taken for a body that names none.
    """
    if not isinstance(body, dict):
        return ReadOrder("", 0, None, None, problem=f"the body is {type(body).__name__}, not an object")
    raw: dict[str, Any] = body
    try:
        order = read_document(Order, raw, profile, site_id=site_id)
    except Unreadable as fault:
        problem, place = str(fault), fault.place
        return ReadOrder(source_id_of(raw, profile), _version(raw, profile), raw, None, problem=problem, field=place)
    return ReadOrder(order.source_id, order.version, raw, order, is_gone=order.is_deleted)


def read_customer(body: object, profile: Profile, *, site_id: str = DEFAULT_SITE) -> Customer:
    """One account; raises `Refused` naming the field and its value when it cannot be understood. Pure."""
    try:
        return read_document(Customer, body, profile, site_id=site_id)
    except Unreadable as fault:
        raise Refused(str(fault), field=fault.place, value=_shown(fault.value), code="unreadable") from None


def read_moment(raw: object, profile: Profile) -> datetime:
    """A time in UTC from RFC 3339 with any offset and 0-7 fraction digits; without an offset it is the site's own.

    A date alone stays that date (midnight UTC). Raises `ValueError`.
    """
    if not isinstance(raw, str):
        raise ValueError("not a time such as 2025-03-01T12:00:00Z")
    if len(raw) == len("2025-03-01"):
        return datetime.combine(date.fromisoformat(raw), datetime.min.time(), UTC)
    moment = datetime.fromisoformat(raw)
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=profile.incremental.zone)
    try:
        return zoned.astimezone(UTC)
    except OverflowError:
        raise ValueError("before the first or after the last day of the calendar") from None


def source_id_of(raw: Mapping[str, Any], profile: Profile) -> str:
    """The order's id as text, empty when it names none; numbers and text are the same. Pure."""
    source_id = dig(raw, profile.naming.path("order", "source_id"))
    return "" if source_id is None else str(source_id)


def _version(raw: dict[str, Any], profile: Profile) -> int:
    version = dig(raw, profile.naming.path("order", "version"))
    return version if isinstance(version, int) else 0


def read_document(cls: type[D], raw: object, profile: Profile, **given: str) -> D:
    """One document of any class; `given` stands for fields that the body does not name. Raises `Unreadable`. Pure."""
    reading = _Reading(profile, dig(raw, profile.naming.path(name_of(cls), "currency")))
    values = {**given, **reading.fields(cls, raw, "")}
    if cls is Order:
        values["is_deleted"] = dig(raw, profile.naming.path("order", "deleted_at")) is not None
    if _REFERENCES in cls.model_fields:
        values[_REFERENCES] = tuple(texts_of(raw, name_of(cls), profile))
    try:
        return cls.model_validate(values)
    except ValidationError as fault:
        error = fault.errors(include_url=False)[0]
        missing = error["type"] == "missing"
        why = "it is required" if missing else error["msg"]
        raise Unreadable(reading.place(cls, error["loc"]), None if missing else error["input"], why) from None


@dataclass(frozen=True)
class _Reading:
    """One pass over one body."""

    profile: Profile
    currency: object

    def fields(self, cls: type[Document], raw: object, place: str) -> dict[str, Any]:
        """Our field names and converted values; a missing value and null are the same, and left out."""
        if not isinstance(raw, dict):
            raise Unreadable(place.rstrip(".") or "body", raw, "an object is expected")
        found = {
            name: (dig(raw, self._path(cls, name)), f"{place}{self._path(cls, name)}")
            for name in cls.model_fields
            if name != _REFERENCES
        }
        return {name: self._value(cls, name, *at) for name, at in found.items() if at[0] is not None}

    def place(self, cls: type[Document], loc: tuple[str | int, ...]) -> str:
        """Our location, such as ("lines", 0, "unit_price"), in the site's own names."""
        place = ""
        for part in loc:
            if isinstance(part, int):
                place += f"[{part}]"
            else:
                place += ("." if place else "") + self._path(cls, part)
                leaf = _leaf(cls, part)
                cls = leaf if issubclass(leaf, Document) else cls
        return place

    def _path(self, cls: type[Document], name: str) -> str:
        return self.profile.naming.path(name_of(cls), name)

    def _value(self, cls: type[Document], name: str, raw: Any, place: str) -> Any:
        if not _is_many(cls, name):
            return self._one(cls, name, raw, place)
        if not isinstance(raw, list):
            raise Unreadable(place, raw, "a list is expected")
        return [self._one(cls, name, each, f"{place}[{index}]") for index, each in enumerate(raw)]

    def _one(self, cls: type[Document], name: str, raw: Any, place: str) -> Any:
        leaf = _leaf(cls, name)
        if issubclass(leaf, Document):
            return self.fields(leaf, raw, f"{place}.")
        if leaf is Decimal:
            return self._amount(raw, place)
        if leaf is datetime:
            return self._moment(raw, place)
        if leaf is str:
            return self.profile.canonical(_enum(cls, name), _text(raw, place))
        return raw

    def _amount(self, raw: Any, place: str) -> Decimal:
        """Money as object, text or number; an object's currency must be the order's."""
        if isinstance(raw, dict):
            currency = raw.get(self.profile.naming.path("money", "currency"))
            if currency is not None and currency != self.currency:
                raise Unreadable(place, currency, f"another currency than the order's, {_shown(self.currency)}")
            raw = raw.get(self.profile.naming.path("money", "amount"))
        if isinstance(raw, int | Decimal) and not isinstance(raw, bool):
            return Decimal(raw)
        if isinstance(raw, str) and _NUMBER.fullmatch(raw):
            return Decimal(raw)
        raise Unreadable(place, raw, "not an exact number such as 129.90")

    def _moment(self, raw: Any, place: str) -> datetime:
        try:
            return read_moment(raw, self.profile)
        except ValueError:
            raise Unreadable(place, raw, "not a time such as 2025-03-01T12:00:00Z") from None


def _text(raw: Any, place: str) -> str:
    if isinstance(raw, str | int | Decimal) and not isinstance(raw, bool):
        return str(raw)
    raise Unreadable(place, raw, "text is expected")


def _shown(value: object) -> str:
    return "missing" if value is None else repr(str(value) if isinstance(value, Decimal) else value)[:80]


@cache
def _leaf(cls: type[Document], name: str) -> type:
    """The innermost type of a field: Decimal of `Amount | None`, Line of `tuple[Line, ...]`."""
    annotation: Any = cls.model_fields[name].annotation
    while args := get_args(annotation):
        annotation = args[0]
    leaf: type = annotation if isinstance(annotation, type) else type(annotation)  # a word of a Literal is text
    return leaf


@cache
def _is_many(cls: type[Document], name: str) -> bool:
    return get_origin(cls.model_fields[name].annotation) is tuple


@cache
def _enum(cls: type[Document], name: str) -> str:
    return f"{name_of(cls)}.{to_camel(name)}"


@cache
def name_of(cls: type[Document]) -> str:
    """The document's name in a profile, such as `priceBreak`. Pure."""
    return cls.__name__[0].lower() + cls.__name__[1:]
