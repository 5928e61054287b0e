"""What the ERP owns in our own words: rows of its columns mapped to the fields of a document, checked when loaded."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from bridge.erp.sage100.dictionary import ColumnType
from bridge.errors import Misconfigured
from bridge.ports.erp import FieldValue
from bridge.ports.reading import Columns
from mappings.ownership import ownership
from mappings.rows import MappingFile, Row, document_of, overlaid, read

Target = TypeVar("Target")
Value = FieldValue | int | tuple[Decimal, ...] | None
Pick = Callable[[Columns], Value]

_FOLDER = Path(__file__).parent
ROWS, LINES = "rows", "lines"
"""The scopes of a mapping file: a document's header, and what its lines are made of."""

_WITH_LINES = frozenset({"status", "shipment", "invoice"})
"""Documents whose files have both; those of all others have rows alone."""


@dataclass(frozen=True)
class _Converter:
    """A converter makes one value of all the row's columns; they must hold `takes`."""

    takes: ColumnType
    make: Callable[[Sequence[FieldValue]], Value]


CONVERTERS: Mapping[str, _Converter] = {
    "sum": _Converter(ColumnType.NUMBER, lambda values: sum((Decimal(value) for value in values), Decimal(0))),
    "each": _Converter(ColumnType.NUMBER, lambda values: tuple(Decimal(value) for value in values)),
    "dashed": _Converter(ColumnType.TEXT, lambda values: "-".join(str(value) for value in values if value) or None),
    "flag": _Converter(ColumnType.FLAG, lambda values: values[0] == "Y" if values else None),
    "not_flag": _Converter(ColumnType.FLAG, lambda values: values[0] != "Y" if values else None),
}
"""By the name that rows call them by. A column that the installation does not have gives no value."""


class Outward(Generic[Target]):
    """The rows of one mapping file; `version` names the texts that made it."""

    def __init__(self, target: type[Target], picks: Mapping[str, Pick], version: str) -> None:
        self.version = version
        self._target = target
        self._picks = picks

    @classmethod
    def load(
        cls,
        document: str,
        target: type[Target],
        columns: Mapping[str, ColumnType],
        overlays: Sequence[Path] = (),
        scope: str = ROWS,
    ) -> "Outward[Target]":
        """One scope of the shipped mapping of a document, with those of a site's overlays laid over it that are of it.

        Raises one `Misconfigured` that names file and line of everything that is wrong.
        """
        file = _as_shipped(document)
        for path in overlays:
            if document_of(path) == document:
                file = overlaid(file, read(path, _scopes(document)))
        return cls(target, _Check(document, target, columns).picks(file, scope), file.digest[:12])

    def map(self, columns: Columns) -> Target:
        """One row. Pure. Raises pydantic's `ValidationError` or `TypeError` for a value that the document refuses."""
        return self._target(**{field: pick(columns) for field, pick in self._picks.items()})


class _Check:
    """Rows against their owners, the fields of the target and the columns that can be read."""

    def __init__(self, document: str, target: type[Any], columns: Mapping[str, ColumnType]) -> None:
        self._document = document
        self._fields = _fields(target)
        self._name = target.__name__
        self._columns = columns

    def picks(self, file: MappingFile, scope: str) -> dict[str, Pick]:
        picks: dict[str, Pick] = {}
        complaints: list[str] = []
        for row in file.rows.get(scope, ()):
            try:
                picks[self._field(row)] = self._pick(row)
            except Misconfigured as wrong:
                complaints.append(str(wrong))
        complaints += [f"{file.document}: no row sets {name} of {self._name}" for name in self._missing(picks)]
        if complaints:
            raise Misconfigured("\n".join(complaints))
        return picks

    def _missing(self, picks: Mapping[str, Pick]) -> list[str]:
        return [name for name, is_required in self._fields.items() if is_required and name not in picks]

    def _field(self, row: Row) -> str:
        for name in filter(None, row.to):
            if objection := ownership().outward_objection(self._document, name):
                raise Misconfigured(f"{row.place}: {objection}")
        if len(row.to) != 1 or row.to[0] not in self._fields:
            known = ", ".join(self._fields)
            raise Misconfigured(f"{row.place}: `to` is {row.to}, which is no field of {self._name}; it has {known}")
        return row.to[0]

    def _pick(self, row: Row) -> Pick:
        types = [self._column(row, name) for name in row.sources]
        if not row.sources and row.default is None:
            raise Misconfigured(f"{row.place}: the row sets nothing; give it a `from:` or a `default:`")
        if isinstance(row.default, float):
            raise Misconfigured(f"{row.place}: {row.default!r} is no exact number; write it in quotes, such as '1.50'")
        if row.converter is None:
            return _first(row.sources, row.default)
        converter = CONVERTERS.get(row.converter)
        if converter is None:
            known = ", ".join(CONVERTERS)
            raise Misconfigured(f"{row.place}: no converter is called {row.converter!r}; there are {known}")
        if any(type_ is not converter.takes for type_ in types):
            text = f"{row.converter} takes columns that hold a {converter.takes}, not {', '.join(types)}"
            raise Misconfigured(f"{row.place}: {text}")
        return _made(row.sources, converter)

    def _column(self, row: Row, name: str) -> ColumnType:
        if name not in self._columns:
            known = ", ".join(sorted(self._columns))
            raise Misconfigured(f"{row.place}: {name} is no column that can be read here; there are {known}")
        return self._columns[name]


def is_outward(path: Path) -> bool:
    """Whether an overlay is of a document that comes from the ERP."""
    document = document_of(path)
    return document is not None and _shipped(document).exists()


@cache
def _as_shipped(document: str) -> MappingFile:
    return read(_shipped(document), _scopes(document))


def _scopes(document: str) -> Mapping[str, Sequence[str]]:
    return {document: (ROWS, LINES) if document in _WITH_LINES else (ROWS,)}


def _shipped(document: str) -> Path:
    return _FOLDER / f"{document}.sage100.clarity.yaml"


def _fields(target: type[Any]) -> dict[str, bool]:
    """The fields of a document, and whether each must be set."""
    if issubclass(target, BaseModel):
        return {name: field.is_required() for name, field in target.model_fields.items()}
    if not is_dataclass(target):
        raise TypeError(f"{target.__name__} is no document")
    return dict.fromkeys((field.name for field in fields(target)), True)


def _first(sources: Sequence[str], default: str | int | None) -> Pick:
    def pick(columns: Columns) -> Value:
        values = (columns.get(name) for name in sources)
        return next((value for value in values if value not in (None, "")), default)

    return pick


def _made(sources: Sequence[str], converter: _Converter) -> Pick:
    return lambda columns: converter.make([columns[name] for name in sources if name in columns])
