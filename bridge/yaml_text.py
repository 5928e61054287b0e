"""YAML as data, read by libyaml where PyYAML was built with it.

Every process of the fleet reads some forty files at its start; PyYAML's own parser takes a third of a second for them.
"""

from typing import Any

import yaml

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load(text: str) -> Any:
    """What the text says, of plain types only; raises `yaml.YAMLError`."""
    return yaml.load(text, Loader=_LOADER)  # noqa: S506  one of the two safe loaders


def compose(text: str) -> yaml.Node | None:
    """The text's nodes with their places; raises as above."""
    root: yaml.Node | None = yaml.compose(text, Loader=_LOADER)
    return root
