"""Runs the desk as a program: its ports from the settings, its app, its server."""

from dataclasses import replace
from functools import partial

import httpx
import uvicorn
from starlette.applications import Starlette

from bridge.errors import Misconfigured
from bridge.events.redis_client import open_client
from bridge.events.redis_stream import RedisEventWriter
from bridge.ledger.store import Database
from bridge.overview import BrokerStanding
from desk.app import make_desk
from desk.ports import Ports
from desk.settings import DeskSettings
from workers.logs import start_logs
from workers.metrics.starting import begin
from workers.settings import FlowerSettings, Settings
from workers.standing import agent_health, broker_standing
from workers.wiring import build_fleet

_STOP_S = 5
_CONNECTIONS = 200
_BROKER_PATIENCE_S = 3.0
_FLOWER_PATIENCE_S = 10.0
_LEDGER_PATIENCE_S = 10.0
"""A page is not worth waiting longer for, and must not hang with a server that is gone."""


def serve(settings: Settings) -> None:
    """Serves until SIGTERM or SIGINT. Raises `Misconfigured` without a `[desk]`, or with a user that has no hash."""
    desk = desk_settings(settings)
    start_logs(settings, "desk")
    begin(settings, "desk")
    config = uvicorn.Config(
        desk_app(settings),
        host=desk.host,
        port=desk.port,
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=_CONNECTIONS,
        timeout_graceful_shutdown=_STOP_S,
        proxy_headers=bool(desk.trusted_proxies),
        forwarded_allow_ips=list(desk.trusted_proxies),
    )
    uvicorn.Server(config).run()


def desk_app(settings: Settings) -> Starlette:
    """The app on the real parts that the settings name; connects when a page is first asked for."""
    client = open_client(settings.broker.url.get_secret_value(), timeout_s=_BROKER_PATIENCE_S)

    def broker() -> BrokerStanding:
        return broker_standing(client, settings.broker.stream)

    section, door = desk_settings(settings), RedisEventWriter(client, settings.broker.stream)
    agents = {name: partial(agent_health, system) for name, system in settings.systems.items()}
    flower = flower_client(settings.flower) if settings.flower else None
    ledger = Database(settings.ledger.url.get_secret_value(), timeout_s=_LEDGER_PATIENCE_S)
    fleet = replace(build_fleet(settings, "desk"), database=ledger)
    return make_desk(Ports(fleet, section, broker, door, agents, flower))


def flower_client(flower: FlowerSettings) -> httpx.Client:
    """Reaches Flower with its own log-in, which people behind the desk never see."""
    url = flower.reached_at or f"http://{flower.host}:{flower.port}"
    log_in = httpx.BasicAuth(flower.user, flower.password.get_secret_value())
    return httpx.Client(base_url=url, auth=log_in, timeout=_FLOWER_PATIENCE_S, trust_env=False)


def desk_settings(settings: Settings) -> DeskSettings:
    """The section of the desk; raises `Misconfigured` when there is none."""
    if settings.desk is None:
        raise Misconfigured("desk: the settings have no [desk]; add one with its users (deploy/examples/tidegate.toml)")
    return settings.desk
