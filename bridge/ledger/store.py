"""Opens the ledger's database and gives out transactions; SQLite embedded, PostgreSQL for a fleet."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from math import ceil
from threading import RLock
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.pool import StaticPool

from bridge.ledger.log import Notes, noting, watch_savepoints

_READ = "tidegate_read"
_BUSY_TIMEOUT_MS = 15_000

Upsert = sqlite.Insert | postgresql.Insert


class Database:
    """One ledger database. Safe to share between threads; make a new one after a fork.

    `timeout_s` is for who only looks and must not hang with a server that is gone: it bounds connecting, each statement
    and the wait for a lock (PostgreSQL in whole seconds, two at least for connecting).
    """

    def __init__(self, url: str, *, timeout_s: float | None = None) -> None:
        self.url = url
        self.engine = _engine(url, timeout_s)
        # In memory there is one connection, whoever uses it: its transactions come one after the other.
        self._turn: AbstractContextManager[Any] = RLock() if self._is_in_memory else nullcontext()
        watch_savepoints(self.engine)

    @property
    def _is_in_memory(self) -> bool:
        return isinstance(self.engine.pool, StaticPool)

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that commits at the end, or rolls back on any exception.

        On SQLite it takes the one write lock at its start, so that it cannot fail half way for want of it. What was
        noted in it (`bridge.ledger.log`) is logged once it is committed.
        """
        notes = Notes()
        with self._turn, self.engine.begin() as connection:
            yield noting(connection, notes)
        notes.say()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent view for all its queries, that takes no write lock; nothing is committed."""
        with self._turn, self.engine.connect().execution_options(**self._view) as connection, connection.begin():
            yield connection

    @property
    def _view(self) -> dict[str, Any]:
        return {_READ: True} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}

    def close(self) -> None:
        """Closes every connection. The object may be used again afterwards."""
        self.engine.dispose()


def insert_new(connection: Connection, table: Table) -> Upsert:
    """An insert that leaves a row alone which is already there under one of the table's unique keys."""
    return upsert(connection, table).on_conflict_do_nothing()


def upsert(connection: Connection, table: Table) -> Upsert:
    """An insert that may say what follows when the row is there already."""
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


def _engine(url: str, timeout_s: float | None) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        busy_s = _BUSY_TIMEOUT_MS / 1000 if timeout_s is None else timeout_s
        return _sqlite(url, in_memory=parsed.database in {None, "", ":memory:"}, busy_s=busy_s)
    bounds = {} if timeout_s is None else _bounds(timeout_s)
    return create_engine(
        url, pool_pre_ping=True, pool_size=2, max_overflow=8, connect_args=bounds, hide_parameters=True
    )


def _bounds(timeout_s: float) -> dict[str, object]:
    """What libpq takes: `tcp_user_timeout` ends a connection whose other end has vanished without a word."""
    whole_s = max(2, ceil(timeout_s))
    limit_ms = whole_s * 1000
    options = f"-c statement_timeout={limit_ms} -c lock_timeout={limit_ms}"
    return {"connect_timeout": whole_s, "tcp_user_timeout": limit_ms, "options": options}


def _sqlite(url: str, *, in_memory: bool, busy_s: float) -> Engine:
    arguments: dict[str, Any] = {"connect_args": {"timeout": busy_s, "check_same_thread": False}}
    if in_memory:
        arguments["poolclass"] = StaticPool
    engine = create_engine(url, hide_parameters=True, **arguments)  # they are documents' values

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # we begin transactions ourselves, see below
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        reading = connection.get_execution_options().get(_READ, False)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine
