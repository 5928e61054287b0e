"""Source paths such as `ship_to.city` or `lines[].sku`, checked against the types of the documents.

A path starts in the document, or in one of its elements (`lines[]`, in rows that run over them), or in `lane`
(the lane's settings) or `context` (what is known of the record). `.` is the whole document.
"""

import types
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel

from mappings.mapped import MapContext
from mappings.settings import LaneMapping

WHOLE = "."
_ROOTS: Mapping[str, tuple[str, type]] = {"lane": ("lane", LaneMapping), "context": ("run.context", MapContext)}


class NoSuchPath(Exception):
    """The path leads nowhere; the text says where it breaks off and what is there instead."""


@dataclass(frozen=True)
class Path:
    """A path that exists. `expression` reads it in Python; `type` is what is found there when it is not None."""

    text: str
    expression: str
    type: Any
    is_constant: bool = False


def resolve(text: str, source: type, element: tuple[str, type] | None = None) -> Path:
    """The path in a document of type `source`, or in an element such as `("lines", Line)`. Raises `NoSuchPath`."""
    if text == WHOLE:
        return Path(text, "doc", source)
    root, *steps = text.split(".")
    variable, kind = "doc", source
    if root.endswith("[]"):
        if element is None or root != f"{element[0]}[]":
            inside = f"{element[0]}[]" if element else "none"
            raise NoSuchPath(f"{root} is not what these rows run over (that is {inside})")
        variable, kind = "item", element[1]
    elif root in _ROOTS:
        variable, kind = _ROOTS[root]
    else:
        steps = [root, *steps]
    return _walk(text, variable, kind, steps)


def _walk(text: str, expression: str, kind: Any, steps: list[str]) -> Path:
    is_constant = expression == "lane"
    guards: list[str] = []
    for position, step in enumerate(steps):
        known = _fields(kind)
        if step not in known:
            raise NoSuchPath(f"{step!r} is no field of {_name(kind)}; it has {', '.join(sorted(known)) or 'none'}")
        kind, may_be_none = _split(known[step])
        expression = f"{expression}.{step}"
        if may_be_none and position < len(steps) - 1:
            guards.append(f"{expression} is None")
    if guards:
        expression = f"None if {' or '.join(guards)} else {expression}"
    return Path(text, expression, kind, is_constant)


def _fields(kind: Any) -> dict[str, Any]:
    if not isinstance(kind, type):
        return {}
    if issubclass(kind, BaseModel):
        names = set(kind.model_fields)
    elif is_dataclass(kind):
        names = {field.name for field in fields(kind)}
    else:
        return {}
    return {name: hint for name, hint in get_type_hints(kind).items() if name in names}


def _split(hint: Any) -> tuple[Any, bool]:
    """The type without None, and whether None was allowed; a Literal counts as the type of its values."""
    may_be_none = False
    if get_origin(hint) in (Union, types.UnionType):
        kinds = [each for each in get_args(hint) if each is not type(None)]
        may_be_none = len(kinds) < len(get_args(hint))
        hint = kinds[0] if len(kinds) == 1 else hint
    if get_origin(hint) is Literal:
        hint = type(get_args(hint)[0])
    return hint, may_be_none


def _name(kind: Any) -> str:
    return kind.__name__ if isinstance(kind, type) else str(kind)
