"""Metrics are off until the settings ask for them; then each program has a port of its own."""

import socket
from typing import Any

import pytest
from pydantic import ValidationError

from bridge.ports.observer import NO_OBSERVER
from tests.unit.test_up_services import CONFIG, settings
from workers.app import TidegateApp, make_app, observe
from workers.broker import free_port
from workers.metrics.observing import MeterObserver
from workers.metrics.settings import PORTS
from workers.metrics.starting import begin, number_of
from workers.settings import Settings
from workers.up import services

MANY = {f"sage100:C{number:02}": {} for number in range(21)}


def companies(lanes: dict[str, Any], **more: Any) -> Settings:
    site = {"base_url": "http://127.0.0.1:1", "client_id": "tidegate", "client_secret": "not-a-secret"}
    connection = {"site": site, "lanes": {"main": next(iter(lanes))}}
    return settings(lanes=lanes, connections={"clarity": connection}, **more)


@pytest.fixture
def app() -> TidegateApp:
    return make_app(companies({"sage100:ABC": {}}), "intake")


def test_without_a_section_nothing_listens_and_nothing_is_noted(app: TidegateApp) -> None:
    meter = begin(settings(), "intake")
    assert meter is None
    observe(app, meter)
    assert app.observer is NO_OBSERVER
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", PORTS["intake"])) != 0


def test_a_workers_ports_have_the_observer_of_its_meter(app: TidegateApp) -> None:
    meter = begin(settings(metrics={"ports": {"intake": free_port()}}), "intake")
    assert meter
    observe(app, meter)
    assert isinstance(app.observer, MeterObserver)
    assert app.fleet.observer is app.observer


def test_a_company_is_counted_in_the_order_of_the_lanes() -> None:
    made = companies({"sage100:XYZ": {}, "sage100:ABC": {}})
    assert [number_of(made, company) for company in ("XYZ", "ABC")] == [1, 2]


def test_two_programs_that_would_share_a_port_are_refused() -> None:
    assert companies(MANY)
    with pytest.raises(ValidationError, match="sage-writer 21 and sage-reader 1 would share port 9480"):
        companies(MANY, metrics={})
    assert companies(MANY, metrics={"ports": {"sage-reader": 9600}})
    with pytest.raises(ValidationError, match="receiver 1 and beat 1 would share port 9410"):
        settings(metrics={"ports": {"beat": 9410}})


def test_up_starts_who_reads_ledger_and_broker_where_metrics_are_on() -> None:
    names = [service.name for service in services(settings(), CONFIG)]
    with_metrics = services(settings(metrics={}), CONFIG)
    assert [service.name for service in with_metrics] == [*names[:-1], "metrics", "beat"]
    assert list(with_metrics[-2].argv[3:]) == ["metrics"]
