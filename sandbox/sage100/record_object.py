"""Business objects that read: keys, find, values, browsing, many rows at once (reference 1.1.6)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from sandbox.sage100.cells import column_of, give_cell
from sandbox.sage100.com import ComObject, Refusal, give, plain
from sandbox.sage100.expressions import filter_of, text_of
from sandbox.sage100.faults import Place
from sandbox.sage100.layouts import Layout, Row
from sandbox.sage100.server import Server
from sandbox.sage100.session import Session


@dataclass(frozen=True)
class Entry:
    """One kind of business object: its table, and what its session must have set before it can be made."""

    kind: type["RecordObject"]
    table: str
    module: str
    task: str | None

    def build(self, server: Server, session: Session) -> "RecordObject":
        """Makes the object. Raises `ComError` 90 or 200 where the session lacks date, module, program or right."""
        return self.kind(server, session, self)


class RecordObject(ComObject):
    """A business object over one table that only reads. `nSetKey` finds here too, and takes no lock."""

    METHODS: ClassVar[Mapping[str, str]] = {
        "nSetKeyValue": "set_key_value",
        "nSetKey": "set_key",
        "nFind": "find",
        "nGetValue": "get_value",
        "nGetRecord": "get_record",
        "nMoveFirst": "move_first",
        "nMoveNext": "move_next",
        "nSetBrowseFilter": "set_browse_filter",
        "nGetResultSets": "get_result_sets",
        "sGetColumns": "get_columns",
        "sGetKeyColumns": "get_key_columns",
        "sGetDataSources": "get_data_sources",
        "nClear": "clear",
    }
    PROPERTIES: ClassVar[Mapping[str, str]] = {"nEOF": "end_of_file"}

    def __init__(self, server: Server, session: Session, entry: Entry) -> None:
        self._context = session.context_for(entry)
        super().__init__(server)
        self._server = server
        self._session = session
        self._table = entry.table
        self._parts: Row = {}
        self._values: Row | None = None
        self._prefix = ""
        self._at_end = False

    @property
    def _company(self) -> str:
        return self._context.company

    @property
    def _layout(self) -> Layout:
        return self._server.store.layout(self._table)

    def _before_call(self, member: str) -> None:
        if member != "drop":
            self._session.touch()

    def set_key_value(self, name: str, value: str) -> int:
        """Sets one part of the key: 1, or 0 for a column that is none, or a value too long for it."""
        part = next((each for each in self._layout.key if each.com_name.lower() == name.lower()), None)
        if part is None or len(value) > part.width:
            raise Refusal(f"Key {name} {value} is not valid.")
        self._parts[part.name] = value.upper() if part.upper else value
        return 1

    def set_key(self, key: str = "") -> int:
        """1 when the record exists and is loaded, 0 when not."""
        return self.find(key)

    def find(self, key: str = "") -> int:
        """Loads a record without locking it: 1, or 0 with a text."""
        wanted = self._key(key)
        self._server.faults.fire("before_read", Place(self._company, wanted))
        self._values = self._server.store.get(self._company, self._table, wanted)
        self._loaded()
        if self._values is None:
            raise Refusal(f"{self._table} {wanted} is not on file.")
        return 1

    def get_value(self, name: str, result: object) -> int:
        """Gives one column's value by reference: numbers as COM has them, as doubles; blank when nothing is loaded."""
        give_cell(self._values or {}, column_of(self._layout, name), result)
        return 1

    def get_record(self, data: object, names: object) -> int:
        """Gives all values and all column names by reference, both joined by SEP in the layout's order."""
        if self._values is None:
            raise Refusal("No record is loaded.")
        columns = self._layout.columns.values()
        give(data, self._server.joined([str(self._values.get(each.name, each.blank)) for each in columns]))
        give(names, self.get_columns("MAIN"))
        return 1

    def move_first(self) -> int:
        """Loads the first record of the browse range; 0 and `nEOF` 1 when there is none."""
        return self._move("")

    def move_next(self) -> int:
        """Loads the next record in key order; 0 and `nEOF` 1 after the last."""
        return self._move(self._layout.key_of(self._values) if self._values else "")

    def end_of_file(self) -> int:
        """1 once a move has found no record."""
        return int(self._at_end)

    def set_browse_filter(self, prefix: str) -> int:
        """Limits the moves to keys that begin so."""
        self._prefix = prefix
        return 1

    def get_result_sets(  # noqa: PLR0917 - the order of COM
        self,
        description: Any,
        key: Any,
        descriptions: object,
        keys: object,
        condition: Any = "",
        begin: Any = "",
        end: Any = "",
    ) -> int:
        """Gives two lists by reference, joined by SEP: an expression each for every row that passes, in key order.

        `begin` and `end` bound the key, both included; empty means open. Raises `ComError` 88 for a bad expression.
        """
        separator = self._server.separator
        describe, identify = text_of(plain(description), separator), text_of(plain(key), separator)
        passes = filter_of(plain(condition), separator)
        bounds = plain(begin).rstrip(), plain(end).rstrip()
        in_range = self._server.store.rows_between(self._company, self._table, *bounds)
        found = [row for row in in_range if passes(row)]
        give(descriptions, self._server.joined([describe(row) for row in found]))
        give(keys, self._server.joined([identify(row) for row in found]))
        return 1

    def get_columns(self, _source: str = "MAIN") -> str:
        """Every column's name, joined by SEP."""
        return self._server.joined([each.com_name for each in self._layout.columns.values()])

    def get_key_columns(self) -> str:
        """The key's columns, joined by SEP."""
        return self._server.joined([each.com_name for each in self._layout.key])

    def get_data_sources(self) -> str:
        """The one data source that every object has."""
        return "MAIN"

    def clear(self) -> int:
        """Forgets the loaded record and the key."""
        self._values, self._parts = None, {}
        self._loaded()
        return 1

    def _loaded(self) -> None:
        """Runs whenever another record, or none, has come under the object's eyes."""

    def _key(self, key: str) -> str:
        """The key given, or the one made of the parts set. Raises `Refusal` for an empty or overlong one."""
        parts = self._layout.key
        if key:
            if len(key) > sum(part.width for part in parts):
                raise Refusal(f"Key {key} is too long.")
            self._parts = self._layout.key_parts(key)
        if not self._parts or not (self._parts.get(parts[-1].name) or parts[-1].optional):
            raise Refusal("The key is incomplete.")
        return self._layout.key_of(self._parts)

    def _move(self, above: str) -> int:
        rows = self._server.store.rows(self._company, self._table, self._prefix, above=above, limit=1)
        self._at_end = not rows
        if rows:
            self._values = rows[0]
            self._loaded()
        return len(rows)
