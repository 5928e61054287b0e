"""Brings a backup into an empty ledger: all of it, checked, or nothing."""

import gzip
import hashlib
import json
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import groupby, islice
from pathlib import Path
from typing import IO, Any, cast

from sqlalchemy import Connection, insert, select

from bridge.errors import Refused
from bridge.ledger.backup import FORMAT, PROGRESS_ROWS, Header, Progress, reader_of
from bridge.ledger.migrate import newest_revision
from bridge.ledger.restored import follow_restore
from bridge.ledger.schema import metadata
from bridge.ledger.store import Database

_CHUNK = 500
_LINE_LIMIT = 64 * 1024 * 1024
_DAMAGE = (EOFError, OSError, zlib.error, ValueError, KeyError, TypeError)


def restore(
    database: Database, path: Path, lanes: Iterable[str], *, by: str, now: datetime, progress: Progress
) -> Header:
    """Fills an empty, migrated ledger of either kind, and in the same commit halts every lane (see `restored`).

    `lanes` are those of the settings; the backup's own are halted too. Raises `Refused`, and changes nothing then: for
    a ledger that is not empty (the same call a second time), another release's file, or a damaged one.
    """
    with database.write() as connection:
        _refuse_unless_empty(connection)
        with _damage_told(path), gzip.open(path) as packed:
            file = _BackupFile(cast("IO[bytes]", packed))
            header = file.header()
            for table, rows in groupby(file.rows(), key=lambda row: str(row[0])):
                _copy_in(connection, table, rows, progress)
        follow_restore(connection, header.taken_at, lanes, by=by, now=now)
    return header


def _refuse_unless_empty(connection: Connection) -> None:
    for table in metadata.sorted_tables:
        if connection.execute(select(table).limit(1)).first() is not None:
            raise Refused(
                f"the ledger is not empty (table {table.name} has rows), and a restore overwrites nothing; stop the "
                "fleet, name a new database in ledger.url, run `tidegate migrate`, then restore",
                field="ledger.url",
            )


@contextmanager
def _damage_told(path: Path) -> Iterator[None]:
    """Errors by which a file shows that it is damaged become `Refused`, with the way out."""
    try:
        yield
    except FileNotFoundError as error:
        raise Refused(f"{path}: no such file", field="FILE", value=str(path)) from error
    except _DAMAGE as error:
        text = f"{path} is damaged or no backup ({error or type(error).__name__}); use another one"
        raise Refused(text, field="FILE", value=str(path)) from error


def _copy_in(connection: Connection, name: str, rows: Iterable[list[Any]], progress: Progress) -> None:
    table = metadata.tables[name]
    readers = [(column.name, reader_of(column.type)) for column in table.columns]
    values = (
        {column: None if value is None else read(value) for (column, read), value in zip(readers, row[1:], strict=True)}
        for row in rows
    )
    count = 0
    while chunk := list(islice(values, _CHUNK)):
        connection.execute(insert(table), chunk)
        count += len(chunk)
        if count % PROGRESS_ROWS == 0:
            progress(name, count)
    progress(name, count)


class _BackupFile:
    """The lines of a backup, which are believed only once its last line has signed them."""

    def __init__(self, packed: IO[bytes]) -> None:
        self._packed = packed
        self._hash = hashlib.sha256()
        self._counts: Counter[str] = Counter()

    def header(self) -> Header:
        """The first line; raises `Refused` for another release's backup and `ValueError` for no backup."""
        told = self._line()
        if not isinstance(told, dict) or told.get("format") != FORMAT:
            raise ValueError("its first line is not that of a backup")
        if told["revision"] != newest_revision():
            raise Refused(
                f"the backup is of ledger revision {told['revision']}, this release has {newest_revision()}; restore "
                "it with the release that made it, then run `tidegate migrate` with this one",
                field="revision",
                value=str(told["revision"]),
            )
        return Header(told["revision"], datetime.fromisoformat(told["taken_at"]))

    def rows(self) -> Iterator[list[Any]]:
        """Every row, its table first; raises `ValueError` at the end unless they are all as they were written."""
        signature = self._hash.hexdigest()
        while isinstance(told := self._line(), list):
            self._counts[told[0]] += 1
            yield told
            signature = self._hash.hexdigest()
        counts = {name: count for name, count in told["rows"].items() if count}
        if told["sha256"] != signature or counts != self._counts or self._packed.read(1):
            raise ValueError("its rows are not those that it was signed with")

    def _line(self) -> Any:
        line = self._packed.readline(_LINE_LIMIT)
        if not line.endswith(b"\n"):
            raise ValueError("it ends in mid line")
        told = json.loads(line)
        self._hash.update(line)
        return told
