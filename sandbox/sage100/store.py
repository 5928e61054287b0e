"""One SQLite file per installation: everything that outlives a session. Crash-safe: WAL, full fsync, one write lock."""

import json
import sqlite3
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from sandbox.sage100.layouts import Cell, Layout, Row, layout
from sandbox.sage100.options import Options

SYSTEM = ""
"""The company of rows that belong to the installation (SY_Company, SY_User)."""

_SCHEMA = """
CREATE TABLE setting (name TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE record (
    company TEXT, name TEXT, key TEXT, body TEXT NOT NULL, po TEXT, PRIMARY KEY (company, name, key)) WITHOUT ROWID;
CREATE INDEX record_po ON record (company, name, po) WHERE po IS NOT NULL;
CREATE TABLE counter (company TEXT, name TEXT, last INTEGER NOT NULL, PRIMARY KEY (company, name));
CREATE TABLE record_lock (
    company TEXT, name TEXT, key TEXT, owner TEXT NOT NULL, pid INTEGER NOT NULL, started REAL NOT NULL,
    PRIMARY KEY (company, name, key));
CREATE TABLE console (
    id INTEGER PRIMARY KEY AUTOINCREMENT, workstation TEXT, counter TEXT, user_key TEXT, company TEXT, module TEXT,
    program TEXT, pid INTEGER, started REAL, touched REAL, UNIQUE (workstation, counter));
CREATE TABLE fault (
    id INTEGER PRIMARY KEY AUTOINCREMENT, point TEXT, action TEXT, company TEXT, key TEXT, stamp TEXT, line INTEGER,
    ms INTEGER, text TEXT, remaining INTEGER, released INTEGER DEFAULT 0);
CREATE TABLE fault_hit (
    id INTEGER PRIMARY KEY, fault_id INTEGER, point TEXT, action TEXT, pid INTEGER, company TEXT, key TEXT, stamp TEXT,
    line INTEGER, at_utc TEXT);
"""


class Store:
    """The installation's file. One connection, used by one thread; other processes may have it open too."""

    def __init__(self, path: Path) -> None:
        """Opens an existing store. Raises FileNotFoundError where there is none."""
        if not path.is_file():
            raise FileNotFoundError(f"no simulated Sage 100 at {path}; make one with SageAdmin.create")
        self._connection = _connect(path)
        self._options: tuple[int, Options] | None = None
        weakref.finalize(self, self._connection.close)

    @classmethod
    def create(cls, path: Path, options: Options) -> "Store":
        """Makes the file and opens it. Raises FileExistsError where there is one already."""
        path.touch(exist_ok=False)
        connection = _connect(path)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(_SCHEMA)
        connection.close()
        store = cls(path)
        store.save_options(options)
        return store

    def close(self) -> None:
        """Closes the connection; a second call does nothing."""
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, under the file's one write lock. Inside another one it is simply part of that."""
        if self._connection.in_transaction:
            yield
            return
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> list[sqlite3.Row]:
        """Runs one statement and gives its rows."""
        return self._connection.execute(sql, parameters).fetchall()

    def options(self) -> Options:
        """The settings as they are now; read again only when another connection has committed."""
        version = self.execute("PRAGMA data_version")[0][0]
        if self._options is None or self._options[0] != version:
            body = self.execute("SELECT body FROM setting WHERE name = 'options'")[0]["body"]
            self._options = (version, Options.model_validate_json(body))
        return self._options[1]

    def save_options(self, options: Options) -> None:
        """Replaces all settings."""
        self.execute("INSERT OR REPLACE INTO setting VALUES ('options', ?)", (options.model_dump_json(),))
        self._options = None

    def layout(self, table: str) -> Layout:
        """The table's layout under the present options."""
        return layout(table, self.options())

    def get(self, company: str, table: str, key: str) -> Row | None:
        """One record, or None."""
        found = self.execute("SELECT body FROM record WHERE (company, name, key) = (?, ?, ?)", (company, table, key))
        return _load(found[0]["body"]) if found else None

    def put(self, company: str, table: str, row: Mapping[str, Cell]) -> None:
        """Writes one record whole, in place of any with its key."""
        key = self.layout(table).key_of(row)
        values = (company, table, key, _dump(row), po_key(row))
        self.execute("INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?, ?)", values)

    def remove(self, company: str, table: str, key: str) -> None:
        """Removes one record; none with this key is no error."""
        self.execute("DELETE FROM record WHERE (company, name, key) = (?, ?, ?)", (company, table, key))

    def remove_all(self, company: str, table: str, prefix: str) -> None:
        """Removes every record whose key begins with `prefix`."""
        self.execute(
            "DELETE FROM record WHERE company = ? AND name = ? AND key >= ? AND key < ?",
            (company, table, prefix, _after(prefix)),
        )

    def rows(self, company: str, table: str, prefix: str = "", *, above: str = "", limit: int = -1) -> list[Row]:
        """Records in key order whose key begins with `prefix` and comes after `above`."""
        found = self.execute(
            "SELECT body FROM record WHERE company = ? AND name = ? AND key >= ? AND key < ? AND key > ? "
            "ORDER BY key LIMIT ?",
            (company, table, prefix, _after(prefix), above, limit),
        )
        return [_load(each["body"]) for each in found]

    def rows_between(self, company: str, table: str, begin: str, end: str) -> list[Row]:
        """Records in key order from the key `begin` to the key `end`, both included; an empty `end` is open."""
        found = self.execute(
            "SELECT body FROM record WHERE company = ? AND name = ? AND key >= ? AND key <= ? ORDER BY key",
            (company, table, begin, end or _after("")),
        )
        return [_load(each["body"]) for each in found]

    def keys_by_po(self, company: str, table: str, po: str) -> list[str]:
        """Keys of the records with this customer and purchase order (index KDUPLICATEPO, reference 2.2)."""
        sql = "SELECT key FROM record WHERE company = ? AND name = ? AND po = ?"
        return [each["key"] for each in self.execute(sql, (company, table, po))]

    def next_number(self, company: str, counter: str, width: int = 7) -> str:
        """Takes the next number for good, zero-filled; a commit of its own, so a failed write spends it too."""
        with self.transaction():
            self.execute(
                "INSERT INTO counter VALUES (?, ?, 1) ON CONFLICT (company, name) DO UPDATE SET last = last + 1",
                (company, counter),
            )
            found = self.execute("SELECT last FROM counter WHERE (company, name) = (?, ?)", (company, counter))
        return str(found[0]["last"]).zfill(width)


def po_key(row: Mapping[str, Cell]) -> str | None:
    """Customer and purchase order as one indexed text; None where the row has no purchase order."""
    if not row.get("CustomerPONo"):
        return None
    return f"{row.get('ARDivisionNo', ''):<2}{row.get('CustomerNo', ''):<20}{row['CustomerPONo']}"


def _connect(path: Path) -> sqlite3.Connection:
    # The COM apartment checks the calling thread; SQLite's own check would stop the finaliser from closing.
    connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def _after(prefix: str) -> str:
    return f"{prefix}\U0010ffff"


def _dump(row: Mapping[str, Cell]) -> str:
    """Text and numbers apart, so that a number comes back as the exact Decimal that it was."""
    text = {name: cell for name, cell in row.items() if isinstance(cell, str)}
    numbers = {name: str(cell) for name, cell in row.items() if isinstance(cell, Decimal)}
    return json.dumps([text, numbers])


def _load(body: str) -> Row:
    text, numbers = json.loads(body)
    row: dict[str, Any] = text
    row.update((name, Decimal(number)) for name, number in numbers.items())
    return row
