"""Loads a profile from YAML, with `extends`, and says exactly what is wrong with a file."""

import json
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from bridge import yaml_text
from bridge.errors import Misconfigured
from bridge.storefront.clarity.profile import Profile

_SHIPPED = resources.files(__package__) / "profiles"
_DEEPEST = 5


def shipped_profiles() -> list[str]:
    """The names that `load_profile` knows without a file."""
    return sorted(each.name.removesuffix(".yaml") for each in _SHIPPED.iterdir() if each.name.endswith(".yaml"))


def load_profile(name_or_path: str) -> Profile:
    """A shipped profile by name, or a file of a site's own, which may `extends:` another and override keys of it.

    Raises `Misconfigured` naming file, key, value and remedy. The same call again reads the file again.
    """
    merged = _load(name_or_path, Path())
    try:
        # through JSON, where a strict model still takes lists for tuples
        return Profile.model_validate_json(json.dumps(merged, default=str))
    except ValidationError as fault:
        raise Misconfigured(_explain(name_or_path, fault)) from None


def _load(name: str, folder: Path, depth: int = 1) -> dict[str, Any]:
    if depth > _DEEPEST:
        raise Misconfigured(f"{name}: extends: more than {_DEEPEST} files deep; does a file extend itself?")
    own = _parse(name, folder)
    base = own.pop("extends", None)
    if base is None:
        return own
    return _merged(_load(str(base), (folder / name).parent, depth + 1), own)


def _parse(name: str, folder: Path) -> dict[str, Any]:
    try:
        parsed = yaml_text.load(_text(name, folder))
    except yaml.YAMLError as fault:
        raise Misconfigured(f"{name}: not YAML: {fault}; correct the file") from fault
    if not isinstance(parsed, dict):
        raise Misconfigured(f"{name}: holds {type(parsed).__name__}; a profile is a mapping of keys to values")
    return parsed


def _text(name: str, folder: Path) -> str:
    if name in shipped_profiles():
        return (_SHIPPED / f"{name}.yaml").read_text("utf-8")
    try:
        return (folder / name).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        known = ", ".join(shipped_profiles())
        raise Misconfigured(f"profile {name!r}: {fault}; name a file or one of: {known}") from fault


def _merged(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    both = {key: _merged(base[key], own[key]) for key in base.keys() & own.keys() if _are_mappings(base[key], own[key])}
    return {**base, **own, **both}


def _are_mappings(*values: Any) -> bool:
    return all(isinstance(value, dict) for value in values)


def _explain(name: str, fault: ValidationError) -> str:
    return "\n".join(_line(name, error) for error in fault.errors(include_url=False))


def _line(name: str, error: Any) -> str:
    place = ".".join(str(part) for part in error["loc"])
    if error["type"] == "missing":
        return f"{name}: {place}: is missing; give it, or begin the file with `extends: clarity-v1`"
    if error["type"] == "extra_forbidden":
        return f"{name}: {place}: {error['input']!r}: no such key; remove it or correct its spelling"
    return f"{name}: {place}: {error['input']!r}: {error['msg']}; correct the value"
