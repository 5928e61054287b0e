"""The agent's routes. Every answer is JSON; a batch is answered as one JSON line per record, as it happens."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from bridge.erp.sage100.wire import (
    COMPANY_HEADER,
    CREATED,
    FENCE_HEADER,
    PATHS,
    PURPOSE_HEADER,
    READER,
    SESSION_HEADER,
    BatchBody,
    CountBody,
    FactsBody,
    MatchBody,
    OpenBody,
    ProbeBody,
    ReadBody,
    StampedBody,
    dump,
    fenced_as,
)
from bridge.errors import Misconfigured, Uncertain, Unreachable
from bridge.ports.erp import CUSTOMER
from workers.sage_agent.batches import BatchRun
from workers.sage_agent.doubts import Doubts
from workers.sage_agent.guard import check_key, read_body
from workers.sage_agent.host import HostLost
from workers.sage_agent.notes import AgentNotes
from workers.sage_agent.sessions import AgentSession, Sessions
from workers.sage_agent.settings import AgentSettings

Endpoint = Callable[[Request], Awaitable[Response]]


class Routes:
    """The endpoints over one agent's sessions and notes."""

    def __init__(self, settings: AgentSettings, sessions: Sessions, notes: AgentNotes, doubts: Doubts) -> None:
        self._settings = settings
        self._doubts = doubts
        self._sessions = sessions
        self._notes = notes

    def all(self) -> list[Route]:
        """Every route; all but /health need the key."""
        routes = [
            Route("/health", self._health),
            self._keyed("/session", self._open, "POST"),
            self._keyed("/session", self._list, "GET"),
            self._keyed("/session/{id}", self._close, "DELETE"),
            self._keyed("/session/{id}/end", self._end, "POST"),
            self._keyed("/console", self._console, "GET"),
            self._keyed("/batch/{company}/{batch_id:int}", self._batch, "GET"),
            self._keyed("/facts", self._facts, "POST"),
            self._keyed("/read", self._read, "POST"),
            self._keyed(f"{PATHS[CUSTOMER]}/match", self._match, "POST"),
        ]
        for document, path in PATHS.items():
            routes += [
                self._keyed(path, self._write(document), "POST"),
                self._keyed(f"{path}/probe", self._probe(document), "POST"),
            ]
        for document in CREATED:
            routes += [
                self._keyed(f"{PATHS[document]}/numbers", self._reserve(document), "POST"),
                self._keyed(f"{PATHS[document]}/stamped", self._stamped(document), "POST"),
            ]
        return routes

    def _keyed(self, path: str, endpoint: Endpoint, method: str) -> Route:
        async def checked(request: Request) -> Response:
            check_key(request, self._settings)
            return await endpoint(request)

        return Route(path, checked, methods=[method])

    async def _health(self, _: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def _open(self, request: Request) -> Response:
        session = await self._sessions.open(await self._body(request, OpenBody))
        return JSONResponse({"session_id": session.row.id, "pid": session.row.pid}, status_code=201)

    async def _list(self, _: Request) -> Response:
        live = {session.row.id: session for session in self._sessions.live()}
        return JSONResponse([{**dump(row), "idle_s": _idle_s(live.get(row.id))} for row in self._notes.sessions()])

    async def _console(self, _: Request) -> Response:
        """What Sage itself lists under our users; null where its list cannot be read. People's sessions stay here."""
        listed = await self._doubts.listed()
        sessions = None if listed is None else [dump(row) for row in listed]
        return JSONResponse({"workstation": self._doubts.workstation, "sessions": sessions})

    async def _close(self, request: Request) -> Response:
        """The owner gives its session back; an older fence may not end a newer one's."""
        self._sessions.check_fence(*_lane(request))
        await self._sessions.end(request.path_params["id"])
        return JSONResponse({"ended": request.path_params["id"]})

    async def _end(self, request: Request) -> Response:
        """A person ends a session, or says that a seat which was in doubt is free again."""
        await self._sessions.end(request.path_params["id"])
        self._notes.end_session(request.path_params["id"], gave_seat_back=True)
        return JSONResponse({"ended": request.path_params["id"]})

    async def _batch(self, request: Request) -> Response:
        company, batch_id = request.path_params["company"], request.path_params["batch_id"]
        if not self._sessions.is_live(self._notes.session_of(company, batch_id)):
            self._notes.close_batch(company, batch_id)
        return JSONResponse(dump(self._notes.batch(company, batch_id)))

    def _write(self, document: str) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            batch = await self._body(request, BatchBody)
            session = self._session(request)
            if session.row.purpose.startswith(READER):
                raise Misconfigured(f"session {session.row.id} only reads; write through a writer's session")
            if not self._notes.open_batch(session.row.company, batch.batch_id, session.row.id):
                raise Uncertain(f"batch {batch.batch_id} was sent or asked for before; its notes tell what was begun")
            run = BatchRun(self._sessions, self._notes, session, document, batch)
            return StreamingResponse(_json_lines(run), media_type="application/x-ndjson")

        return endpoint

    def _reserve(self, document: str) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            count = (await self._body(request, CountBody)).count
            return JSONResponse(await self._ask_each(request, "reserve", [{"document": document}] * count))

        return endpoint

    def _probe(self, document: str) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            keys = (await self._body(request, ProbeBody)).keys
            asks = [{"document": document, "key": dump(key)} for key in keys]
            return JSONResponse(await self._ask_each(request, "probe", asks))

        return endpoint

    def _stamped(self, document: str) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            wanted = await self._body(request, StampedBody)
            [page] = await self._ask_each(request, "stamped", [{"document": document, **dump(wanted)}])
            return JSONResponse(page)

        return endpoint

    async def _read(self, request: Request) -> Response:
        wanted = await self._body(request, ReadBody)
        [page] = await self._ask_each(request, "read", [{"ask": dump(wanted)}])
        return JSONResponse(page)

    async def _match(self, request: Request) -> Response:
        queries = (await self._body(request, MatchBody)).queries
        hits = await self._ask_each(request, "match", [{"query": dump(query)} for query in queries])
        return JSONResponse([[query.record_id, found] for query, found in zip(queries, hits, strict=True)])

    async def _facts(self, request: Request) -> Response:
        wanted = await self._body(request, FactsBody)
        customers = await self._ask_each(request, "customer", [{"number": number} for number in wanted.customers])
        items = await self._ask_each(request, "item", [{"code": code} for code in wanted.items])
        return JSONResponse({"customers": _known(wanted.customers, customers), "items": _known(wanted.items, items)})

    async def _ask_each(self, request: Request, call: str, asks: list[dict[str, Any]]) -> list[Any]:
        """All questions at once, each within its own deadline; together they wait for the records in hand only."""
        session = self._session(request)
        try:
            return await asyncio.gather(*(self._sessions.ask(session, call, **ask) for ask in asks))
        except HostLost as lost:
            raise Unreachable(str(lost)) from lost

    def _session(self, request: Request) -> AgentSession:
        """The caller's own session; an old fence is told so even when its session has long ended."""
        self._sessions.check_fence(*_lane(request))
        return self._sessions.find(request.headers.get(SESSION_HEADER, ""))

    async def _body(self, request: Request, shape: type[Any]) -> Any:
        return await read_body(request, shape, self._settings.body_limit_bytes)


def _lane(request: Request) -> tuple[str, int]:
    """Whose fences the request's own is counted with, and its fence."""
    try:
        counted = fenced_as(request.headers[COMPANY_HEADER], request.headers.get(PURPOSE_HEADER, ""))
        return counted, int(request.headers[FENCE_HEADER])
    except (KeyError, ValueError) as missing:
        raise Misconfigured(f"the request needs {COMPANY_HEADER}, and {FENCE_HEADER} as a whole number") from missing


def _idle_s(session: AgentSession | None) -> float | None:
    return round(time.monotonic() - session.called_at_s, 1) if session else None


def _known(names: list[str], standings: list[Any]) -> dict[str, Any]:
    return {name: standing for name, standing in zip(names, standings, strict=True) if standing is not None}


async def _json_lines(run: BatchRun) -> AsyncIterator[bytes]:
    async for line in run.lines():
        yield (json.dumps(dump(line)).encode() if line else b"") + b"\n"
