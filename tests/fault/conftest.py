"""Two fleets that the tests of this folder share, for to start one takes many seconds."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.fleets import FleetLab, fleet_lab
from workers.stage.postgres import postgres_server


class SharedFleets:
    """Fleets by name: started when first asked for, and anew when a test has left one in disorder."""

    def __init__(self) -> None:
        self._running: dict[str, tuple[FleetLab, ExitStack]] = {}

    def lend(self, name: str, start: Callable[[], AbstractContextManager[FleetLab]]) -> FleetLab:
        """The running fleet of that name if its books balance, or a new one."""
        if name in self._running:
            lab, ending = self._running.pop(name)
            if not lab.is_settled:
                ending.close()
                return self.lend(name, start)
        else:
            ending = ExitStack()
            lab = ending.enter_context(start())
        self._running[name] = lab, ending
        return lab

    def close(self) -> None:
        """Ends all fleets."""
        while self._running:
            self._running.popitem()[1][1].close()


_FLEETS = SharedFleets()


@pytest.fixture(scope="session")
def fleets() -> Iterator[SharedFleets]:
    """All fleets; they end with the session at the latest."""
    yield _FLEETS
    _FLEETS.close()


def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Ends the fleets with the last test of this folder, so that they burden no other ring."""
    if nextitem is None or nextitem.path.parent != item.path.parent:
        _FLEETS.close()


@pytest.fixture
def embedded(fleets: SharedFleets, tmp_path_factory: pytest.TempPathFactory) -> FleetLab:
    """Two shops on an SQLite ledger. Leases are short, so that the lane of a killed writer is soon free."""
    return fleets.lend("embedded", lambda: fleet_lab(tmp_path_factory.mktemp("embedded"), lease_s=4))


@pytest.fixture
def served(fleets: SharedFleets, tmp_path_factory: pytest.TempPathFactory) -> FleetLab:
    """Two shops on a PostgreSQL ledger. Leases are long, so that a writer may stand still in Sage and keep its lane."""
    return fleets.lend("served", lambda: _served(tmp_path_factory.mktemp("served")))


@contextmanager
def _served(folder: Path) -> Iterator[FleetLab]:
    with postgres_server() as server, fleet_lab(folder, lease_s=30, server=server) as lab:
        yield lab
