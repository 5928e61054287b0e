"""Fills ids and codes into a profile's paths, and lets none of them become part of the path itself. Pure."""

import re
from urllib.parse import quote

from bridge.errors import Refused

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LONGEST = 64


def with_id(path: str, source_id: str) -> str:
    """`path` with its `{id}` filled in; raises `Refused` for an id that the contract does not know (2.1)."""
    if not _ID.fullmatch(source_id):
        text = f"id {source_id[:80]!r} is not 1 to 64 letters, digits, _ or -; correct it at its source"
        raise Refused(text, field="id", value=source_id[:80], code="bad_id")
    return path.replace("{id}", source_id)


def with_code(path: str, name: str, code: str) -> str:
    """`path` with its `{name}` (such as sku) filled in, escaped; raises `Refused` for what no path can carry."""
    if not 0 < len(code) <= _LONGEST or not code.isprintable() or code in {".", ".."}:
        text = f"{name} {code[:80]!r} is not 1 to {_LONGEST} printable characters; correct it at its source"
        raise Refused(text, field=name, value=code[:80], code="bad_id")
    return path.replace(f"{{{name}}}", quote(code, safe=""))
