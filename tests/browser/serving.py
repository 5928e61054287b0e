"""An ASGI app on a real port, in a thread of this process, for a browser to come to."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import uvicorn
from starlette.types import ASGIApp

from tests.waits import until
from workers.broker import free_port


@contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """Where the app is to be found; it is gone with the context."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, access_log=False))
    thread = Thread(target=server.run, name="served")
    thread.start()
    try:
        until(lambda: server.started or not thread.is_alive(), "the app to be served")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()
