"""What `tidegate up` would start: which services, in which order, how each is stopped, and when it counts as ready."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from bridge.errors import Misconfigured
from bridge.flows.settings import ReaderSettings
from workers.broker import EmbeddedBroker, free_port
from workers.queues import queues_of
from workers.roles import load_fleet
from workers.service import Service
from workers.settings import CONFIG_VARIABLE, LaneSettings, Settings
from workers.supervisor import Supervisor
from workers.up import services

CONFIG = Path("/etc/tidegate.toml")
SECRET = "letters-and-digits-0123"


def settings(**sections: Any) -> Settings:
    """Two companies, and nothing that runs here but workers and beat."""
    base: dict[str, Any] = {
        "broker": {"url": f"redis://:{SECRET}@127.0.0.1:6379/0"},
        "ledger": {"url": "sqlite://"},
        "connections": {
            "clarity": {
                "site": {"base_url": "http://127.0.0.1:1"},
                "lanes": {"main": "sage100:ABC", "west": "sage100:XYZ"},
            }
        },
        "systems": {"sage100": {"agent": {"url": "http://127.0.0.1:1", "api_key": "none"}}},
        "lanes": {"sage100:ABC": {}, "sage100:XYZ": {}},
    }
    return Settings(**{**base, **sections})


def everything(tmp_path: Path) -> Settings:
    """Settings by which every role runs here, and the broker too."""
    return settings(
        broker={"url": f"redis://:{SECRET}@127.0.0.1:{free_port()}/0", "embedded_data": tmp_path / "broker"},
        receiver={"port": free_port(), "connections": {"clarity": {"signing": {"secrets": ["s"]}}}},
        agent={
            "port": free_port(),
            "settings": {"api_key": "k", "companies": {}, "home": "C:\\Sage", "state_file": tmp_path / "agent.db"},
        },
        desk={"port": free_port(), "users": {"ann": {"role": "view", "password": "$argon2id$"}}},
        flower={"port": free_port(), "password": "12345678", "cookie_secret": "1234567890abcdef"},
    )


def named(made: list[Service]) -> dict[str, Service]:
    return {service.name: service for service in made}


def test_without_their_sections_receiver_agent_flower_and_broker_run_elsewhere() -> None:
    assert [service.name for service in services(settings(), CONFIG)] == [
        "intake.1", "storefront.1", "showcase.1", "steward.1", "sage-writer.ABC", "sage-writer.XYZ",
        "sage-reader.ABC", "sage-reader.XYZ", "beat",
    ]  # fmt: skip


def test_what_others_wait_for_comes_first(tmp_path: Path) -> None:
    names = [service.name for service in services(everything(tmp_path), CONFIG)]
    assert names[:3] == ["broker", "agent", "receiver"]
    assert set(names) - {"broker"} == {
        "receiver", "intake.1", "storefront.1", "showcase.1", "steward.1", "sage-writer.ABC", "sage-writer.XYZ",
        "sage-reader.ABC", "sage-reader.XYZ", "beat", "flower", "desk", "agent",
    }  # fmt: skip


def test_each_service_is_a_command_of_ours_with_the_settings_and_the_stop_of_its_role(tmp_path: Path) -> None:
    roles = load_fleet().roles
    for service in services(everything(tmp_path), CONFIG):
        if service.name == "broker":
            continue
        role = roles[service.name.partition(".")[0]]
        assert list(service.argv[:3]) == [sys.executable, "-m", "workers.cli"]
        assert service.env == {CONFIG_VARIABLE: str(CONFIG), **role.environment}
        assert service.grace_s == role.grace_s


def test_a_writer_is_started_for_its_company_and_the_others_by_number() -> None:
    made = named(services(settings(), CONFIG))
    assert list(made["sage-writer.XYZ"].argv[3:]) == ["worker", "sage-writer", "--number", "1", "--company", "XYZ"]
    assert list(made["intake.1"].argv[3:]) == ["worker", "intake", "--number", "1"]
    assert list(made["beat"].argv[3:]) == ["beat"]


def test_no_secret_is_on_a_command_line(tmp_path: Path) -> None:
    for service in services(everything(tmp_path), CONFIG):
        assert SECRET not in " ".join(service.argv)
        assert SECRET not in " ".join(service.env.values())


@pytest.mark.parametrize("url", ["redis://127.0.0.1:6379/0", "redis://:secret@127.0.0.1/0"])
def test_an_embedded_broker_needs_password_and_port(tmp_path: Path, url: str) -> None:
    with pytest.raises(Misconfigured, match="password and port"):
        services(settings(broker={"url": url, "embedded_data": tmp_path}), CONFIG)


def test_the_broker_is_ready_once_it_answers_and_not_before(tmp_path: Path) -> None:
    made = named(services(everything(tmp_path), CONFIG))["broker"]
    ready = _ready_of(made)
    assert not ready()
    with Supervisor([made], tmp_path / "run"):
        assert ready()
    assert not ready()


def test_the_broker_of_somebody_else_is_an_error_and_no_readiness(broker: EmbeddedBroker, tmp_path: Path) -> None:
    url = f"redis://:{SECRET}@127.0.0.1:{broker.port}/0"
    made = named(services(settings(broker={"url": url, "embedded_data": tmp_path / "b"}), CONFIG))["broker"]
    with pytest.raises(Exception, match="invalid username-password"):
        _ready_of(made)()


@pytest.mark.parametrize(
    ("name", "status", "is_ready"), [("receiver", 200, True), ("agent", 200, True), ("agent", 500, False)]
)
def test_a_server_is_ready_once_its_health_is_well(tmp_path: Path, name: str, status: int, is_ready: bool) -> None:
    chosen = everything(tmp_path)
    section = chosen.receiver if name == "receiver" else chosen.agent
    assert section is not None
    ready = _ready_of(named(services(chosen, CONFIG))[name])
    assert not ready()
    with _answering(section.port, status):
        assert ready() is is_ready


class _Health(BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status if self.path == "/health" else 404)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


@contextmanager
def _answering(port: int, status: int) -> Iterator[None]:
    """A server on the port that gives this status for its health."""
    answers = type("Health", (_Health,), {"status": status})
    with HTTPServer(("127.0.0.1", port), answers) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


def _ready_of(service: Service) -> Callable[[], bool]:
    assert service.ready is not None
    return service.ready


def test_a_company_that_is_never_read_has_no_reader() -> None:
    chosen = settings()
    lanes = dict(chosen.lanes)
    lanes["sage100:ABC"] = LaneSettings(reading=ReaderSettings(hours=()))
    unread = chosen.model_copy(update={"lanes": lanes})
    names = [service.name for service in services(unread, CONFIG)]
    assert [name for name in names if name.startswith("sage-reader")] == ["sage-reader.XYZ"]
    assert "sage.ABC.read" not in queues_of(unread)
