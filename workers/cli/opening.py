"""Opens what a command works with: settings, ledger, broker; their failures become errors of ours."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bridge.errors import Misconfigured, Unreachable

if TYPE_CHECKING:
    import redis

    from bridge.ledger.store import Database
    from workers.settings import Settings


def settings_of(config: Path | None) -> "Settings":
    """The settings, and the place of their file for child processes. Raises `Misconfigured`."""
    from workers.settings import CONFIG_VARIABLE, load_settings

    if config is not None:
        os.environ[CONFIG_VARIABLE] = str(config.resolve())
    return load_settings(config)


@contextmanager
def open_ledger(settings: "Settings", *, timeout_s: float | None = None) -> Iterator["Database"]:
    """The ledger, at this release's revision. Raises `Misconfigured`, and `Unreachable` when it is away."""
    from bridge.ledger.migrate import check

    with reach_ledger(settings, timeout_s=timeout_s) as database:
        check(database)
        yield database


@contextmanager
def reach_ledger(settings: "Settings", *, timeout_s: float | None = None) -> Iterator["Database"]:
    """The ledger's database at whatever revision. Raises as `open_ledger`."""
    from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

    from bridge.ledger.store import Database

    try:
        database = Database(settings.ledger.url.get_secret_value(), timeout_s=timeout_s)
    except (ArgumentError, NoSuchModuleError) as fault:
        raise Misconfigured(f"ledger.url: {fault}; write sqlite:///var/ledger.db or postgresql+psycopg://...") from None
    try:
        yield database
    except DBAPIError as fault:
        if not (fault.connection_invalidated or _is_away(fault)):
            raise
        place = database.engine.url.render_as_string(hide_password=True)
        first_line = str(fault.orig).strip().partition("\n")[0]
        raise Unreachable(
            f"the ledger {place} does not answer ({first_line}); start it or correct ledger.url"
        ) from None
    finally:
        database.close()


def _is_away(fault: Exception) -> bool:
    from sqlalchemy.exc import InterfaceError, OperationalError

    return isinstance(fault, OperationalError | InterfaceError)


@contextmanager
def open_broker(settings: "Settings", *, timeout_s: float = 3.0) -> Iterator["redis.Redis"]:
    """A client of the broker, which answered just now. Raises `Misconfigured`, and `Unreachable` when it is away."""
    import redis

    from bridge.events.redis_client import harmless, open_client

    try:
        client = open_client(settings.broker.url.get_secret_value(), timeout_s=timeout_s)
    except ValueError as fault:
        raise Misconfigured(f"broker.url: {fault}") from None
    with client:
        try:
            with harmless():
                client.ping()
        except Unreachable as away:
            raise Unreachable(f"{away}; start it, or correct broker.url") from None
        except redis.AuthenticationError as fault:
            raise Misconfigured(
                f"broker.url: the broker refuses its user or password ({fault}); correct them"
            ) from None
        yield client
