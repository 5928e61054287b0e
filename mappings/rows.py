"""Mapping files as they are written: rows with their places, and a site's overlay laid over the shipped rows.

A place is a file and a line, so that every complaint can say where to look.
"""

import hashlib
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

import yaml

from bridge import yaml_text
from bridge.errors import Misconfigured

_ROW_KEYS = frozenset({"to", "from", "with", "when", "default", "note"})
_DROP = "drop"
_DOCUMENT = "document"

Scalar = str | int | float | bool | None


@dataclass(frozen=True)
class Place:
    """Where something is written; lines count from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Row:
    """One row. `to` has None where an overlay took a column of a wider row away; `sources` are tried in order."""

    to: tuple[str | None, ...]
    sources: tuple[str, ...]
    converter: str | None
    arguments: tuple[Scalar, ...]
    condition: str | None
    equals: tuple[tuple[str, Scalar], ...]
    default: Scalar
    place: Place


@dataclass(frozen=True)
class MappingFile:
    """The rows of one document by scope (`header`, `lines`, ...), the columns it drops, and a digest of its text."""

    document: str
    rows: Mapping[str, tuple[Row, ...]]
    drops: Mapping[str, tuple[tuple[str, Place], ...]]
    digest: str


def read(path: Path, documents: Mapping[str, Sequence[str]]) -> MappingFile:
    """Reads a mapping file or an overlay of one of the documents, which are given with their scopes.

    Raises `Misconfigured` with file and line.
    """
    try:
        text = path.read_text(encoding="utf-8")
        root = yaml_text.compose(text)
    except OSError as unreadable:
        raise Misconfigured(f"{path}: cannot be read ({unreadable.strerror}); check the path and its rights") from None
    except yaml.YAMLError as broken:
        raise Misconfigured(f"{path}: is no YAML: {broken}") from None
    return _Reader(path.name).file(root, documents, hashlib.sha256(text.encode()).hexdigest())


def document_of(path: Path) -> str | None:
    """The document that a mapping file says it maps; None for one that cannot be read or does not say."""
    try:
        raw = yaml_text.load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        return None
    document = raw.get(_DOCUMENT) if isinstance(raw, dict) else None
    return document if isinstance(document, str) else None


def overlaid(base: MappingFile, overlay: MappingFile) -> MappingFile:
    """The base with an overlay's rows: those of its columns change in place, others are added, dropped ones go.

    Raises `Misconfigured` for a drop of a column that no row sets.
    """
    rows = {scope: list(rows) for scope, rows in base.rows.items()}
    for scope, drops in overlay.drops.items():
        for column, place in drops:
            if not any(column in row.to for row in rows[scope]):
                raise Misconfigured(f"{place}: no row of {scope} sets {column}; take it out of drop")
            rows[scope] = [row for kept in rows[scope] for row in _without(kept, {column})]
    for scope, changes in overlay.rows.items():
        for change in changes:
            rows[scope] = _changed(rows[scope], change)
    digest = hashlib.sha256((base.digest + overlay.digest).encode()).hexdigest()
    return MappingFile(base.document, {scope: tuple(each) for scope, each in rows.items()}, {}, digest)


def _changed(rows: list[Row], change: Row) -> list[Row]:
    """The rows with `change` where the first of its columns was set until now, else at the end."""
    columns = set(filter(None, change.to))
    changed: list[Row] = []
    is_placed = False
    for row in rows:
        changed += _without(row, columns)
        if not is_placed and columns & set(row.to):
            changed.append(change)
            is_placed = True
    return changed if is_placed else [*rows, change]


def _without(row: Row, columns: Set[str]) -> list[Row]:
    left = replace(row, to=tuple(None if name in columns else name for name in row.to))
    return [left] if any(left.to) else []


class _Reader:
    """Walks the nodes of one file; nodes keep their line numbers, plain loaded data does not."""

    def __init__(self, name: str) -> None:
        self._name = name

    def file(self, root: yaml.Node | None, documents: Mapping[str, Sequence[str]], digest: str) -> MappingFile:
        if root is None:
            raise Misconfigured(f"{self._name}: is empty; begin with `document:`")
        entries = self._entries(root)
        if _DOCUMENT not in entries:
            self._fail(root, "has no `document:`; say which document it maps, such as order")
        document = self._text(entries[_DOCUMENT])
        if document not in documents:
            self._fail(entries[_DOCUMENT], f"no document is called {document!r}; write {' or '.join(documents)}")
        scopes = documents[document]
        entries = self._entries(root, {_DOCUMENT, _DROP, *scopes})
        return MappingFile(
            document=document,
            rows={scope: self._rows(entries[scope]) for scope in scopes if scope in entries},
            drops=self._drops(entries.get(_DROP), scopes),
            digest=digest,
        )

    def _rows(self, node: yaml.Node) -> tuple[Row, ...]:
        rows = tuple(self._row(item) for item in self._items(node))
        first: dict[str | None, Place] = {}
        for row in rows:
            for column in row.to:
                if first.setdefault(column, row.place) is not row.place:
                    raise Misconfigured(f"{row.place}: {column} is set at {first[column]} already; keep one row")
        return rows

    def _row(self, node: yaml.Node) -> Row:
        entries = self._entries(node, _ROW_KEYS)
        if "to" not in entries:
            self._fail(node, "the row has no `to:`; say which column it sets")
        converter, arguments = self._call(entries.get("with"))
        condition, equals = self._when(entries.get("when"))
        return Row(
            to=self._texts(entries["to"]),
            sources=self._texts(entries["from"]) if "from" in entries else (),
            converter=converter,
            arguments=arguments,
            condition=condition,
            equals=equals,
            default=self._scalar(entries["default"]) if "default" in entries else None,
            place=self._place(node),
        )

    def _call(self, node: yaml.Node | None) -> tuple[str | None, tuple[Scalar, ...]]:
        """A converter is written `name`, or `{name: argument}`, or `{name: [argument, argument]}`."""
        if node is None or isinstance(node, yaml.ScalarNode):
            return (None if node is None else self._text(node)), ()
        entries = self._entries(node)
        if len(entries) != 1:
            self._fail(node, "`with` names one converter; chain none")
        ((name, argument),) = entries.items()
        is_list = isinstance(argument, yaml.SequenceNode)
        return name, tuple(self._scalar(item) for item in (self._items(argument) if is_list else [argument]))

    def _when(self, node: yaml.Node | None) -> tuple[str | None, tuple[tuple[str, Scalar], ...]]:
        """A condition is a name, or `{path: value}` with any number of pairs that must all hold."""
        if node is None or isinstance(node, yaml.ScalarNode):
            return (None if node is None else self._text(node)), ()
        return None, tuple((path, self._scalar(value)) for path, value in self._entries(node).items())

    def _drops(self, node: yaml.Node | None, scopes: Sequence[str]) -> dict[str, tuple[tuple[str, Place], ...]]:
        if node is None:
            return {}
        return {
            scope: tuple((self._text(item), self._place(item)) for item in self._items(columns))
            for scope, columns in self._entries(node, scopes).items()
        }

    def _entries(self, node: yaml.Node, known: Any = None) -> dict[str, yaml.Node]:
        if not isinstance(node, yaml.MappingNode):
            self._fail(node, "expected `key: value` pairs here")
        entries: dict[str, yaml.Node] = {}
        for key_node, value in node.value:
            key = self._text(key_node)
            if known is not None and key not in known:
                self._fail(key_node, f"unknown key {key!r}; use one of {', '.join(sorted(known))}")
            if key in entries:
                self._fail(key_node, f"{key!r} stands here twice; keep one")
            entries[key] = value
        return entries

    def _items(self, node: yaml.Node) -> list[yaml.Node]:
        if not isinstance(node, yaml.SequenceNode):
            self._fail(node, "expected a list here")
        items: list[yaml.Node] = node.value
        return items

    def _texts(self, node: yaml.Node) -> tuple[str, ...]:
        nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
        return tuple(self._text(each) for each in nodes)

    def _text(self, node: yaml.Node) -> str:
        value = self._scalar(node)
        if not isinstance(value, str):
            self._fail(node, f"expected text, not {value!r}; put it in quotes")
        return value

    def _scalar(self, node: yaml.Node) -> Scalar:
        if not isinstance(node, yaml.ScalarNode):
            self._fail(node, "expected a single value here")
        value: Scalar = yaml.SafeLoader("").construct_object(node)
        return value

    def _place(self, node: yaml.Node) -> Place:
        return Place(self._name, node.start_mark.line + 1)

    def _fail(self, node: yaml.Node, text: str) -> NoReturn:
        raise Misconfigured(f"{self._place(node)}: {text}")
