"""The embedded broker: a real server that keeps what it acknowledged."""

import importlib.util
from pathlib import Path

import pytest
import redis
from pydantic import SecretStr

from bridge.errors import Misconfigured, Unreachable
from bridge.events.redis_client import open_client
from workers.broker import EmbeddedBroker, find_server, free_port

PASSWORD = SecretStr("for-tests-only")


def test_it_keeps_its_port_and_data_over_a_crash(tmp_path: Path) -> None:
    with EmbeddedBroker(tmp_path, password=PASSWORD) as server:
        url, first_pid = server.url, server.pid
        with open_client(url) as client:
            client.set("kept", "yes")
        server.kill()
        assert server.pid is None
        server.start()
        assert (server.url, server.pid != first_pid) == (url, True)
        with open_client(url) as client:
            assert client.get("kept") == b"yes"
        server.restart()
        with open_client(url) as client:
            assert client.get("kept") == b"yes"
    assert server.pid is None


def test_starting_and_stopping_twice_is_the_same_as_once(tmp_path: Path) -> None:
    server = EmbeddedBroker(tmp_path, password=PASSWORD)
    server.start()
    pid = server.pid
    server.start()
    assert server.pid == pid
    server.stop()
    server.stop()
    server.kill()


def test_it_listens_on_the_loopback_only_and_asks_for_the_password(broker: EmbeddedBroker) -> None:
    with open_client(broker.url) as client:
        assert client.config_get("bind") == {"bind": "127.0.0.1"}
    with open_client(f"redis://127.0.0.1:{broker.port}/0") as stranger, pytest.raises(redis.AuthenticationError):
        stranger.ping()


def test_its_password_is_in_no_file_that_others_read_and_on_no_command_line(tmp_path: Path) -> None:
    with EmbeddedBroker(tmp_path / "data", password=PASSWORD) as server:
        holding = [path for path in (tmp_path / "data").glob("*.*") if b"for-tests-only" in path.read_bytes()]
        command = Path(f"/proc/{server.pid}/cmdline")
        assert not command.exists() or b"for-tests-only" not in command.read_bytes()
    assert [(path.name, path.stat().st_mode & 0o077) for path in holding] == [("broker.conf", 0)]


def test_two_servers_never_share_one_data_directory(tmp_path: Path) -> None:
    with EmbeddedBroker(tmp_path, password=PASSWORD), pytest.raises(Misconfigured, match=r"broker\.pid"):
        EmbeddedBroker(tmp_path, password=PASSWORD).start()
    with EmbeddedBroker(tmp_path, password=PASSWORD) as later:
        assert later.pid is not None


def test_a_server_that_cannot_start_says_where_to_look(tmp_path: Path, broker: EmbeddedBroker) -> None:
    taken = EmbeddedBroker(tmp_path, password=PASSWORD, port=broker.port)
    with pytest.raises(Unreachable, match=r"broker\.log"):
        taken.start()
    assert taken.pid is None


@pytest.mark.parametrize("password", ["", 'a"b', "a b", "a\nrequirepass b", "ä"])
def test_a_password_that_would_break_the_configuration_is_refused(tmp_path: Path, password: str) -> None:
    with pytest.raises(Misconfigured, match="password"):
        EmbeddedBroker(tmp_path, password=SecretStr(password))


def test_without_the_extra_the_path_is_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Misconfigured, match="embedded"):
        find_server()
    program = tmp_path / "redis-server"
    program.touch(mode=0o755)
    assert find_server() == str(program)


def test_a_free_port_can_be_bound() -> None:
    assert 1024 <= free_port() <= 65535
