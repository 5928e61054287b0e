"""GET /metrics: who may read it, and that a taken port holds up nobody."""

import socket
from itertools import pairwise
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry, Counter
from pydantic import ValidationError

from tests.waits import until
from workers.broker import free_port
from workers.metrics import endpoint
from workers.metrics.endpoint import show
from workers.metrics.settings import PORTS, MetricsSettings
from workers.roles import load_fleet

TOKEN = "a-token-of-some-length"


def shown(number: int = 1, **settings: Any) -> str:
    """The address of an endpoint that shows one counter at 1."""
    registry, port = CollectorRegistry(), free_port()
    Counter("seen", "what is looked at", registry=registry).inc()
    chosen = MetricsSettings.model_validate({"ports": {"intake": port - number + 1}, **settings})
    show(registry, chosen, "intake", number)
    return f"http://127.0.0.1:{port}/metrics"


def test_the_figures_are_shown_on_the_port_of_role_and_number() -> None:
    answer = httpx.get(shown(number=3))
    assert answer.status_code == 200
    assert "seen_total 1.0" in answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=")


def test_nothing_else_is_there() -> None:
    url = shown().removesuffix("/metrics")
    assert [httpx.get(url + path).status_code for path in ("/", "/metricsx", "/metrics?name=seen")] == [404, 404, 200]
    assert httpx.post(url + "/metrics").status_code == 501


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}])
def test_without_the_token_nothing_is_shown(headers: dict[str, str]) -> None:
    url = shown(token=TOKEN)
    refused = httpx.get(url, headers=headers)
    assert (refused.status_code, refused.text) == (401, "")
    assert httpx.get(url, headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200


def test_a_port_that_is_taken_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "_TRY_AGAIN_S", 0.01)
    with socket.create_server(("127.0.0.1", free_port())) as taken:
        port = taken.getsockname()[1]
        show(CollectorRegistry(), MetricsSettings(ports={"intake": port}), "intake")
    until(lambda: _answers(port), "the endpoint on a port that was taken at first")


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/metrics").is_success
    except httpx.HTTPError:
        return False


@pytest.mark.parametrize("host", ["192.0.2.1", "10.0.0.7", "::", "metrics.example"])
def test_an_address_that_others_reach_needs_a_token(host: str) -> None:
    with pytest.raises(ValidationError, match="needs a token"):
        MetricsSettings(host=host)
    assert MetricsSettings.model_validate({"host": host, "token": TOKEN})


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.8.8.8"])
def test_the_loopback_needs_none(host: str) -> None:
    assert MetricsSettings(host=host).token is None


@pytest.mark.parametrize(("ports", "why"), [({"flower": 9000}, "shows no metrics"), ({"beat": 0}, "is no port")])
def test_ports_are_of_roles_and_can_be_used(ports: dict[str, int], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        MetricsSettings(ports=ports)


def test_every_role_has_a_port_but_flower_which_has_metrics_of_its_own() -> None:
    assert set(PORTS) == {*load_fleet().roles, "metrics"} - {"flower"}
    assert all(other - port >= 10 for port, other in pairwise(sorted(PORTS.values())))
