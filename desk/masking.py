"""What a person may not read is masked: secrets for everybody, personal data for who may only look. Pure."""

import json
import re
from collections.abc import Mapping
from typing import Any

from desk.settings import Role

MASK = "\N{BULLET}\N{BULLET}\N{BULLET}"
_SECRET = re.compile(r"secret|password|token|signature|apikey|authorization|cardnumber|authcode|cvv|cvc|iban")
_PERSONAL = re.compile(
    r"email|phone|mobile|^fax|street|addressline\d|address\d$|firstname|lastname|fullname|attention|^contact$"
    r"|(shipto|billto|customer|contact|buyer|recipient)name$"
)
_OF_A_PERSON = re.compile(r"^(name|company|line\d|address)$")
_PERSON = re.compile(r"^(customer|buyer|billto|shipto|contact|recipient|\w*address)$")
"""Objects that stand for somebody, in whose fields a name is a person's name."""

_ID = re.compile(r"(id|number|sku|ref|key|code|hash|fingerprint|stamp)$")
"""A long number in such a field is no card's."""

_EMAIL = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
_CARD = re.compile(r"\b\d(?:[ -]?\d){12,18}\b")


def sees_people(role: Role | None) -> bool:
    """Whether the role reads personal data: who mends an order must, who only looks need not."""
    return role is not None and role.may(Role.OPERATE)


def masked(value: Any, role: Role | None, *path: str) -> Any:
    """A document, with what the role may not read replaced by `MASK`. `path` are the names of the fields around it.

    Names of fields are those of storefronts, of our documents and of Sage, whatever their case.
    """
    if isinstance(value, Mapping):
        return {key: masked(inner, role, *path, str(key)) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [masked(inner, role, *path) for inner in value]
    if value in (None, "") or isinstance(value, bool):
        return value
    field = _bare(path[-1]) if path else ""
    if _SECRET.search(field) or (is_personal(path) and not sees_people(role)):
        return MASK
    return _masked_text(value, role, field) if isinstance(value, str) else value


def masked_body(body: bytes, role: Role | None) -> str:
    """A raw event as people read it; one that is no JSON is shown only to who may read personal data."""
    try:
        return json.dumps(masked(json.loads(body), role), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        if sees_people(role):
            return _masked_text(body.decode(errors="replace"), role, "")
        return f"{MASK} ({len(body)} bytes that are no JSON)"


def masked_way(way: dict[str, Any], role: Role | None) -> dict[str, Any]:
    """A record's way. The value at fault is masked like its field, wherever the reasons repeat it."""
    shown: dict[str, Any] = masked(way, role)
    value, field = way["record"].get("reason_value"), way["record"].get("reason_field") or ""
    if value and is_personal(field.split(".")) and not sees_people(role):
        told: dict[str, Any] = _without(shown, value)
        return told
    return shown


def is_personal(path: tuple[str, ...] | list[str]) -> bool:
    """Whether a field, by its name and that of the object around it, says something of a person."""
    names = [_bare(name) for name in path]
    if not names:
        return False
    of_a_person = len(names) > 1 and _PERSON.search(names[-2]) and _OF_A_PERSON.search(names[-1])
    return bool(of_a_person or _PERSONAL.search(names[-1]))


def _bare(name: str) -> str:
    """`shipTo`, `ship_to`, `ShipTo` and `ship_to[0]` are one name."""
    return re.sub(r"\[\d+\]|[_\-\s]", "", name).lower()


def _masked_text(text: str, role: Role | None, field: str) -> str:
    if not _ID.search(field):
        text = _CARD.sub(_card, text)
    return text if sees_people(role) else _EMAIL.sub(MASK, text)


def _card(found: re.Match[str]) -> str:
    """Only what passes the check digit of cards (ISO/IEC 7812, Luhn)."""
    digits = [int(letter) for letter in found[0] if letter.isdigit()]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return MASK if (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0 else found[0]


def _without(value: Any, secret: str) -> Any:
    if isinstance(value, Mapping):
        return {key: _without(inner, secret) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without(inner, secret) for inner in value]
    return value.replace(secret, MASK) if isinstance(value, str) else value
