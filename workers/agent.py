"""The Sage agent: runs beside Sage on Windows and lends its sessions out over HTTP (design, section 8)."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import uvicorn
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bridge.erp.sage100.wire import error_to_wire
from bridge.errors import (
    LaneLocked,
    Misconfigured,
    NoSeat,
    Refused,
    StaleFence,
    TidegateError,
    TryLater,
    Unauthorised,
    Uncertain,
    Unreachable,
)
from workers.sage_agent.doubts import Doubts
from workers.sage_agent.notes import AgentNotes
from workers.sage_agent.routes import Routes
from workers.sage_agent.sessions import Sessions
from workers.sage_agent.settings import AgentSettings

__all__ = ["AgentSettings", "create_app", "serve"]

_STATUS: dict[type[TidegateError], int] = {
    StaleFence: 409,
    Uncertain: 409,
    NoSeat: 503,
    LaneLocked: 423,
    Unauthorised: 403,
    Misconfigured: 400,
    Refused: 422,
    Unreachable: 410,
    TryLater: 503,
}
"""For people and proxies; our client goes by the `error` in the body. 410: the session is gone."""


OnAnswer = Callable[[int], None]
"""Hears the HTTP status of each answer, before it is sent; it must not wait."""


class _Counted:
    """Tells of each answer's status."""

    def __init__(self, app: ASGIApp, on_answer: OnAnswer) -> None:
        self._app = app
        self._on_answer = on_answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._on_answer(message["status"])
            await send(message)

        await self._app(scope, receive, sending)


def create_app(settings: AgentSettings, on_answer: OnAnswer = lambda _status: None) -> Starlette:
    """The ASGI app. Starting it ends what a former life of the agent left behind; stopping it gives every seat back."""
    notes = AgentNotes(settings.state_file)
    doubts = Doubts(settings, notes)
    sessions = Sessions(settings, notes, doubts)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await sessions.start()
        watch = asyncio.create_task(_watch_for_ever(sessions, settings.idle_limit_s / 10))
        try:
            yield
        finally:
            watch.cancel()
            with suppress(asyncio.CancelledError):
                await watch
            await sessions.end_all()
            notes.close()

    return Starlette(
        routes=Routes(settings, sessions, notes, doubts).all(),
        lifespan=lifespan,
        middleware=[Middleware(_Counted, on_answer=on_answer)],
        exception_handlers={TidegateError: _tell_error, ValidationError: _tell_invalid, HTTPException: _tell_http},
    )


async def _watch_for_ever(sessions: Sessions, interval_s: float) -> None:
    while True:
        await asyncio.sleep(interval_s)
        await sessions.end_idle()
        await sessions.settle_doubts()


async def _tell_error(_: Request, error: Exception) -> Response:
    status = next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), 500)
    told = error_to_wire(error) if isinstance(error, TidegateError) else {}
    return JSONResponse(told, status)


async def _tell_invalid(_: Request, error: Exception) -> Response:
    """Says which field is wrong, without its value: it may be a person's data."""
    places = error.errors(include_input=False, include_url=False) if isinstance(error, ValidationError) else []
    text = "; ".join(f"{'.'.join(map(str, place['loc']))}: {place['msg']}" for place in places)
    return JSONResponse(error_to_wire(Misconfigured(f"the agent does not take this request: {text}")), 422)


async def _tell_http(_: Request, error: Exception) -> Response:
    status, text = (error.status_code, error.detail) if isinstance(error, HTTPException) else (500, "")
    kind = Unauthorised if status == 401 else Misconfigured
    return JSONResponse(error_to_wire(kind(f"the agent answered {status}: {text}")), status)


def serve(settings: AgentSettings, host: str, port: int, on_answer: OnAnswer = lambda _status: None) -> None:
    """Serves until it is told to stop; the batches in hand end first. Without a certificate, keep it on loopback."""
    uvicorn.run(
        create_app(settings, on_answer),
        host=host,
        port=port,
        ssl_certfile=settings.certificate_file,
        ssl_keyfile=settings.certificate_key_file,
        log_config=None,
        access_log=False,
    )
