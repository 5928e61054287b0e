"""What the agent must not forget when it is killed: fences, its session processes, and what each batch has begun.

Every statement is on disk when it returns. Batches are never deleted: one that is unknown here counts as never begun.
"""

import sqlite3
from contextlib import closing
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from pathlib import Path

from bridge.ports.erp import BatchNotes

_SCHEMA = """
CREATE TABLE IF NOT EXISTS fence (company TEXT PRIMARY KEY, highest INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS session (
    id TEXT PRIMARY KEY, company TEXT NOT NULL, fence INTEGER NOT NULL, purpose TEXT NOT NULL,
    pid INTEGER NOT NULL, born REAL NOT NULL, opened_utc TEXT NOT NULL, is_doubtful INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS batch (
    company TEXT, id INTEGER, session_id TEXT, is_closed INTEGER NOT NULL, PRIMARY KEY (company, id));
CREATE TABLE IF NOT EXISTS begun (
    company TEXT, batch_id INTEGER, record_id INTEGER, PRIMARY KEY (company, batch_id, record_id));
"""


@dataclass(frozen=True)
class SessionRow:
    """One session process. `born` (epoch seconds) tells it from a later process of the same number.

    `is_doubtful` means that it had to be killed: the process has ended, but Sage may still count its seat.
    """

    id: str
    company: str
    fence: int
    purpose: str
    pid: int
    born: float
    opened_utc: str
    is_doubtful: bool = False


class AgentNotes:
    """The agent's SQLite file; one agent at a time uses it."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Closes the file."""
        self._db.close()

    def highest_fence(self, company: str) -> int:
        """The highest fence ever seen for a company, 0 at first."""
        rows = self._rows("SELECT highest FROM fence WHERE company = ?", company)
        return int(rows[0][0]) if rows else 0

    def raise_fence(self, company: str, fence: int) -> None:
        """Keeps the higher of the two."""
        self._do(
            "INSERT INTO fence VALUES (?, ?) "
            "ON CONFLICT (company) DO UPDATE SET highest = max(highest, excluded.highest)",
            company,
            fence,
        )

    def add_session(self, row: SessionRow) -> None:
        """Notes a session process before it logs on."""
        self._do("INSERT INTO session VALUES (?, ?, ?, ?, ?, ?, ?, ?)", *astuple(row))

    def sessions(self) -> list[SessionRow]:
        """Every session noted and not removed, doubtful ones included."""
        rows = self._rows("SELECT * FROM session ORDER BY opened_utc")
        return [SessionRow(**{**row, "is_doubtful": bool(row["is_doubtful"])}) for row in rows]

    def end_session(self, session_id: str, *, gave_seat_back: bool) -> None:
        """Closes the batches of a session whose process has ended, and forgets it unless its seat is in doubt."""
        self._do("UPDATE batch SET is_closed = 1 WHERE session_id = ?", session_id)
        if gave_seat_back:
            self._do("DELETE FROM session WHERE id = ?", session_id)
        else:
            self._do("UPDATE session SET is_doubtful = 1 WHERE id = ?", session_id)

    def open_batch(self, company: str, batch_id: int, session_id: str) -> bool:
        """Notes a new batch; False when it was seen, or asked for, before."""
        added = self._do("INSERT OR IGNORE INTO batch VALUES (?, ?, ?, 0)", company, batch_id, session_id)
        return added == 1

    def begin(self, company: str, batch_id: int, record_id: int) -> None:
        """Notes that a record is about to be written."""
        self._do("INSERT INTO begun VALUES (?, ?, ?)", company, batch_id, record_id)

    def close_batch(self, company: str, batch_id: int) -> None:
        """No record of the batch will begin any more; one never heard of is closed too, so it can't begin late."""
        self._do(
            "INSERT INTO batch VALUES (?, ?, NULL, 1) ON CONFLICT (company, id) DO UPDATE SET is_closed = 1",
            company,
            batch_id,
        )

    def session_of(self, company: str, batch_id: int) -> str | None:
        """The session that a batch was sent to, None when unknown."""
        rows = self._rows("SELECT session_id FROM batch WHERE company = ? AND id = ?", company, batch_id)
        return str(rows[0][0]) if rows and rows[0][0] else None

    def batch(self, company: str, batch_id: int) -> BatchNotes:
        """Whether the batch is closed and what it has begun."""
        closed = self._rows("SELECT is_closed FROM batch WHERE company = ? AND id = ?", company, batch_id)
        begun = self._rows("SELECT record_id FROM begun WHERE company = ? AND batch_id = ?", company, batch_id)
        return BatchNotes(bool(closed and closed[0][0]), frozenset(row[0] for row in begun))

    def _do(self, statement: str, *values: object) -> int:
        with closing(self._db.execute(statement, values)) as done:
            return done.rowcount

    def _rows(self, statement: str, *values: object) -> list[sqlite3.Row]:
        with closing(self._db.execute(statement, values)) as found:
            return found.fetchall()


def now_utc() -> str:
    """This moment as text in UTC."""
    return datetime.now(UTC).isoformat()
