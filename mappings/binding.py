"""Rows checked against both sides: the document's types and Sage's dictionary. What passes here can run."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from bridge.erp.sage100.dictionary import Column, ColumnType, Table
from bridge.errors import Misconfigured, Refused
from bridge.ports.erp import FieldValue
from mappings.conditions import CONDITIONS, takes
from mappings.converters import CONVERTERS, Binding
from mappings.fitting import fit_number, fit_text, refuse_value
from mappings.mapped import MapContext, Run
from mappings.ownership import ownership
from mappings.paths import NoSuchPath, Path, resolve
from mappings.rows import Place, Row, Scalar
from mappings.settings import LaneMapping

NATURAL = {str: ColumnType.TEXT, Decimal: ColumnType.NUMBER, bool: ColumnType.FLAG, datetime: ColumnType.DATE}
"""What a source becomes without a converter (a moment by way of the converter `local_date`)."""

V = TypeVar("V")
R = TypeVar("R")

_DATE_LENGTH = 8


@dataclass(frozen=True)
class Scope:
    """Rows that fill one table from a document of type `source`, once or for each element such as `("lines", Line)`.

    `document` is its name, by which the table of ownership knows it.
    """

    document: str
    name: str
    table: Table
    source: type
    element: tuple[str, type] | None = None


@dataclass(frozen=True)
class BoundRow:
    """A row that can run. `label` names its source in messages; `default` already fits its column."""

    place: Place
    label: str
    columns: tuple[Column | None, ...]
    sources: tuple[Path, ...]
    convert: Callable[[Any, Run], Any] | None
    condition: Callable[[Any], bool] | None
    equals: tuple[tuple[Path, Scalar], ...]
    default: FieldValue | None


def bind(rows: Sequence[Row], scope: Scope, lane: LaneMapping) -> list[BoundRow]:
    """The rows of one scope, checked and bound, without those that set nothing because the lane's setting is empty.

    Raises one `Misconfigured` that lists everything that is wrong.
    """
    bound: list[BoundRow] = []
    complaints: list[str] = []
    for row in rows:
        try:
            row_bound = _Binder(row, scope, lane).bound()
            if row_bound is not None:
                bound.append(row_bound)
        except Misconfigured as wrong:
            complaints.append(str(wrong))
    complaints.extend(_out_of_order(rows, scope) + _gaps(rows, scope))
    if complaints:
        raise Misconfigured("\n".join(complaints))
    return bound


def _out_of_order(rows: Sequence[Row], scope: Scope) -> list[str]:
    for wanted, row in zip(scope.table.first, rows, strict=False):
        if row.to != (wanted,):
            return [
                f"{row.place}: {wanted} must be set first, for Sage overwrites what stands before it; move its row up"
            ]
    return []


def _gaps(rows: Sequence[Row], scope: Scope) -> list[str]:
    mapped = {column for row in rows for column in row.to}
    return [
        f"{scope.name}: Sage requires {column.name} of {column.table}; add a row for it"
        for column in scope.table.columns.values()
        if column.is_required and not column.filled_by and column.name not in mapped
    ]


class _Binder:
    """Binds one row of one scope."""

    def __init__(self, row: Row, scope: Scope, lane: LaneMapping) -> None:
        self._row = row
        self._scope = scope
        self._lane = lane

    def bound(self) -> BoundRow | None:
        row = self._row
        columns = tuple(None if name is None else self._column(name) for name in row.to)
        sources = tuple(self._path(text) for text in row.sources)
        label = " or ".join(row.sources) or ", ".join(filter(None, row.to))
        if not sources and row.default is None:
            raise self._wrong("the row sets nothing; give it a `from:` or a `default:`")
        convert = self._convert(columns, sources, label)
        default = None if row.default is None else self._constant(columns, row.default)
        condition = self._condition()
        equals = tuple((self._path(path), self._comparable(path, value)) for path, value in row.equals)
        if sources and all(path.is_constant for path in sources) and convert is None:
            default, sources = self._from_lane(columns, sources, default), ()
            if default is None:
                return None
        return BoundRow(
            place=row.place,
            label=label,
            columns=columns,
            sources=sources,
            convert=convert,
            condition=condition,
            equals=equals,
            default=default,
        )

    def _column(self, name: str) -> Column:
        table = self._scope.table
        column = table.columns.get(name)
        if column is None:
            raise self._wrong(
                f"{table.name} has no column {name} in this version of Sage; "
                f"check its spelling, or list its width in the lane's settings if it is a UDF of your own"
            )
        if column.is_key or column.is_read_only:
            why = "is the record's key, set from the reserved number" if column.is_key else "is worked out by Sage"
            raise self._wrong(f"{name} {why}; take the row out")
        if objection := ownership().inward_objection(self._scope.document, name):
            raise self._wrong(objection)
        return column

    def _path(self, text: str) -> Path:
        try:
            return resolve(text, self._scope.source, self._scope.element)
        except NoSuchPath as nowhere:
            raise self._wrong(f"source {text!r}: {nowhere}") from None

    def _convert(
        self, columns: tuple[Column | None, ...], sources: tuple[Path, ...], label: str
    ) -> Callable[[Any, Run], Any] | None:
        name = self._row.converter
        if name is None and any(path.type is datetime for path in sources):
            name = "local_date"
        if name is None:
            self._check_natural(columns, sources)
            return None
        if name not in CONVERTERS:
            raise self._wrong(f"no converter is called {name!r}; there are {', '.join(sorted(CONVERTERS))}")
        converter = CONVERTERS[name]
        self._check_types(name, columns, sources)
        binding = Binding(columns, label, self._lane)
        try:
            inspect.signature(converter.bind).bind(binding, *self._row.arguments)
            return converter.bind(binding, *self._row.arguments)
        except (TypeError, ValueError) as wrong:
            raise self._wrong(f"converter {name}: {wrong}") from None

    def _check_types(self, name: str, columns: tuple[Column | None, ...], sources: tuple[Path, ...]) -> None:
        converter = CONVERTERS[name]
        for path in sources:
            if path.type != converter.takes:
                raise self._wrong(f"{name} takes {_name(converter.takes)}, and {path.text} is {_name(path.type)}")
        if len(columns) != len(converter.gives):
            raise self._wrong(f"{name} fills {len(converter.gives)} columns, and `to` lists {len(columns)}")
        for column, given in zip(columns, converter.gives, strict=True):
            self._check_fit(column, given)

    def _check_natural(self, columns: tuple[Column | None, ...], sources: tuple[Path, ...]) -> None:
        if len(columns) != 1:
            raise self._wrong("only a converter can fill several columns; name one in `with:`")
        for path in sources:
            given = NATURAL.get(path.type)
            if given is None:
                raise self._wrong(f"{path.text} is {_name(path.type)}, which needs a converter; name one in `with:`")
            self._check_fit(columns[0], given)

    def _check_fit(self, column: Column | None, given: ColumnType) -> None:
        may_hold = {given, ColumnType.FLAG} if given is ColumnType.TEXT else {given}
        if column is not None and column.type not in may_hold:
            raise self._wrong(f"{column.name} holds a {column.type}, and this gives a {given}; name a converter")

    def _constant(self, columns: tuple[Column | None, ...], value: Scalar | Decimal) -> FieldValue:
        if len(columns) != 1 or columns[0] is None:
            raise self._wrong("a default fits one column only; give each of these a row of its own")
        column = columns[0]
        if column.type is ColumnType.NUMBER:
            return self._number(column, value)
        if not isinstance(value, str):
            raise self._wrong(f"{column.name} holds {column.type}, and {value!r} is not text; put it in quotes")
        if column.type is ColumnType.DATE and not (len(value) == _DATE_LENGTH and value.isdecimal()):
            raise self._wrong(f"{column.name} holds a date, and {value!r} is not of the form YYYYMMDD")
        if column.values and value not in column.values:
            self._fitted(refuse_value(column, "default"), value)
        return self._fitted(fit_text(column, "default"), value)

    def _number(self, column: Column, value: Scalar | Decimal) -> Decimal:
        try:
            number = Decimal(str(value)) if not isinstance(value, float) else None
        except InvalidOperation:
            number = None
        if number is None:
            raise self._wrong(f"{value!r} is no exact number; write it in quotes, such as '1.50'")
        return self._fitted(fit_number(column, "default"), number)

    def _fitted(self, fit: Callable[[V, Run], R], value: V) -> R:
        try:
            return fit(value, Run(MapContext("")))
        except Refused as refused:
            raise self._wrong(str(refused)) from None

    def _from_lane(
        self, columns: tuple[Column | None, ...], sources: tuple[Path, ...], default: FieldValue | None
    ) -> FieldValue | None:
        """A setting of the lane is the same for every document, so it is looked up and checked once, here."""
        for path in sources:
            value = getattr(self._lane, path.text.removeprefix("lane."))
            if value:
                return self._constant(columns, value)
        (column,) = columns
        if default is None and column is not None and column.is_required and not column.filled_by:
            raise self._wrong(f"Sage requires {column.name}, and {' and '.join(self._row.sources)} is empty; set it")
        return default

    def _condition(self) -> Callable[[Any], bool] | None:
        name = self._row.condition
        if name is None:
            return None
        if name not in CONDITIONS:
            raise self._wrong(f"no condition is called {name!r}; there are {', '.join(sorted(CONDITIONS))}")
        if takes(name) is not self._scope.source:
            raise self._wrong(f"condition {name} is about {_name(takes(name))}, not {_name(self._scope.source)}")
        return CONDITIONS[name]

    def _comparable(self, path: str, value: Scalar) -> Scalar:
        kind = self._path(path).type
        if value is not None and not isinstance(value, kind if kind in (str, bool, int) else ()):
            raise self._wrong(f"when: {path} is {_name(kind)} and never equals {value!r}; compare like with like")
        return value

    def _wrong(self, text: str) -> Misconfigured:
        return Misconfigured(f"{self._row.place}: {text}")


def _name(kind: Any) -> str:
    return kind.__name__ if isinstance(kind, type) else str(kind)
