"""Fixtures that every ring may use."""

from tests.databases import database, postgres_url, sqlite_database  # noqa: F401
