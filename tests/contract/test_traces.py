"""Real workers send their spans to a real OTLP receiver, over HTTP."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from zlib import MAX_WBITS, decompress

import pytest
from celery import Celery
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from bridge.ledger import windows
from bridge.windows.due import Window
from tests.builders import LANE
from tests.cli_rig import Rig, a_rig
from tests.programs import ended, log_of, running
from tests.waits import until
from workers.broker import EmbeddedBroker

KEY = "a-key-of-the-collector"
SOON = {"OTEL_BSP_SCHEDULE_DELAY": "200"}
"""Milliseconds until spans are sent, by OpenTelemetry's own variable."""


class Collector:
    """Keeps every span that it is sent, with the name of the service that sent it."""

    def __init__(self) -> None:
        self.spans: list[tuple[str, Span]] = []
        self.keys: set[str | None] = set()
        collector = self

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                collector.take(decompress(body, MAX_WBITS | 32) if self.headers["Content-Encoding"] else body)
                collector.keys.add(self.headers["X-Key"])
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Says nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, body: bytes) -> None:
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            told = {each.key: each.value.string_value for each in resource.resource.attributes}
            self.spans += [(told["service.name"], span) for scope in resource.scope_spans for span in scope.spans]

    def named(self, name: str) -> list[Span]:
        return [span for _, span in self.spans if span.name == name]


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def rig(broker: EmbeddedBroker, tmp_path: Path, collector: Collector) -> Iterator[Rig]:
    address = f"http://127.0.0.1:{collector.server.server_port}/v1/traces"
    more = f'[traces]\nendpoint = "{address}"\nheaders = {{ X-Key = "{KEY}" }}\n'
    made = a_rig(tmp_path, broker=broker.url, more=more)
    yield made
    made.database.close()


def attributes(span: Span) -> dict[str, str]:
    return {each.key: each.value.string_value for each in span.attributes}


def test_a_writers_calls_are_within_its_window_and_its_log_names_the_trace(
    rig: Rig, broker: EmbeddedBroker, collector: Collector
) -> None:
    now = datetime.now(UTC)
    windows.schedule(rig.database, LANE, [Window(now, now, now + timedelta(minutes=15), 0)], now=now)
    with (
        running(rig, "worker", "sage-writer", "--company", "ABC", **SOON) as program,
        Celery(broker=broker.url) as sender,
    ):
        sender.send_task("batch.write", [LANE], queue="sage.ABC.write")
        until(lambda: collector.named("batch.write"), "the task's span")
        ended(program)
    [task] = collector.named("batch.write")
    [window] = collector.named("window")
    calls = collector.named("erp POST /session")
    assert {role for role, _ in collector.spans} == {"sage-writer"}
    assert attributes(task)["subject"] == LANE
    assert {span.parent_span_id for span in (window, *calls)} == {task.span_id}
    assert [attributes(span)["came_to"] for span in calls] == ["NotConnected"] * 3
    assert window.end_time_unix_nano >= window.start_time_unix_nano >= task.start_time_unix_nano - 10_000_000
    lines = [json.loads(line) for line in log_of(rig, "ABC").read_text().splitlines()]
    assert {line["trace_id"] for line in lines if line.get("task") == "batch.write"} == {task.trace_id.hex()}
    assert collector.keys == {KEY}
    assert KEY not in log_of(rig, "ABC").read_text()


def test_a_prefork_workers_child_sends_its_spans_too_and_a_task_is_linked_to_the_one_that_woke_it(
    rig: Rig, broker: EmbeddedBroker, collector: Collector
) -> None:
    woken_by = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    with running(rig, "worker", "steward", **SOON) as program, Celery(broker=broker.url) as sender:
        sender.send_task("windows.tick", queue="steward", headers={"traceparent": woken_by})
        until(lambda: collector.named("windows.tick"), "the task's span")
        ended(program)
    [task] = collector.named("windows.tick")
    assert [link.span_id.hex() for link in task.links] == ["b7ad6b7169203331"]
    assert task.status.code == Status.STATUS_CODE_UNSET


def test_a_collector_that_is_away_holds_nobody_up(rig: Rig, broker: EmbeddedBroker, collector: Collector) -> None:
    collector.server.shutdown()
    collector.server.server_close()
    with running(rig, "worker", "steward", **SOON) as program, Celery(broker=broker.url) as sender:
        sender.send_task("windows.tick", queue="steward")
        until(lambda: _is_scheduled(rig), "a window's row made by windows.tick")
        ended(program)


def _is_scheduled(rig: Rig) -> bool:
    with rig.database.read() as connection:
        return windows.to_write(connection, LANE, datetime.now(UTC)) is not None
