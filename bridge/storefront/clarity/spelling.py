"""Writes our documents as a site's JSON: the other way round of `reader`, by the same profile. Pure."""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic.alias_generators import to_camel

from bridge.documents.base import Document
from bridge.storefront.clarity.profile import Profile
from bridge.storefront.clarity.reader import name_of

_MONEY = frozenset(
    {"priceFigure.listPrice", "priceBreak.unitPrice", "customerTerms.creditLimit"}
    | {"invoiceLine.unitPrice", "invoiceLine.extended", "receipt.amount"}
    | {f"invoice.{name}" for name in ("items", "shipping", "tax", "discounts", "total", "balanceDue")}
)
"""The exact numbers that are money; all others are quantities."""

_MINOR_UNITS = {"JPY": 0, "KRW": 0, "BHD": 3, "JOD": 3, "KWD": 3, "OMR": 3, "TND": 3}
"""Decimals of a currency (ISO 4217) where they are not two."""


def spell(
    document: Document, profile: Profile, *, fields: Collection[str] | None = None, currency: str | None = None
) -> dict[str, Any]:
    """The document (or these fields of it) as the site writes it; null where a field has no value.

    Its money is in its own currency, or else in `currency`; without either it is a bare number, written as text.
    """
    name, currency = name_of(type(document)), getattr(document, "currency", currency)
    body: dict[str, Any] = {}
    for field in type(document).model_fields if fields is None else fields:
        value = _value(f"{name}.{to_camel(field)}", getattr(document, field), profile, currency)
        _plant(body, profile.naming.path(name, field), value)
    return body


def whole_milliseconds(moment: datetime) -> datetime:
    """`moment` as a site keeps it (reference clarity.md 2.1)."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _value(place: str, value: Any, profile: Profile, currency: str | None) -> Any:
    if isinstance(value, Document):
        return spell(value, profile, currency=currency)
    if isinstance(value, tuple):
        return [_value(place, each, profile, currency) for each in value]
    if isinstance(value, Decimal):
        return _money(value, profile, currency) if place in _MONEY and currency else f"{value:f}"
    if isinstance(value, datetime):
        return whole_milliseconds(value).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return profile.site_word(place, value) if isinstance(value, str) else value


def _money(value: Decimal, profile: Profile, currency: str) -> dict[str, str]:
    """The currency's decimals, or more where the value has more, as a unit price may."""
    least = _MINOR_UNITS.get(currency, 2)
    bare = value.normalize()
    exponent = bare.as_tuple().exponent
    digits = max(least, -exponent if isinstance(exponent, int) else 0)
    parts = {"amount": f"{bare:.{digits}f}", "currency": currency}
    return {profile.naming.path("money", name): part for name, part in parts.items()}


def _plant(body: dict[str, Any], path: str, value: Any) -> None:
    """Puts a value at a path such as `totals.items`; the path of a list's part is a name of its own here."""
    *steps, last = path.split(".")
    for step in steps:
        body = body.setdefault(step, {})
    body[last] = value
