"""Finds the value that a site has refused, in what was sent to it. Pure."""

from typing import Any

from bridge.errors import Refused
from bridge.storefront.clarity.jsonpath import dig


def value_at(body: Any, field: str | None) -> str | None:
    """The value at the field that the site names, however it spells capitals; None when there is none."""
    value = dig(_lowered(body), field.lower()) if field else None
    return None if value is None else str(value)[:200]


def with_value(refusal: Refused, body: Any) -> Refused:
    """The same refusal with the value that was sent."""
    value = refusal.value or value_at(body, refusal.field)
    return Refused(str(refusal), field=refusal.field, value=value, code=refusal.code)


def _lowered(value: Any) -> Any:
    if isinstance(value, dict):
        return {name.lower(): _lowered(part) for name, part in value.items()}
    return [_lowered(part) for part in value] if isinstance(value, list) else value
