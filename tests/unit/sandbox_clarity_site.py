"""Starts a real sandbox site, and a real receiver of its webhooks, for the tests of both."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

DEADLINE_S = 15.0
WITHOUT_LIMIT = ("--rate", "10000", "--burst", "10000")


def wait_until(what: Callable[[], Any]) -> Any:
    """The first true value of `what`, asked every few milliseconds until the deadline."""
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        if found := what():
            return found
        time.sleep(0.01)
    raise AssertionError("this did not come true in time")


@dataclass
class RunningSite:
    """A site that runs; `api` is logged on with the site's API key."""

    process: subprocess.Popen[bytes]
    api: httpx.Client
    url: str
    keys: int = 0

    def control(self, method: str, path: str, /, **body: Any) -> httpx.Response:
        headers = {"X-Sandbox-Token": "sandbox-control"}
        return httpx.request(method, f"{self.url}/_sandbox{path}", json=body, headers=headers)

    def do(self, method: str, path: str, /, **body: Any) -> dict[str, Any]:
        """A control call that must work."""
        answer = self.control(method, path, **body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def place(self, *orders: dict[str, Any], **flags: Any) -> list[str]:
        placed = self.do("POST", "/orders", orders=[{"order": order, **flags} for order in orders])
        return [one["id"] for one in placed["placed"]]

    def fault(self, name: str, **setting: Any) -> None:
        self.do("PUT", f"/faults/{name}", **setting)

    def token(self, scope: str = "") -> dict[str, str]:
        """The header with a fresh token."""
        form = {"grant_type": "client_credentials", "scope": scope}
        answer = httpx.post(f"{self.url}/oauth/token", data=form, auth=("sandbox", "sandbox-secret"))
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def post(self, path: str, body: dict[str, Any], key: str | None = None, **more: Any) -> httpx.Response:
        """A POST under a key of its own unless one is given."""
        self.keys += 1
        return self.api.post(path, json=body, headers={"Idempotency-Key": key or f"key-{self.keys}"}, **more)

    def audited(self, order_id: str) -> dict[str, Any]:
        return next(order for order in self.do("GET", "/account")["orders"] if order["id"] == order_id)


@contextmanager
def running_site(folder: Path, *arguments: str, base: str = "/api/v1") -> Iterator[RunningSite]:
    """A site on a port of the system's choice; its data is `folder/site.db`, so that it can be started again."""
    port_file = folder / "port"
    port_file.unlink(missing_ok=True)
    command = [sys.executable, "-m", "sandbox.clarity", "--data", str(folder / "site.db")]
    with subprocess.Popen([*command, "--port-file", str(port_file), *arguments]) as process:
        try:
            wait_until(lambda: process.poll() is not None or port_file.exists())
            url = f"http://127.0.0.1:{port_file.read_text()}"
            with httpx.Client(base_url=url + base, headers={"X-Api-Key": "sandbox-key"}, timeout=10) as api:
                yield RunningSite(process, api, url)
        finally:
            process.terminate()


@dataclass
class Received:
    """One webhook as it came."""

    headers: dict[str, str]
    body: bytes
    at_s: float

    @property
    def envelope(self) -> dict[str, Any]:
        return dict(json.loads(self.body))


@dataclass
class Receiver:
    """Takes webhooks and answers with `answers` in turn, then with 202."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    def wait_for(self, count: int) -> list[Received]:
        wait_until(lambda: len(self.received) >= count)
        return self.received


@contextmanager
def running_receiver() -> Iterator[Receiver]:
    """A receiver on a port of the system's choice."""
    receiver = Receiver()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.received.append(Received(dict(self.headers), body, time.monotonic()))
            self.send_response(receiver.answers.pop(0) if receiver.answers else 202)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()
