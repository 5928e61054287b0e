"""Fixtures that every ring may use."""

from tests.brokers import broker, broker_server  # noqa: F401
from tests.browser.chromium import browser  # noqa: F401
from tests.databases import database, postgres_url, sqlite_database  # noqa: F401
