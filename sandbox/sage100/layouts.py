"""Which columns a table has, how wide they are, and how rows and keys are made of them (reference 2.1 and 2.2-2.10)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache

from sandbox.sage100.layout_tables import ADDRESS_BLOCK, COLUMNS, KEYS
from sandbox.sage100.options import Options

Cell = str | Decimal
Row = dict[str, Cell]
"""One record: column names without the `$`; text as str, numbers as exact Decimal."""

_RELEASES = ("4.40", "2018", "2023", "2025", "2026")


@dataclass(frozen=True)
class Column:
    """One column. `kind` is C (text), D (date) or N (number); `width` counts characters, for numbers with the sign."""

    name: str
    kind: str
    width: int
    decimals: int = 0
    read_only: bool = False
    upper: bool = False
    valid: tuple[str, ...] = ()
    file: str | None = None
    optional: bool = False
    """Whether a part of the key may be blank."""

    @property
    def com_name(self) -> str:
        """The name that COM callers use: text columns end in `$`."""
        return self.name if self.kind == "N" else f"{self.name}$"

    @property
    def blank(self) -> Cell:
        """What an unset column reads as."""
        return Decimal(0) if self.kind == "N" else ""


@dataclass(frozen=True)
class Layout:
    """One table's key and columns, for one installation."""

    table: str
    key: tuple[Column, ...]
    columns: Mapping[str, Column] = field(repr=False)

    def find(self, com_name: str) -> Column | None:
        """The column of this COM name, in any case of letters; None if the table has none."""
        return self.columns.get(com_name.lower())

    @property
    def is_stamped(self) -> bool:
        """Whether its rows carry audit stamps (reference 2.1)."""
        return self.find("DateUpdated$") is not None

    def fitting(self, row: Mapping[str, Cell]) -> Row:
        """The part of a row that this table has columns for; what a row keeps on its way here from another table."""
        return {column.name: row[column.name] for column in self.columns.values() if column.name in row}

    def prefix(self, *parts: str) -> str:
        """What every key begins with whose first parts are these."""
        return "".join(text.ljust(part.width) for text, part in zip(parts, self.key, strict=False))

    def key_of(self, row: Mapping[str, Cell]) -> str:
        """The record's key: its parts padded to their widths, as in Sage's own files."""
        return "".join(str(row.get(part.name, "")).ljust(part.width) for part in self.key).rstrip()

    def key_parts(self, key: str) -> Row:
        """A key string cut into its parts; the reverse of `key_of`."""
        parts: Row = {}
        for part in self.key:
            text, key = key[: part.width].rstrip(), key[part.width :]
            parts[part.name] = text.upper() if part.upper else text
        return parts

    def to_row(self, values: Mapping[str, object]) -> Row:
        """A row of plain values by column name. Raises ValueError naming an unknown column or a bad number."""
        row: Row = {}
        for name, value in values.items():
            column = self.find(name.rstrip("$")) or self.find(f"{name}$")
            if column is None:
                raise ValueError(f"{self.table} has no column {name!r}; declare a UDF in the option `udfs`")
            row[column.name] = _number(column, value) if column.kind == "N" else _text(column, value)
        return row


def _text(column: Column, value: object) -> str:
    return str(value).upper() if column.upper else str(value)


def _number(column: Column, value: object) -> Decimal:
    try:
        return rounded(Decimal(str(value)), column.decimals)
    except InvalidOperation as error:
        raise ValueError(f"{column.name}: {value!r} is not a number") from error


def rounded(value: Decimal, decimals: int) -> Decimal:
    """`value` to so many places, halves away from zero, as Sage rounds amounts."""
    return value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def is_date(text: str) -> bool:
    """Whether `text` is a day as Sage writes it, YYYYMMDD."""
    try:
        return len(text) == 8 and bool(datetime.strptime(text, "%Y%m%d"))  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return False


def layout(table: str, options: Options) -> Layout:
    """The table's layout in an installation with these options: its release, invoice width and UDFs."""
    declared = dict(options.udfs.get(table, {}))
    if options.carry_udfs and ("Invoice" in table or "History" in table) and "Header" in table:
        declared = {**options.udfs.get("SO_SalesOrderHeader", {}), **declared}
    expanded = options.expanded_invoice_no and options.version >= "2025"
    return _layout(
        table,
        options.version,
        20 if expanded else 7,
        tuple((name.rstrip("$"), width) for name, width in declared.items()),
    )


@lru_cache(maxsize=256)
def _layout(table: str, version: str, invoice_width: int, udfs: tuple[tuple[str, int], ...]) -> Layout:
    tokens = [*KEYS[table].split(), *COLUMNS[table].split(), *(f"{name}:C{width}" for name, width in udfs)]
    expanded: list[str] = []
    for token in tokens:
        expanded += ADDRESS_BLOCK.format(token[1:]).split() if token.startswith("%") else [token]
    parsed = [column for token in expanded if (column := _column(token, version, invoice_width))]
    key = tuple(replace(column, read_only=True) for column in parsed[: len(KEYS[table].split())])
    return Layout(table, key, {column.com_name.lower(): column for column in (*parsed, *key)})


def _column(token: str, version: str, invoice_width: int) -> Column | None:
    """One token of `layout_tables` read for one release; None if that release has no such column."""
    name, _, spec = token.partition(":")
    kind, *marks = spec.split(",")
    release = _RELEASES.index(version)
    valid: tuple[str, ...] = ("Y", "N") if kind == "YN" else ()
    file = None
    for mark in marks:
        if mark.startswith("since") and release < _RELEASES.index(mark.removeprefix("since")):
            return None
        if mark.startswith("="):
            valid = tuple(mark[1:].split("/"))
        if mark.startswith("@"):
            file = mark[1:]
    letter, width, decimals = _size(kind, release, invoice_width)
    return Column(name, letter, width, decimals, "ro" in marks, "up" in marks, valid, file, "opt" in marks)


def _size(kind: str, release: int, invoice_width: int) -> tuple[str, int, int]:
    """Letter, width and decimals of a kind such as `C15>30`, `N16.6`, `D`, `YN` or `I` (an invoice number)."""
    if kind in {"D", "YN", "I"}:
        return ("D", 8, 0) if kind == "D" else ("C", invoice_width if kind == "I" else 1, 0)
    if kind.startswith("N"):
        width, _, decimals = kind[1:].partition(".")
        return "N", int(width), int(decimals)
    before, _, after = kind[1:].partition(">")
    return "C", int(after or before) if release >= _RELEASES.index("2023") else int(before), 0
