"""GET /metrics of one program, in a thread beside its work."""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from hmac import compare_digest
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socket import AF_INET, AF_INET6
from socketserver import ThreadingTCPServer
from threading import Thread
from typing import Any

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from workers.metrics.settings import MetricsSettings

_TRY_AGAIN_S = 5.0
_PATIENCE_S = 5.0

_log = structlog.get_logger(__name__)


def show(registry: CollectorRegistry, settings: MetricsSettings, role: str, number: int = 1) -> None:
    """Shows a registry on the role's port for as long as the program lives, in a daemon thread; returns at once.

    A port that is taken is told in the log and tried again: no order is to wait because of a figure.
    """
    make = partial(_listening, registry, settings, settings.port_of(role, number))
    Thread(target=_serve, args=(make(), make), name="metrics", daemon=True).start()


def _serve(server: "_Server | None", make: Callable[[], "_Server | None"]) -> None:
    while server is None:
        time.sleep(_TRY_AGAIN_S)
        server = make()
    server.serve_forever()


def _listening(registry: CollectorRegistry, settings: MetricsSettings, port: int) -> "_Server | None":
    """A server that listens, or None when it cannot."""
    try:
        server = _Server(registry, settings, port)
    except OSError as error:
        _log.warning("metrics_not_shown", host=settings.host, port=port, error=str(error), again_in_s=_TRY_AGAIN_S)
        return None
    os.register_at_fork(after_in_child=server.socket.close)  # or a child that outlives us would keep the port
    return server


class _Server(ThreadingTCPServer):
    """Not the library's HTTPServer, which asks a name server for its own name before it listens."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, registry: CollectorRegistry, settings: MetricsSettings, port: int) -> None:
        self.address_family = AF_INET6 if ":" in settings.host else AF_INET
        self.registry = registry
        self.wanted = f"Bearer {settings.token.get_secret_value()}".encode() if settings.token else None
        super().__init__((settings.host, port), _Answer)

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Answers one reader; one that goes away in the middle is no news."""
        with suppress(OSError):
            super().finish_request(request, client_address)


class _Answer(BaseHTTPRequestHandler):
    server: _Server
    timeout = _PATIENCE_S

    def do_GET(self) -> None:
        """200 with the figures; 401 without the token that is asked for, 404 elsewhere."""
        shown = self.headers.get("Authorization", "").encode()
        if self.server.wanted is not None and not compare_digest(shown, self.server.wanted):
            self._say(HTTPStatus.UNAUTHORIZED, b"")
        elif self.path.partition("?")[0] != "/metrics":
            self._say(HTTPStatus.NOT_FOUND, b"")
        else:
            self._say(HTTPStatus.OK, generate_latest(self.server.registry))

    def _say(self, status: HTTPStatus, body: bytes) -> None:
        self.send_response(status)
        if status is HTTPStatus.UNAUTHORIZED:
            self.send_header("WWW-Authenticate", "Bearer")
        self.send_header("Content-Type", CONTENT_TYPE_LATEST)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """A look at the figures is no event."""

    def version_string(self) -> str:
        """Tells nobody which Python this is."""
        return "tidegate"
