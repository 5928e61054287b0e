"""Real databases for the tests: SQLite in a file, and a PostgreSQL server that the session starts from a wheel."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from bridge.ledger.migrate import migrate
from bridge.ledger.schema import metadata
from bridge.ledger.store import Database
from workers.stage.postgres import postgres_server

KINDS = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server of this session's own, with a migrated ledger in it. Missing parts are a failure."""
    with postgres_server() as server:
        database = Database(server.url)
        migrate(database)
        database.close()
        yield server.url


def empty(database: Database) -> None:
    """Takes every row out of the ledger, and starts its counters anew."""
    names = ", ".join(f'"{table.name}"' for table in metadata.sorted_tables)
    with database.write() as connection:
        connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))


def delete_rows(database: Database) -> None:
    """Takes every row out of a ledger of either kind; its counters go on."""
    with database.write() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())


def open_database(kind: str, request: pytest.FixtureRequest, folder: Path) -> Database:
    """A migrated, empty ledger database of the kind."""
    if kind == "sqlite":
        database = Database(f"sqlite:///{folder / 'ledger.db'}")
        migrate(database)
        return database
    database = Database(request.getfixturevalue("postgres_url"))
    empty(database)
    return database


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """The ledger's database, once of each kind."""
    opened = open_database(request.param, request, tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An embedded ledger."""
    opened = open_database("sqlite", request, tmp_path)
    yield opened
    opened.close()
