"""Somebody who is told by HTTP: a small server for apprise's json:// targets, which may also refuse."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


class AlertDesk:
    """What has arrived, in order. While `refuses` is set it answers 503 and keeps nothing."""

    def __init__(self, port: int) -> None:
        self.url = f"json://127.0.0.1:{port}"
        self.inbox: list[dict[str, Any]] = []
        self.refuses = False

    @property
    def titles(self) -> list[str]:
        """The messages' titles."""
        return [message["title"] for message in self.inbox]

    def take(self, body: bytes) -> int:
        """Takes one message; the status to answer."""
        if self.refuses:
            return 503
        self.inbox.append(json.loads(body))
        return 200


@contextmanager
def alert_desk() -> Iterator[AlertDesk]:
    """A desk that is staffed as long as the context lasts."""

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(desk.take(self.rfile.read(int(self.headers["Content-Length"]))))
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        desk = AlertDesk(server.server_port)
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield desk
        finally:
            server.shutdown()
            thread.join()
