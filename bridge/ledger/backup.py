"""A portable copy of the whole ledger: JSON lines in gzip, the same whichever database it comes from or goes to.

The first line is a `Header`, then one line per row (its table and its columns in the schema's order), the last line
counts the rows of each table and signs all lines before it.
"""

import gzip
import hashlib
import json
import os
import tempfile
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import IO, Any, cast

from sqlalchemy import Connection, LargeBinary, Table, select
from sqlalchemy.types import TypeEngine

from bridge.errors import Refused
from bridge.ledger.migrate import newest_revision
from bridge.ledger.schema import metadata
from bridge.ledger.store import Database
from bridge.ledger.types import Exact, UtcTime

FORMAT = "tidegate ledger backup 1"
PROGRESS_ROWS = 10_000
_FETCH = 500

Progress = Callable[[str, int], None]
"""Called with a table and how many of its rows are done: every `PROGRESS_ROWS` rows, and at the table's end."""


@dataclass(frozen=True)
class Header:
    """What a backup says of itself. `taken_at` is a moment in UTC no later than its view of the ledger."""

    revision: str
    taken_at: datetime
    format: str = FORMAT


def write_backup(database: Database, path: Path, *, now: datetime, force: bool, progress: Progress) -> dict[str, int]:
    """Copies every table, as all stood at one moment, while the fleet goes on; how many rows each has.

    The file appears whole or not at all, readable by its owner only, for it holds what buyers told the storefront.
    The same call again is refused unless `force` is set. Raises `Refused`.
    """
    if path.exists() and not force:
        raise Refused(f"{path} exists; name another file, or overwrite it with --force", field="FILE", value=str(path))
    with _appearing(path) as raw, gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=4, filename="") as packed:
        out = _SignedLines(cast("IO[bytes]", packed))
        out.add({**asdict(Header(newest_revision() or "", now))})
        with database.read() as connection:
            counts = {table.name: _copy(connection, table, out, progress) for table in metadata.sorted_tables}
        out.add({"rows": counts, "sha256": out.digest()})
    return counts


def _copy(connection: Connection, table: Table, out: "_SignedLines", progress: Progress) -> int:
    count = 0
    rows = connection.execution_options(yield_per=_FETCH).execute(select(table).order_by(*table.primary_key))
    for count, row in enumerate(rows, start=1):
        out.add([table.name, *row])
        if count % PROGRESS_ROWS == 0:
            progress(table.name, count)
    progress(table.name, count)
    return count


@contextmanager
def _appearing(path: Path) -> Iterator[IO[bytes]]:
    """A file of a passing name that gets its own once it is whole and on disk."""
    try:
        passing = tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False)  # noqa: SIM115
    except OSError as fault:
        raise Refused(f"{path} cannot be written: {fault}", field="FILE", value=str(path)) from fault
    try:
        with passing:
            yield cast("IO[bytes]", passing)
            passing.flush()
            os.fsync(passing.fileno())
        Path(passing.name).replace(path)
    except BaseException:
        Path(passing.name).unlink(missing_ok=True)
        raise


class _SignedLines:
    """JSON lines, with the digest of all that were added so far."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self._hash = hashlib.sha256()

    def add(self, value: object) -> None:
        line = json.dumps(value, default=_plain, separators=(",", ":")).encode() + b"\n"
        self._hash.update(line)
        self._out.write(line)

    def digest(self) -> str:
        return self._hash.hexdigest()


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return b64encode(value).decode()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"no JSON for {type(value).__name__}")


def reader_of(kind: TypeEngine[Any]) -> Callable[[Any], Any]:
    """How a column of this type gets its value back from JSON."""
    ways: tuple[tuple[type[Any], Callable[[Any], Any]], ...] = (
        (UtcTime, datetime.fromisoformat), (Exact, Decimal), (LargeBinary, b64decode),
    )  # fmt: skip
    return next((way for known, way in ways if isinstance(kind, known)), lambda value: value)
