"""One receiver process for `bench.door`: ours, the same one storing nothing, or one Celery message a request."""

import socket
import sys
from pathlib import Path

import uvicorn
from celery import Celery

from bridge.ports.events import Event
from workers.logs import quiet_logs
from workers.receiver.app import DoorWriter, create_app
from workers.receiver.server import make_server
from workers.receiver.settings import ReceiverSettings


class Nowhere:
    """Stores nothing."""

    async def append(self, event: Event) -> None:
        """At once."""

    async def ping(self) -> None:
        """Always."""

    async def close(self) -> None:
        """Nothing is open."""


class Delayed(Nowhere):
    """What people do first: `delay` in the request, one message an event."""

    def __init__(self, url: str) -> None:
        self._app = Celery(broker=url, task_ignore_result=True)
        self._task = self._app.signature("take.event", queue="bench")

    async def append(self, event: Event) -> None:
        """Returns once the broker has the message."""
        self._task.delay(event.body.decode())


def main(kind: str, settings: Path, url: str, port: str) -> None:
    """Serves until it is told to end."""
    quiet_logs()
    chosen = ReceiverSettings.model_validate_json(settings.read_bytes())
    if kind == "ours":
        server = make_server(chosen, redis_url=url, on_events=lambda: None)
    else:
        writer: DoorWriter = Nowhere() if kind == "nothing" else Delayed(url)
        app = create_app(chosen, writer, lambda: None)
        server = uvicorn.Server(
            uvicorn.Config(app, lifespan="on", log_config=None, access_log=False, server_header=False)
        )
    with socket.create_server(("127.0.0.1", int(port))) as listener:
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        server.run(sockets=[listener])


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], sys.argv[4])
