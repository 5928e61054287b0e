"""What a reader can read of Sage 100: the facts are in `readable.yaml` beside this file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bridge.erp.sage100.company import BusKind
from bridge.erp.sage100.dictionary import ColumnType

_FILE = Path(__file__).with_name("readable.yaml")


@dataclass(frozen=True)
class Readable:
    """One kind: its object, the widths of its key's columns in their order, and what its columns hold."""

    kind: BusKind
    key: Mapping[str, int]
    columns: Mapping[str, ColumnType]
    parts: Mapping[str, BusKind] = field(default_factory=dict)

    def padded(self, values: tuple[str, ...]) -> str:
        """A key, or the beginning of one, as it stands in Sage's file."""
        return "".join(value.ljust(width) for value, width in zip(values, self.key.values(), strict=False))


@cache
def readables() -> Mapping[str, Readable]:
    """Every kind, by its name."""
    raw = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    places = {**raw.get("parts", {}), **raw["kinds"]}
    return {name: _readable(facts, places) for name, facts in raw["kinds"].items()}


def _readable(facts: dict[str, Any], places: Mapping[str, dict[str, Any]]) -> Readable:
    columns = {name: type_ for type_ in ColumnType for name in facts.get(type_.value, ())}
    parts = {name: _bus_kind(places[name]) for name in facts.get("parts", ())}
    return Readable(_bus_kind(facts), facts["key"], columns, parts)


def _bus_kind(facts: dict[str, Any]) -> BusKind:
    return BusKind(facts["module"], facts["task"], facts["object"])
