"""What a transaction has done, said in the log once it is committed, and never what was rolled back.

One line says it of all records that went the same way; a record that waits for a person has a line of its own.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import Connection, Engine, event

from bridge.ledger.rows import Record
from bridge.states import NEEDS_PERSON, State

_log = structlog.get_logger(__name__)
_NOTES = "tidegate_notes"
_IDS_A_LINE = 500
_LOUD = frozenset({State.UNCERTAIN, *NEEDS_PERSON})
_UNSAID = frozenset({State.WRITING})
"""The line of its batch's claim and that of its outcome say as much."""


@dataclass(frozen=True)
class _Line:
    """A line that is ready."""

    name: str
    is_loud: bool
    fields: Mapping[str, object]


@dataclass(frozen=True)
class _Moved:
    """A record's move, as it was made; `columns` are those that it changed."""

    record: Record
    origin: State | None
    target: State
    by: str
    columns: Mapping[str, Any]


class Notes:
    """What one transaction has to say, in the order in which it happened."""

    def __init__(self) -> None:
        self._kept: list[_Line | _Moved] = []
        self._savepoints: list[int] = []

    def keep(self, one: _Line | _Moved) -> None:
        """Keeps it for the commit."""
        self._kept.append(one)

    def mark(self) -> None:
        """A savepoint was made."""
        self._savepoints.append(len(self._kept))

    def unmark(self, *, is_undone: bool) -> None:
        """The last savepoint was released, or the transaction went back to it: what followed it did not happen."""
        kept = self._savepoints.pop()
        if is_undone:
            del self._kept[kept:]

    def say(self) -> None:
        """Writes the lines; the transaction is committed."""
        moved: dict[int, _Moved] = {}
        for one in self._kept:
            if isinstance(one, _Line):
                (_log.warning if one.is_loud else _log.info)(one.name, **one.fields)
            else:
                first = moved.get(one.record.id, one)
                moved[one.record.id] = _Moved(one.record, first.origin, one.target, one.by, one.columns)
        _say_moved(moved)


def noting(connection: Connection, notes: Notes) -> Connection:
    """The connection, whose transaction keeps what it has to say in `notes`."""
    return connection.execution_options(**{_NOTES: notes})


def watch_savepoints(engine: Engine) -> None:
    """Lets notes be forgotten together with what they tell of."""

    @event.listens_for(engine, "savepoint")
    def _mark(connection: Connection, _name: object) -> None:
        if notes := _notes_of(connection):
            notes.mark()

    @event.listens_for(engine, "release_savepoint")
    def _keep(connection: Connection, _name: str, _context: object) -> None:
        if notes := _notes_of(connection):
            notes.unmark(is_undone=False)

    @event.listens_for(engine, "rollback_savepoint")
    def _forget(connection: Connection, _name: str, _context: object) -> None:
        if notes := _notes_of(connection):
            notes.unmark(is_undone=True)


def note(connection: Connection, name: str, *, is_loud: bool = False, **fields: object) -> None:
    """A line for when this transaction is committed: a constant name, and ids or counts, never a document's values."""
    if notes := _notes_of(connection):
        notes.keep(_Line(name, is_loud, fields))


def note_move(
    connection: Connection, record: Record, target: State, *, by: str, columns: Mapping[str, Any], is_new: bool = False
) -> None:
    """A record's move, for the line of all that go the same way. `columns` are those that the move changes."""
    if notes := _notes_of(connection):
        notes.keep(_Moved(record, None if is_new else record.state, target, by, columns))


def _notes_of(connection: Connection) -> Notes | None:
    notes: Notes | None = connection.get_execution_options().get(_NOTES)
    return notes


def _say_moved(moved: Mapping[int, _Moved]) -> None:
    groups: defaultdict[tuple[object, ...], list[_Moved]] = defaultdict(list)
    for each in moved.values():
        if each.target not in _UNSAID:
            groups[tuple(_common(each).items())].append(each)
    for common, members in groups.items():
        for at in range(0, len(members), _IDS_A_LINE):
            _say_group(dict(common), members[at : at + _IDS_A_LINE])  # type: ignore[arg-type]
    for each in moved.values():
        if each.target in NEEDS_PERSON:
            _log.warning("record_needs_person", **_told_of_one(each))


def _say_group(common: Mapping[str, object], members: list[_Moved]) -> None:
    fields = {
        **common,
        "count": len(members),
        "ids": [each.record.source_id for each in members],
        "records": [each.record.id for each in members],
        "orders": [number for each in members if (number := _now(each, "order_number"))],
        "numbers": [number for each in members if (number := _now(each, "number"))],
    }
    say = _log.warning if members[0].target in _LOUD else _log.info
    say("records_moved", **{name: value for name, value in fields.items() if value not in (None, [])})


def _common(moved: _Moved) -> dict[str, object]:
    """What all records of a line have in common. The condition loses its id: `customer:17` is `customer`."""
    record = moved.record
    condition = str(_now(moved, "condition") or "").partition(":")[0] if moved.target is State.HELD else None
    return {
        "document": record.document,
        "lane": record.lane,
        "origin": moved.origin.value if moved.origin else None,
        "target": moved.target.value,
        "condition": condition or None,
        "batch": _now(moved, "batch_id") or record.batch_id,
        "by": moved.by,
    }


def _told_of_one(moved: _Moved) -> dict[str, object]:
    """Code and field of the reason; its value and its text may be a person's data and stay in the ledger."""
    record = moved.record
    fields = {
        "record": record.id,
        "id": record.source_id,
        "order": _now(moved, "order_number"),
        "document": record.document,
        "lane": record.lane,
        "target": moved.target.value,
        "reason": _now(moved, "reason_code"),
        "field": _now(moved, "reason_field"),
        "fingerprint": _now(moved, "fingerprint"),
        "by": moved.by,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _now(moved: _Moved, column: str) -> Any:
    return moved.columns.get(column, getattr(moved.record, column))
