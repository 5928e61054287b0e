"""What compose.yaml mounts works: the secrets, the settings of both kinds, the broker's file, the sandbox's Sage."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from sandbox.sage100.admin import SageAdmin
from tests.guards.compose_file import FLEET, SERVICES, WHOLE, roles, secrets_of
from tests.guards.tree import ROOT
from tests.waits import until
from workers.broker import find_server, free_port
from workers.broker_check import check_broker
from workers.settings import Settings, load_settings

DEPLOY = ROOT / "deploy"
GIVEN = {
    "CLARITY_CLIENT_SECRET": "a",
    "CLARITY_WEBHOOK_SECRET": "b",
    "SAGE_AGENT_KEY": "c",
    "DESK_PASSWORD": "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA",
    "ALERT_TARGET": "json://127.0.0.1",
}


def make_secrets(folder: Path) -> None:
    command = [str(DEPLOY / "make-secrets"), str(folder)]
    subprocess.run(command, env={**os.environ, **GIVEN}, check=True, stdin=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("compose") / "secrets"
    make_secrets(folder)
    return folder


def read_settings(name: str, secrets: Path, folder: Path) -> Settings:
    """The settings as a container reads them, its secrets being in another folder here."""
    text = (DEPLOY / "compose" / name).read_text(encoding="utf-8")
    (folder / name).write_text(text.replace("/run/secrets/", f"{secrets}/"), encoding="utf-8")
    return load_settings(folder / name)


def test_every_secret_is_made_and_only_the_owner_reaches_them(secrets: Path) -> None:
    wanted = {Path(source["file"]).name for source in WHOLE["secrets"].values()}
    made = {path.name: path for path in secrets.iterdir()}
    assert set(made) == wanted
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in made.values()} == {0o444}
    assert all(path.read_text(encoding="utf-8").strip() for path in made.values())


def test_a_second_run_keeps_what_the_first_one_made(secrets: Path) -> None:
    before = {path.name: path.read_bytes() for path in secrets.iterdir()}
    make_secrets(secrets)
    assert {path.name: path.read_bytes() for path in secrets.iterdir()} == before


@pytest.mark.parametrize("name", ["settings.toml", "sandbox.toml"])
def test_the_settings_are_whole(name: str, secrets: Path, tmp_path: Path) -> None:
    settings = read_settings(name, secrets, tmp_path)
    assert set(settings.lanes) == {"sage100:ABC", "sage100:XYZ"}
    assert (settings.agent is not None) == (name == "sandbox.toml")
    assert settings.receiver
    assert settings.flower
    assert (settings.receiver.host, settings.receiver.port) == ("0.0.0.0", 8080)  # noqa: S104  inside a container
    assert (settings.flower.host, settings.flower.port) == ("0.0.0.0", 5555)  # noqa: S104
    assert (secrets / "ledger_password").read_text() in settings.ledger.url.get_secret_value()


@pytest.mark.parametrize("service", [*roles(), "migrate", "watch"])
def test_each_role_can_read_the_settings_with_the_secrets_that_it_is_given(
    service: str, secrets: Path, tmp_path: Path
) -> None:
    for target, source in secrets_of(SERVICES[service]).items():
        (tmp_path / target).write_bytes((secrets / source).read_bytes())
    name = "sandbox.toml" if service == "agent" else "settings.toml"
    assert read_settings(name, tmp_path, tmp_path).broker.url


def test_a_window_of_the_calendar_fits_into_the_writers_grace(secrets: Path, tmp_path: Path) -> None:
    for lane in read_settings("settings.toml", secrets, tmp_path).lanes.values():
        assert lane.calendar.longest.total_seconds() < FLEET.roles["sage-writer"].grace_s


@pytest.fixture
def broker(secrets: Path, tmp_path: Path) -> Iterator[str]:
    """A server that runs with compose's configuration, on a port and in a folder of its own."""
    text = (DEPLOY / "compose/valkey.conf").read_text(encoding="utf-8")
    text = text.replace("dir /data", f"dir {tmp_path}").replace("/run/secrets/", f"{secrets}/")
    port = free_port()
    config = tmp_path / "valkey.conf"
    config.write_text(f"{text}bind 127.0.0.1\nport {port}\nlogfile {tmp_path / 'log'}\n", encoding="utf-8")
    with subprocess.Popen([find_server(), str(config)]) as server:
        try:
            until(lambda: "Ready to accept" in _text(tmp_path / "log"), "the broker to come up")
            yield (secrets / "broker_url").read_text().replace("@broker:6379", f"@127.0.0.1:{port}")
        finally:
            server.terminate()


def _text(path: Path) -> str:
    return path.read_text(errors="replace") if path.exists() else ""


def test_the_broker_keeps_what_it_acknowledged_and_lets_nobody_in_without_a_password(broker: str) -> None:
    with redis.Redis.from_url(broker) as client:
        assert check_broker(client) == []
    host = broker.partition("@")[2]
    with redis.Redis.from_url(f"redis://{host}") as stranger, pytest.raises(redis.AuthenticationError):
        stranger.ping()


def test_the_brokers_health_check_may_ping_and_nothing_else(broker: str) -> None:
    host = broker.partition("@")[2]
    with redis.Redis.from_url(f"redis://health:none@{host}", protocol=2) as health:
        assert health.ping()
        with pytest.raises(redis.exceptions.NoPermissionError):
            health.set("a", "b")


def test_the_sandboxs_sage_is_made_once(tmp_path: Path) -> None:
    interpreter, script, store, *companies = SERVICES["sandbox-sage"]["entrypoint"]
    assert (interpreter, script) == ("python", "/make_sage.py")
    path = tmp_path / Path(store).name
    command = [sys.executable, str(DEPLOY / "compose/make_sage.py"), str(path), *companies]
    subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True)
    admin = SageAdmin(path)
    admin.add_items("ABC", [{"ItemCode": "KEPT"}])
    subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True)
    assert admin.rows("ABC", "CI_Item")
    assert companies == ["ABC", "XYZ"]
    assert "KEPT" in {row["ItemCode"] for row in admin.rows("ABC", "CI_Item")}
    admin.close()
