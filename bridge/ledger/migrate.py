"""Brings a ledger database to the newest schema."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import func, select

from bridge.errors import Misconfigured
from bridge.ledger.store import Database

_LOCK = 0x7469_6465
"""The number of the advisory lock that lets one process migrate while others wait."""

_HERE = Path(__file__).parent / "migrations"


def migrate(database: Database) -> None:
    """Upgrades to the newest revision; does nothing when it is there already, and is safe in two processes at once."""
    if present_revision(database) == newest_revision():
        return
    with database.write() as connection:
        if not database.is_sqlite:  # there the transaction itself is the lock
            connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def check(database: Database) -> None:
    """Raises `Misconfigured` when the database is not at the revision that this release needs."""
    present, newest = present_revision(database), newest_revision()
    if present != newest:
        raise Misconfigured(f"the ledger is at revision {present or 'none'}, not {newest}: run `tidegate migrate`")


def present_revision(database: Database) -> str | None:
    """The database's revision, or None when it is empty."""
    with database.read() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest_revision() -> str | None:
    """The newest revision that this release ships."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_HERE))
    config.set_main_option("path_separator", "os")
    return config
