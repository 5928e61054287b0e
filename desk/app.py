"""The desk as an ASGI app: pages behind their door, static files, and the headers that every answer carries."""

from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from desk.gate import endpoint
from desk.pages import PAGES
from desk.ports import Ports
from desk.rendering import Desk

_STATIC = Path(__file__).parent / "static"
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    # Not no-referrer: with that, browsers name no origin with a form, and we ask for it.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}
"""Set on every answer that does not say otherwise itself."""


def make_desk(ports: Ports) -> Starlette:
    """The ASGI app. Raises `Misconfigured` for a user whose password is no hash."""
    desk = Desk(ports)
    routes: list[BaseRoute] = [Route(each.path, endpoint(desk, each), methods=[each.method]) for each in PAGES]
    routes += [Route("/health", _health), Mount("/static", StaticFiles(directory=_STATIC))]
    return Starlette(routes=routes, middleware=[Middleware(_Headers)], exception_handlers={404: _not_there})


async def _health(_request: Request) -> Response:
    """200 while the process is up; asks nothing of anybody."""
    return JSONResponse({"status": "up"})


async def _not_there(_request: Request, _error: Exception) -> Response:
    return Response("There is no such page.\n", status_code=404, media_type="text/plain")


class _Headers:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add(message)
            await send(message)

        await self._app(scope, receive, with_headers)


def _add(message: MutableMapping[str, Any]) -> None:
    headers = MutableHeaders(scope=message)
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
