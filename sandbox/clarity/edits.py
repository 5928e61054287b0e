"""What writes have in common: the version they were made for, and which fields they may set."""

import secrets
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any

from sandbox.clarity.calls import Call, JsonObject, Problem, Reply, invalid
from sandbox.clarity.resources import Resource
from sandbox.clarity.site import Site
from sandbox.clarity.times import from_text, to_text


def etag(version: int) -> str:
    """The entity tag of a version."""
    return f'"v{version}"'


def require_version(call: Call, resource: Resource) -> None:
    """Raises `Problem` 428 when the write names no version, 412 when it names an old one (reference clarity.md 2.5)."""
    if call.if_match is None:
        raise Problem(428, "precondition_required", "send If-Match with the entity tag that you have read")
    if call.if_match not in {"*", etag(resource.version)}:
        raise Problem(412, "version_mismatch", f"the present version is {resource.version}, not {call.if_match}")


def require_only(body: JsonObject, allowed: Iterable[str]) -> None:
    """Raises `Problem` 422 for a field that cannot be written."""
    for name in body:
        if name not in allowed:
            raise invalid(name, "read_only", f"only {sorted(allowed)} can be written")


def require_text(body: JsonObject, name: str, limit: int = 200) -> str:
    """A text that must be there; raises `Problem` 422."""
    value = body.get(name)
    if not isinstance(value, str) or not 0 < len(value.strip()) <= limit:
        raise invalid(name, "required", f"give a text of 1 to {limit} characters")
    return value


def require_quantity(value: Any, place: str) -> Decimal:
    """An exact number, as text, that is not negative; raises `Problem` 422."""
    amount = _decimal(value)
    if amount is None or amount < 0:
        raise invalid(place, "malformed", f"{value!r} is not a number of 0 or more, written as text")
    return amount


def require_money(value: Any, place: str) -> Decimal:
    """The amount of a money object; raises `Problem` 422."""
    amount = _decimal(value.get("amount")) if isinstance(value, dict) else None
    if amount is None or not isinstance(value.get("currency"), str):
        raise invalid(place, "malformed", 'give money as {"amount":"129.90","currency":"USD"}')
    return amount


def require_time(value: Any, place: str) -> str:
    """A time as the site keeps it; raises `Problem` 422."""
    try:
        return to_text(from_text(value))
    except (TypeError, ValueError):
        raise invalid(place, "malformed", f"{value!r} is not an RFC 3339 time with its offset") from None


def require_refs(body: JsonObject) -> None:
    """External references, when given, are objects of system, type and id; raises `Problem` 422."""
    refs = body.get("externalRefs", [])
    if not isinstance(refs, list) or not all(isinstance(ref, dict) and _is_ref(ref) for ref in refs):
        raise invalid("externalRefs", "malformed", "give a list of {system, type, id}, all of them texts")


def apply(site: Site, resource: Resource, changes: JsonObject) -> Reply:
    """Writes the changed fields; changes that change nothing leave the version as it is."""
    body = {**resource.body, **changes}
    new = resource if body == resource.body else site.change(resource, body, at=site.stamp())
    return Reply(new.render(), version=new.version)


def new_id(prefix: str) -> str:
    """A fresh opaque id."""
    return f"{prefix}_{secrets.token_hex(8)}"


def _decimal(value: Any) -> Decimal | None:
    try:
        amount = Decimal(value) if isinstance(value, str) else None
    except InvalidOperation:
        return None
    return amount if amount is not None and amount.is_finite() else None


def _is_ref(ref: JsonObject) -> bool:
    return set(ref) == {"system", "type", "id"} and all(isinstance(text, str) and text for text in ref.values())
