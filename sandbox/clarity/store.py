"""The site's memory: one SQLite file that survives a kill at any moment."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS resource (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL, id TEXT NOT NULL, natural_key TEXT,
    version INTEGER NOT NULL,
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL, visible_at TEXT NOT NULL, deleted_at TEXT,
    body TEXT NOT NULL,
    UNIQUE (kind, id), UNIQUE (kind, natural_key)
);
CREATE INDEX IF NOT EXISTS resource_walk ON resource (kind, updated_at, id);
CREATE TABLE IF NOT EXISTS trail (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    order_id TEXT NOT NULL, kind TEXT NOT NULL, mark TEXT NOT NULL, at TEXT NOT NULL, body TEXT NOT NULL,
    UNIQUE (order_id, kind, mark)
);
CREATE TABLE IF NOT EXISTS token (token TEXT PRIMARY KEY, scopes TEXT NOT NULL, expires_at_s REAL NOT NULL);
CREATE TABLE IF NOT EXISTS answer (
    credential TEXT NOT NULL, key TEXT NOT NULL, digest TEXT NOT NULL, begun_at_s REAL NOT NULL,
    status INTEGER, body TEXT, version INTEGER,
    PRIMARY KEY (credential, key)
);
CREATE TABLE IF NOT EXISTS event (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE, topic TEXT NOT NULL, created_at TEXT NOT NULL,
    kind TEXT NOT NULL, resource_id TEXT NOT NULL, version INTEGER NOT NULL, updated_at TEXT NOT NULL,
    data TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS event_of ON event (kind, resource_id);
CREATE TABLE IF NOT EXISTS subscription (
    id TEXT PRIMARY KEY, url TEXT NOT NULL, topics TEXT NOT NULL, mode TEXT NOT NULL,
    secret TEXT NOT NULL, old_secret TEXT, old_until_s REAL,
    dead_in_a_row INTEGER NOT NULL DEFAULT 0, is_disabled INTEGER NOT NULL DEFAULT 0, created_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS delivery (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE, sequence INTEGER NOT NULL, subscription_id TEXT NOT NULL, treatment TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, due_at_s REAL, state TEXT NOT NULL, last_answer TEXT
);
CREATE INDEX IF NOT EXISTS delivery_due ON delivery (state, due_at_s);
CREATE INDEX IF NOT EXISTS delivery_of ON delivery (sequence);
"""


class Store:
    """One connection, used by the site's event loop only; so whatever runs without an `await` runs alone."""

    def __init__(self, path: Path) -> None:
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.row_factory = sqlite3.Row
        self.db.execute("PRAGMA journal_mode = WAL")
        # NORMAL loses nothing when the process is killed; only a power cut could take the last commits.
        self.db.execute("PRAGMA synchronous = NORMAL")
        self.db.executescript(_SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; what is inside becomes visible at its end."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    def close(self) -> None:
        """Gives the file back."""
        self.db.close()
