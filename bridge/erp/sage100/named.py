"""Functions that a setting names as `module:function`: look-alikes of what Sage installs on Windows."""

import importlib
from typing import Any

from bridge.errors import Misconfigured


def load_named(setting: str, name: str, *, instead: str) -> Any:
    """The function; `instead` is the name that needs none. Raises `Misconfigured` with the way out."""
    module, _, function = name.partition(":")
    try:
        return getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError, ValueError) as missing:
        text = f"{setting} {name!r} cannot be loaded ({missing}); use {instead!r} or module:function"
        raise Misconfigured(text) from missing
