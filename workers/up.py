"""All roles on one machine: the services that `tidegate up` supervises, made from the settings and `fleet.toml`."""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from pydantic import SecretStr

from bridge.errors import Misconfigured
from bridge.events.redis_client import open_client
from workers.broker import EmbeddedBroker
from workers.progress import WorkerProgress
from workers.queues import company_of, queues_of
from workers.roles import Role, load_fleet
from workers.service import Service
from workers.settings import CONFIG_VARIABLE, Settings


def services(settings: Settings, config: Path) -> list[Service]:
    """What one machine runs, in starting order; `config` is the file that each process reads again.

    Roles without a section in the settings (receiver, agent, flower, desk, an embedded broker) run elsewhere.
    """
    made = [_broker(settings)] if settings.broker.embedded_data else []
    for role in load_fleet().roles.values():
        made += _of_role(role, settings, config)
    made += _metrics(settings, config)
    return sorted(made, key=lambda service: service.tier)


_TIERS = {"broker": 0, "agent": 1, "receiver": 2, "beat": 4}
"""What others wait for comes first, and is stopped last; beat, which makes them work, is stopped first."""
_WORKERS_TIER = 3


def _of_role(role: Role, settings: Settings, config: Path) -> list[Service]:
    if role.runs == "worker":
        return _workers(role, settings, config)
    section = {"receiver": settings.receiver, "agent": settings.agent, "flower": settings.flower, "desk": settings.desk}
    if role.name in section and section[role.name] is None:
        return []
    return [_service(role, role.name, [role.name], config, _ready(role.name, settings))]


def _workers(role: Role, settings: Settings, config: Path) -> list[Service]:
    """One that would consume no queue of this fleet is not started."""
    companies = [company_of(lane) for lane in settings.lanes] if role.is_per_company else [None]
    wanted = set(queues_of(settings))
    return [
        _worker(role, company, number, settings, config)
        for company in companies
        if wanted.intersection(load_fleet().worker_options(role.name, company)["queues"])
        for number in range(1, role.processes + 1)
    ]


def _worker(role: Role, company: str | None, number: int, settings: Settings, config: Path) -> Service:
    arguments = ["worker", role.name, "--number", str(number), *(["--company", company] if company else [])]
    service = _service(role, f"{role.name}.{company or number}", arguments, config, None)
    progress = WorkerProgress(settings, load_fleet().worker_options(role.name, company, number=number), role.processes)
    # Asked once it has had time for a heartbeat of its own: that of its former life says nothing.
    return replace(service, progress=progress, settle_s=progress.limit_s)


def _metrics(settings: Settings, config: Path) -> list[Service]:
    """Who shows how ledger and broker stand: no role, as nothing is done by it."""
    if settings.metrics is None:
        return []
    argv = [sys.executable, "-m", "workers.cli", "metrics"]
    return [Service(name="metrics", argv=argv, env={CONFIG_VARIABLE: str(config)}, tier=_WORKERS_TIER)]


def _service(role: Role, name: str, arguments: list[str], config: Path, ready: Callable[[], bool] | None) -> Service:
    return Service(
        name=name,
        argv=[sys.executable, "-m", "workers.cli", *arguments],
        env={CONFIG_VARIABLE: str(config), **role.environment},
        grace_s=role.grace_s,
        ready=ready,
        tier=_TIERS.get(role.name, _WORKERS_TIER),
    )


def _ready(name: str, settings: Settings) -> Callable[[], bool] | None:
    if name == "agent" and settings.agent:
        return lambda: _answers(f"http://{settings.agent.host}:{settings.agent.port}/health")  # type: ignore[union-attr]
    if name == "receiver" and settings.receiver:
        return lambda: _answers(f"http://{settings.receiver.host}:{settings.receiver.port}/health")  # type: ignore[union-attr]
    if name == "desk" and settings.desk:
        return lambda: _answers(f"http://{settings.desk.host}:{settings.desk.port}/health")  # type: ignore[union-attr]
    return None


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=1).is_success
    except httpx.HTTPError:
        return False


def _broker(settings: Settings) -> Service:
    url = settings.broker.url.get_secret_value()
    parts = urlsplit(url)
    if settings.broker.embedded_data is None or not parts.password or not parts.port:
        raise Misconfigured("broker.url: an embedded broker needs a URL with password and port")
    embedded = EmbeddedBroker(settings.broker.embedded_data, password=SecretStr(parts.password), port=parts.port)
    return Service(name="broker", argv=embedded.command(), ready=lambda: _pings(url), grace_s=15)


def _pings(url: str) -> bool:
    try:
        with open_client(url, timeout_s=1) as client:
            return bool(client.ping())
    except OSError:
        return False
    except Exception as error:
        if "loading" in str(error).lower() or "connect" in str(error).lower():
            return False
        raise
