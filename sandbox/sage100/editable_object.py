"""Business objects that write: lock, set, write all or nothing, delete (reference 1.1.6; 6, points 5 to 8 and 11)."""

import time
from collections.abc import Mapping
from typing import ClassVar

from sandbox.sage100.cells import accepted, column_of
from sandbox.sage100.com import Refusal, give
from sandbox.sage100.faults import Place, stamps_of
from sandbox.sage100.layouts import Cell, Column, Row
from sandbox.sage100.record_object import Entry, RecordObject
from sandbox.sage100.server import Server
from sandbox.sage100.session import Session
from sandbox.sage100.stamps import stamp


class EditableObject(RecordObject):
    """A business object that may change its table. Its record lock ends at write, clear, drop or process end."""

    METHODS: ClassVar[Mapping[str, str]] = {"nSetValue": "set_value", "nWrite": "write", "nDelete": "delete"}

    def __init__(self, server: Server, session: Session, entry: Entry) -> None:
        super().__init__(server, session, entry)
        self._owner = f"{session.owner}/{next(server.serial)}"
        self._editing = False
        self._is_new = False
        self._unheard: Place | None = None

    def set_key(self, key: str = "") -> int:
        """Opens a record for edit: 1 existing, 2 new, 0 with a text when locked elsewhere or the key is bad."""
        wanted = self._key(key)
        self._server.faults.fire("before_set_key", Place(self._company, wanted))
        self._let_go()
        if not self._server.locks.take(self._company, self._table, wanted, self._owner):
            raise Refusal(self._server.options.texts.locked)
        found = self._server.store.get(self._company, self._table, wanted)
        self._is_new = found is None
        self._editing = True
        self._values = found if found is not None else {**self._parts, **self._defaults()}
        self._loaded()
        return 2 if self._is_new else 1

    def find(self, key: str = "") -> int:
        """Loads a record without locking it: 1, or 0 with a text. An unsaved edit is given up."""
        self._let_go()
        return super().find(key)

    def set_value(self, name: str, value: object) -> int:
        """Sets one column: 1, -1 with a warning (the value is kept), or 0 with a text (it is not)."""
        row = self.edited()
        column = column_of(self._layout, name)
        cell = accepted(column, value, company=self._company, store=self._server.store)
        before = row.get(column.name)
        row[column.name] = cell
        try:
            warning = self._assigned(column, cell)
        except Refusal:
            row[column.name] = column.blank if before is None else before
            raise
        return self._warned(warning) if warning else 1

    def write(self) -> int:
        """Saves the record whole or not at all: 1, -1 saved with a warning, 0 with a text and nothing saved."""
        row = self.edited()
        options = self._server.options
        self._server.faults.fire("before_header_write", self._place())
        time.sleep(options.write_delay_ms / 1000)
        with self._server.store.transaction():
            self._check_allowed("C" if self._is_new else "M")
            self._check_filled(row)
            self._stamp(row)
            warning = self._save(row)
            self._server.locks.release(self._owner)
        self._editing = False
        self._server.faults.fire("after_header_write", self._place())
        self._unheard = self._place()
        return self._warned(warning) if warning else 1

    def delete(self, key: str = "") -> int:
        """Removes the record of `key`, or the one in edit: 1, or 0 with a text."""
        if key and not (self._editing and self._layout.key_of(self.edited()) == key.rstrip()):
            self.set_key(key)
        row = self.edited()
        if self._is_new:
            raise Refusal(f"{self._table} {self._layout.key_of(row)} is not on file.")
        place = self._place()
        self._server.faults.fire("before_header_write", place)
        with self._server.store.transaction():
            self._check_allowed("R")
            self._remove(row)
        self.clear()
        self._server.faults.fire("after_header_write", place)
        self._unheard = place
        return 1

    def clear(self) -> int:
        """Gives the unsaved edit and its lock up."""
        self._let_go()
        return super().clear()

    def drop(self) -> int:
        """Releases the object and its lock."""
        self._let_go()
        return super().drop()

    def edited(self) -> Row:
        """The record in edit. Raises `Refusal` where no key has been set."""
        if not self._editing or self._values is None:
            raise Refusal("No record is open for edit: set its key first.")
        return self._values

    def _before_call(self, member: str) -> None:
        super()._before_call(member)
        if self._unheard and member in self._methods.values():
            place, self._unheard = self._unheard, None
            self._server.faults.fire("before_result", place)

    def _defaults(self) -> Row:
        """What a new record starts with, besides its key."""
        return {}

    def _assigned(self, column: Column, cell: Cell) -> str | None:
        """Runs when a column has been set: loads what it implies. Gives a warning, or raises `Refusal`."""

    def _save(self, row: Row) -> str | None:
        """Writes the record and all that hangs on it, inside one transaction. Gives a warning, or raises `Refusal`."""
        raise NotImplementedError

    def _remove(self, row: Row) -> None:
        """Removes the record and all that hangs on it, inside one transaction."""
        raise NotImplementedError

    def _move(self, above: str) -> int:
        self._let_go()
        return super()._move(above)

    def _next_number(self, counter: str, result: object) -> int:
        """Takes a number for good and gives it by reference."""
        self._server.faults.fire("get_next_number", Place(self._company))
        self._refuse_when_closed()
        give(result, self._server.store.next_number(self._company, counter))
        return 1

    def _place(self) -> Place:
        row = self._values or {}
        return Place(self._company, self._layout.key_of(row), stamps_of(row.items()))

    def _let_go(self) -> None:
        if self._editing:
            self._editing = False
            self._values = None
            self._server.locks.release(self._owner)

    def _refuse_when_closed(self) -> None:
        options = self._server.options
        if options.maintenance:
            raise Refusal(options.texts.maintenance)
        if options.period_end:
            raise Refusal(options.texts.period_end)

    def _check_allowed(self, right: str) -> None:
        self._refuse_when_closed()
        if right not in self._context.rights:
            raise Refusal(self._server.options.texts.no_right)

    def _check_filled(self, row: Row) -> None:
        for name in self._server.options.required.get(self._table, ()):
            if not row.get(name):
                raise Refusal(f"{name} is required.")

    def _stamp(self, row: Row) -> None:
        before = None if self._is_new else row
        stamp(row, before, zone=self._server.options.time_zone, user_key=self._context.user_key)
