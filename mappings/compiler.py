"""Bound rows compiled once into one plain Python function, so that a row costs no more than the line it stands for.

Generated source was chosen over closures for speed: a third of the time per field (reference baselines.md, "map 30
fields"). The source of each function is kept with it, with a remark per row that names the row's file and line.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from bridge.erp.sage100.dictionary import Column, ColumnType
from mappings.binding import BoundRow
from mappings.fitting import fit_number, fit_text, refuse_missing, refuse_value

Columns = dict[str, Any]


class Compiled:
    """One scope's function: `run(document, element, run)` gives the columns of one record. `source` is its text."""

    def __init__(self, name: str, rows: Sequence[BoundRow]) -> None:
        self._names: dict[str, Any] = {}
        body = [line for number, row in enumerate(rows) for line in self._row(f"{number}", row)]
        self.source = "\n".join(["def columns(doc, item, run):", "    out = {}", *body, "    return out", ""])
        exec(compile(self.source, f"<mapping of {name}>", "exec"), self._names)  # noqa: S102 - our own generated text
        self.columns: Callable[[Any, Any, Any], Columns] = self._names["columns"]

    def _row(self, number: str, row: BoundRow) -> Iterator[str]:
        yield f"    # {row.place}: {row.label}"
        condition = self._condition(number, row)
        indent = "    "
        if condition:
            yield f"    if {condition}:"
            indent = "        "
        body = (*self._value(number, row), *self._store(number, row)) if row.sources else self._set(number, row)
        for line in body:
            yield indent + line

    def _condition(self, number: str, row: BoundRow) -> str:
        tests = [f"({path.expression}) == {self._bound(f'is{number}_{position}', value)}"
                 for position, (path, value) in enumerate(row.equals)]  # fmt: skip
        if row.condition:
            tests.append(f"{self._bound(f'when{number}', row.condition)}(doc)")
        return " and ".join(tests)

    def _value(self, number: str, row: BoundRow) -> Iterator[str]:
        """Lines that leave the row's value in `v`: the first source that is there, converted, else the default."""
        first, *others = row.sources
        yield f"v = {first.expression}"
        for other in others:
            yield "if v is None or v == '':"
            yield f"    v = {other.expression}"
        if first.type is str:
            yield "if v == '': v = None"
        if row.convert:
            yield f"if v is not None: v = {self._bound(f'convert{number}', row.convert)}(v, run)"
        elif first.type is bool:
            yield "if v is not None: v = 'Y' if v else 'N'"
        if row.default is not None:
            yield f"if v is None: v = {self._bound(f'default{number}', row.default)}"

    def _set(self, number: str, row: BoundRow) -> Iterator[str]:
        """A row that is the same for every document; it was checked when it was bound."""
        value = self._bound(f"default{number}", row.default)
        yield from (f"out[{column.name!r}] = {value}" for column in row.columns if column is not None)

    def _store(self, number: str, row: BoundRow) -> Iterator[str]:
        if len(row.columns) > 1:
            yield "if v is not None:"
            parts = [f"v{position}" for position in range(len(row.columns))]
            yield f"    {', '.join(parts)} = v"
            for position, column in enumerate(row.columns):
                if column is not None:
                    for line in self._column(f"{number}_{position}", column, row, parts[position]):
                        yield "    " + line
        elif row.columns[0] is not None:
            yield from self._column(number, row.columns[0], row, "v")

    def _column(self, number: str, column: Column, row: BoundRow, variable: str) -> Iterator[str]:
        if column.is_required and not column.filled_by:
            yield f"if {variable} is None: {self._bound(f'missing{number}', refuse_missing(column, row.label))}(run)"
        yield f"if {variable} is not None:"
        for line in self._fit(number, column, row.label, variable):
            yield "    " + line
        yield f"    out[{column.name!r}] = {variable}"

    def _fit(self, number: str, column: Column, label: str, variable: str) -> Iterator[str]:
        """Quick tests in line; the functions that explain what is wrong are called only when one of them fails."""
        if column.type is ColumnType.NUMBER:
            yield f"{self._bound(f'fit{number}', fit_number(column, label))}({variable}, run)"
        if column.type is ColumnType.TEXT:
            too_long = "" if column.width is None else f"len({variable}) > {column.width} or "
            yield f"if {too_long}not ({variable}.isascii() and {variable}.isprintable()):"
            yield f"    {variable} = {self._bound(f'fit{number}', fit_text(column, label))}({variable}, run)"
        if column.values:
            refuse = self._bound(f"refuse{number}", refuse_value(column, label))
            yield f"if {variable} not in {self._bound(f'values{number}', column.values)}: {refuse}({variable}, run)"

    def _bound(self, name: str, value: Any) -> str:
        self._names[name] = value
        return name
