"""What a reader can read of Sage 100: the facts are in `readable.yaml` beside this file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from bridge import yaml_text
from bridge.erp.sage100.company import BusKind
from bridge.erp.sage100.dictionary import ColumnType

_FILE = Path(__file__).with_name("readable.yaml")


@dataclass(frozen=True)
class Part:
    """What hangs on a record under the beginning of its key, such as an order's lines: its object and its columns."""

    kind: BusKind
    columns: Mapping[str, ColumnType]


@dataclass(frozen=True)
class Readable:
    """One kind: its object, the widths of its key's columns in their order, what its columns hold, and its parts.

    `may_end_blank` says that the last parts of a key may be blank.
    """

    kind: BusKind
    key: Mapping[str, int]
    columns: Mapping[str, ColumnType]
    parts: Mapping[str, Part] = field(default_factory=dict)
    may_end_blank: bool = False

    def padded(self, values: tuple[str, ...]) -> str:
        """A key, or the beginning of one, as it stands in Sage's file."""
        return "".join(value.ljust(width) for value, width in zip(values, self.key.values(), strict=False))


@cache
def readables() -> Mapping[str, Readable]:
    """Every kind, by its name."""
    raw = yaml_text.load(_FILE.read_text(encoding="utf-8"))
    parts = {name: Part(_kind(facts), _columns(facts)) for name, facts in raw["parts"].items()}
    return {name: _readable(facts, parts) for name, facts in raw["kinds"].items()}


def _readable(facts: dict[str, Any], parts: Mapping[str, Part]) -> Readable:
    own = {name: parts[part] for name, part in facts.get("parts", {}).items()}
    may_end_blank = facts.get("may_end_blank", False)
    return Readable(_kind(facts), facts["key"], _columns(facts), own, may_end_blank)


def _kind(facts: dict[str, Any]) -> BusKind:
    return BusKind(facts["module"], facts["task"], facts["object"])


def _columns(facts: dict[str, Any]) -> dict[str, ColumnType]:
    return {name: type_ for type_ in ColumnType for name in facts.get(type_.value, ())}
