"""The receiver's HTTP face: POST /webhooks/{connection}, GET /health, GET /ready."""

import asyncio
import math
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Protocol

import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bridge.errors import TryLater, Uncertain
from bridge.ports.clock import Clock, SystemClock
from bridge.ports.events import Event
from workers.receiver.admission import Admission, Refusal
from workers.receiver.envelope import identify
from workers.receiver.nudge import Nudger
from workers.receiver.settings import ReceiverSettings

_log = structlog.get_logger(__name__)


class DoorWriter(Protocol):
    """What the receiver needs of the stream; `bridge.events.group_writer.GroupWriter` is one."""

    async def append(self, event: Event) -> None:
        """Returns once the broker has the event on disk; raises `Unreachable`, `Uncertain`."""

    async def ping(self) -> None:
        """Returns if the broker answers; raises `Unreachable`."""

    async def close(self) -> None:
        """Lets what is under way end, then closes."""


def create_app(
    settings: ReceiverSettings,
    writer: DoorWriter,
    on_events: Callable[[], None],
    clock: Clock | None = None,
    on_answer: Callable[[str], None] = lambda _kind: None,
) -> Starlette:
    """The ASGI app. It takes the writer over and closes it at its own end.

    `on_events` is called from a thread soon after events were stored, at most every 200 ms; it may fail or hang.
    `on_answer` hears the kind of each answer, such as `accepted`, before it is sent; it must not wait.
    """
    door = _Door(settings, writer, Nudger(on_events), clock or SystemClock(), on_answer)
    routes = [
        Route("/webhooks/{connection}", door.receive, methods=["POST"]),
        Route("/health", door.health),
        Route("/ready", door.ready),
    ]
    return Starlette(routes=routes, lifespan=door.lifespan, exception_handlers={Refusal: door.refuse})


class _Door:
    def __init__(
        self,
        settings: ReceiverSettings,
        writer: DoorWriter,
        nudger: Nudger,
        clock: Clock,
        on_answer: Callable[[str], None],
    ) -> None:
        self._settings = settings
        self._writer = writer
        self._nudger = nudger
        self._clock = clock
        self._admission = Admission(settings, clock)
        self._answers: Counter[str] = Counter()
        self._on_answer = on_answer

    @asynccontextmanager
    async def lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        self._nudger.start()
        try:
            yield
        finally:
            await self._writer.close()
            await asyncio.to_thread(self._nudger.stop)

    async def receive(self, request: Request) -> Response:
        """202 with a receipt once the event is on the broker's disk. The same event again is stored again."""
        name, connection, body = await self._admission.admit(request)
        event_id, topic = identify(request.headers, body, connection)
        await self._store(Event(name, event_id, topic, body, received_at=self._clock.now()))
        self._count("accepted")
        self._nudger.nudge()
        return JSONResponse({"receipt": event_id}, status_code=202)

    async def health(self, _request: Request) -> Response:
        """200 while the process is up, with the number of answers by kind since its start."""
        return JSONResponse({"status": "up", "answers": self._answers})

    async def ready(self, _request: Request) -> Response:
        """200 when the broker answers, so that a load balancer may send requests here; else 503."""
        try:
            async with asyncio.timeout(self._settings.store_deadline_s):
                await self._writer.ping()
        except (TryLater, TimeoutError):
            return JSONResponse({"status": "the event broker does not answer"}, status_code=503)
        return JSONResponse({"status": "ready"})

    async def refuse(self, _request: Request, refusal: Exception) -> Response:
        """The answer that a `Refusal` stands for."""
        if not isinstance(refusal, Refusal):
            raise refusal
        self._count(refusal.reason)
        headers = {"Retry-After": str(math.ceil(refusal.after_s))} if refusal.after_s else {}
        if refusal.status in (408, 413):
            headers["Connection"] = "close"  # the rest of the body is still on its way, and nobody will read it
        if not refusal.text:
            return Response(status_code=refusal.status, headers=headers)
        return JSONResponse({"error": refusal.text}, status_code=refusal.status, headers=headers)

    def _count(self, kind: str) -> None:
        self._answers[kind] += 1
        self._on_answer(kind)

    async def _store(self, event: Event) -> None:
        try:
            async with asyncio.timeout(self._settings.store_deadline_s):
                await self._writer.append(event)
        except (TryLater, Uncertain, TimeoutError) as error:
            _log.warning("event_not_stored", connection=event.connection, event_id=event.event_id, error=repr(error))
            text = "the event is not known to be stored; send it again"
            raise Refusal(503, "broker away", text, after_s=self._settings.retry_after_s) from error
