"""Runs the receiver as a process."""

import socket
from collections.abc import Callable

import uvicorn

from bridge.events.group_writer import GroupWriter
from bridge.events.redis_client import open_async_client
from bridge.events.wire import stream_name
from workers.receiver.app import create_app
from workers.receiver.settings import ReceiverSettings

VENDOR = "clarity"


def make_server(
    settings: ReceiverSettings,
    *,
    redis_url: str,
    on_events: Callable[[], None],
    on_answer: Callable[[str], None] = lambda _kind: None,
) -> uvicorn.Server:
    """The HTTP server, not started, with its writer on the broker at `redis_url`."""
    client = open_async_client(redis_url, timeout_s=settings.store_deadline_s)
    app = create_app(settings, GroupWriter(client, stream_name(VENDOR)), on_events, on_answer=on_answer)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=settings.concurrent_connections,
        timeout_graceful_shutdown=settings.stop_deadline_s,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
    )
    return uvicorn.Server(config)


def serve(
    settings: ReceiverSettings,
    *,
    redis_url: str,
    on_events: Callable[[], None],
    on_answer: Callable[[str], None] = lambda _kind: None,
    sockets: list[socket.socket] | None = None,
) -> None:
    """Serves until SIGTERM or SIGINT; then takes no new connection and answers what it has accepted.

    `sockets` are listening sockets made by a supervisor; without them it listens on the settings' host and port.
    """
    make_server(settings, redis_url=redis_url, on_events=on_events, on_answer=on_answer).run(sockets=sockets)
