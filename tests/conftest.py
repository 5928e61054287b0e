"""Fixtures that every ring may use, and who runs what when two run at once."""

import pytest

from tests.brokers import broker, broker_server  # noqa: F401
from tests.databases import database, postgres_url, sqlite_database  # noqa: F401


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A module's tests stay together, as its servers do; the fault ring as a whole, for its tests share two fleets."""
    for item in items:
        group = item.path.parent if item.path.parent.name == "fault" else item.path
        item.add_marker(pytest.mark.xdist_group(str(group)))
