"""What Sage 100 takes in each column, by version; the facts are in `dictionary.yaml` beside this file."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from bridge import yaml_text
from bridge.errors import Misconfigured

_FILE = Path(__file__).with_name("dictionary.yaml")
_UDF = "UDF_"


class ColumnType(StrEnum):
    """What kind of value a column holds. A date is text of the form YYYYMMDD, a flag is Y or N."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    FLAG = "flag"


@dataclass(frozen=True)
class Column:
    """One column of one table in one version of Sage 100.

    `width` counts characters; for a number all places, one of them the sign, with `scale` after the point
    (reference sage100.md 1.1.3). `filled_by` says what fills a required column that is left alone.
    """

    table: str
    name: str
    type: ColumnType
    width: int | None = None
    scale: int = 0
    is_key: bool = False
    is_read_only: bool = False
    is_required: bool = False
    filled_by: str | None = None
    values: frozenset[str] = frozenset()

    @property
    def whole_digits(self) -> int | None:
        """Digits before the point that a number may have; None where the reference gives no width."""
        return None if self.width is None else self.width - self.scale - 1


@dataclass(frozen=True)
class Table:
    """One table: its columns by name, and those that must be set first, in this order."""

    name: str
    first: tuple[str, ...]
    columns: Mapping[str, Column]


@dataclass(frozen=True)
class SageDictionary:
    """The tables that we write, as one version of Sage 100 (or one installation of it) has them."""

    version: str
    tables: Mapping[str, Table]

    @classmethod
    def load(cls, version: str, widths: Mapping[str, int] | None = None) -> "SageDictionary":
        """The dictionary of one of the known versions, with an installation's own widths laid over it.

        `widths` maps `Table.Column` to the width read from the installation (reference sage100.md 2.1). A `UDF_`
        column that is not listed is added as text of that width: sites make these themselves. Raises `Misconfigured`.
        """
        raw = _raw()
        if version not in raw["versions"]:
            raise Misconfigured(f"Sage 100 version {version!r} is not known; take one of {', '.join(raw['versions'])}")
        position = raw["versions"].index(version)
        reader = _Reader(raw["versions"][: position + 1], raw["versions"][position:])
        tables = {name: reader.table(name, entry) for name, entry in raw["tables"].items()}
        for place, width in (widths or {}).items():
            _override(tables, place, width)
        return cls(version, MappingProxyType(tables))

    def table(self, name: str) -> Table:
        """The table of that name; raises `Misconfigured` when it is not one that we write."""
        if name not in self.tables:
            raise Misconfigured(f"table {name!r} is not in the Sage 100 dictionary; it has {', '.join(self.tables)}")
        return self.tables[name]


@cache
def _raw() -> Any:
    return yaml_text.load(_FILE.read_text(encoding="utf-8"))


class _Reader:
    """Reads entries as of one version: `until_now` are the versions up to it, `from_now` those from it on."""

    def __init__(self, until_now: list[str], from_now: list[str]) -> None:
        self._until_now = until_now
        self._from_now = from_now

    def table(self, name: str, entry: Mapping[str, Any]) -> Table:
        columns = {
            column: self._column(name, column, facts)
            for column, facts in entry["columns"].items()
            if self._is_present(facts)
        }
        return Table(name, tuple(entry["first"]), MappingProxyType(columns))

    def _is_present(self, facts: Mapping[str, Any]) -> bool:
        since, until = facts.get("since"), facts.get("until")
        return (since is None or since in self._until_now) and (until is None or until in self._from_now)

    def _column(self, table: str, name: str, facts: Mapping[str, Any]) -> Column:
        kind = ColumnType(facts["type"])
        width = {ColumnType.FLAG: 1, ColumnType.DATE: 8}.get(kind, facts.get("width"))
        if isinstance(width, dict):
            width = next(width[known] for known in reversed(self._until_now) if known in width)
        return Column(
            table=table,
            name=name,
            type=kind,
            width=width,
            scale=facts.get("scale", 0),
            is_key=facts.get("key", False),
            is_read_only=facts.get("read_only", False),
            is_required=facts.get("required", False),
            filled_by=facts.get("filled_by"),
            values=frozenset("YN" if kind is ColumnType.FLAG else facts.get("values", ())),
        )


def _override(tables: dict[str, Table], place: str, width: int) -> None:
    table_name, _, name = place.partition(".")
    table = tables.get(table_name)
    column = table.columns.get(name) if table else None
    if table is None or not (column or name.startswith(_UDF)):
        raise Misconfigured(f"width of {place!r}: no such column; write Table.Column, or Table.UDF_NAME for your own")
    if column and column.type is not ColumnType.TEXT:
        raise Misconfigured(f"width of {place!r}: only text columns have widths of their own, this is a {column.type}")
    if width < 1:
        raise Misconfigured(f"width of {place!r}: {width} is not a width; give the number of characters")
    fitted = replace(column, width=width) if column else Column(table_name, name, ColumnType.TEXT, width)
    tables[table_name] = replace(table, columns=MappingProxyType({**table.columns, name: fitted}))
