"""References to the ERP's documents: a text of ours, an object of system, type and id at the site (clarity.md 2.1)."""

from collections.abc import Iterator
from typing import Any

from bridge.errors import Refused
from bridge.storefront.clarity.jsonpath import dig
from bridge.storefront.clarity.profile import Profile


def external_ref(text: str, kind: str, profile: Profile) -> dict[str, str]:
    """`sage100:ABC/0000123` as the site writes it; raises `Refused` for a text without its lane. Pure."""
    system, _, number = text.rpartition("/")
    if not system or not number:
        problem = f"external_ref {text!r} has no lane; give lane and number, such as sage100:ABC/0000123"
        raise Refused(problem, field="external_ref", value=text)
    parts = {"system": system, "type": kind, "id": number}
    return {profile.naming.path("externalRef", name): value for name, value in parts.items()}


def as_filter(text: str) -> str:
    """`sage100:ABC/0000123` as a list call's filter takes it, `sage100:ABC:0000123`. Pure."""
    system, _, number = text.rpartition("/")
    return f"{system}:{number}"


def texts_of(raw: Any, document: str, profile: Profile) -> Iterator[str]:
    """Our texts of the references that a thing of the site carries; what is no reference is left out. Pure."""
    rows = dig(raw, profile.naming.path(document, "external_refs"))
    for each in rows if isinstance(rows, list) else []:
        system, number = (dig(each, profile.naming.path("externalRef", name)) for name in ("system", "id"))
        if system and number:
            yield f"{system}/{number}"
