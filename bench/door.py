"""What the door takes: signed webhooks over 32 connections into one receiver process, on disk before each 202."""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from secrets import token_hex

import httpx
from pydantic import SecretStr

from bench.door_client import Load, load
from bench.measuring import Say, Series, Table, in_turn
from bridge.storefront.clarity.webhook import WebhookSettings, sign
from workers.broker import EmbeddedBroker, free_port

CONNECTIONS = 32
SECONDS = 3.0
BODIES = 2_000
SECRET = "whsec_bench_0123456789abcdef"  # noqa: S105  of a door that lives for seconds, on the loopback
KINDS = {"the same door storing nothing": "nothing", "Tidegate": "ours", "Celery, delay in the request": "delay"}


def measure(repeats: int, say: Say) -> list[Table]:
    """Rates and long waits with bodies of 2.5 and of 8 KB."""
    return [table for size in (2_500, 8_000) for table in _tables(size, repeats, say)]


def _tables(size: int, repeats: int, say: Say) -> list[Table]:
    waits: dict[str, list[float]] = {name: [] for name in KINDS}
    with (
        tempfile.TemporaryDirectory() as folder,
        EmbeddedBroker(Path(folder) / "broker", password=SecretStr(token_hex(16))) as broker,
    ):
        sides = {
            name: partial(_rate, kind, Path(folder), broker.url, size, waits[name]) for name, kind in KINDS.items()
        }
        rates = in_turn(sides, repeats, say)
    yardstick = next(iter(KINDS))
    title = f"webhooks of {size / 1000:g} KB over {CONNECTIONS} connections"
    p99 = {name: Series(tuple(values)) for name, values in waits.items()}
    return [
        Table(title, "answers a second", rates, yardstick),
        Table(f"{title}: 99 in 100 are answered within", "ms", p99, yardstick),
    ]


def _rate(kind: str, folder: Path, url: str, size: int, waits: list[float]) -> float:
    with _door(kind, folder, url) as port:
        requests = [_request(number, size) for number in range(BODIES)]
        asyncio.run(load(port, requests, connections=CONNECTIONS, seconds=0.5))  # warm
        found: Load = asyncio.run(load(port, requests, connections=CONNECTIONS, seconds=SECONDS))
    waits.append(found.p99_ms)
    return found.rate


@contextmanager
def _door(kind: str, folder: Path, url: str) -> Iterator[int]:
    settings, port = folder / "door.json", free_port()
    rate = {"per_s": 1e6, "burst": 1_000_000}
    told = {"connections": {"main": {"signing": {"secrets": [SECRET]}}}, "connection_rate": rate, "client_rate": rate}
    settings.write_text(json.dumps(told), encoding="utf-8")
    door = subprocess.Popen([sys.executable, "-m", "bench.door_server", kind, str(settings), url, str(port)])
    try:
        while not _is_up(port):
            time.sleep(0.05)
        yield port
    finally:
        door.terminate()
        door.wait(20)


def _is_up(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health", trust_env=False).is_success
    except httpx.HTTPError:
        return False


def _request(number: int, size: int) -> bytes:
    data = {"id": str(number), "note": "x" * size}
    body = json.dumps({"id": f"evt_{number}", "type": "order.created", "data": data}).encode()
    signed = sign(body, settings=WebhookSettings(secrets=(SecretStr(SECRET),)), now=datetime.now(UTC))
    headers = {
        "Host": "127.0.0.1", "Content-Type": "application/json", "Content-Length": str(len(body)),
        "X-Clarity-Event-Id": f"evt_{number}", "X-Clarity-Event": "order.created", **signed,
    }  # fmt: skip
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST /webhooks/main HTTP/1.1\r\n{head}\r\n".encode() + body
