"""Spans: one a task, and within it one for each window, batch and call to the other side.

They hold what the observer's port is told, so names and counts only: no id, no document and nobody's data. Log lines
written within a span have its `trace_id`, and those name order and batch.
"""

import time
from collections import Counter
from collections.abc import Iterable
from typing import Any

from celery.signals import before_task_publish, task_postrun, task_prerun
from opentelemetry import context, trace
from opentelemetry.propagate import extract, inject
from opentelemetry.trace import Link, Span, SpanKind, StatusCode, Tracer
from structlog.contextvars import bind_contextvars, unbind_contextvars

from bridge.ports.observer import Observer

_NS = 1_000_000_000
_PARENT = "traceparent"
"""The field of the W3C's trace context, in the headers of a message."""


class SpanObserver:
    """The `Observer` port: makes spans within the task's own of what it hears, and passes everything on."""

    def __init__(self, tracer: Tracer, heard_too: Observer) -> None:
        self._tracer = tracer
        self._heard_too = heard_too

    def storefront_call(self, connection: str, call: str, came_to: str, seconds: float) -> None:
        """As the port says."""
        self._ended(f"storefront {call}", seconds, SpanKind.CLIENT, connection=connection, came_to=came_to)
        self._heard_too.storefront_call(connection, call, came_to, seconds)

    def erp_call(self, system: str, call: str, came_to: str, seconds: float) -> None:
        """As the port says."""
        self._ended(f"erp {call}", seconds, SpanKind.CLIENT, system=system, came_to=came_to)
        self._heard_too.erp_call(system, call, came_to, seconds)

    def window(self, lane: str, ended_by: str, seconds: float) -> None:
        """As the port says."""
        self._ended("window", seconds, lane=lane, ended_by=ended_by)
        self._heard_too.window(lane, ended_by, seconds)

    def batch(self, lane: str, document: str, seconds: float) -> None:
        """As the port says."""
        self._ended(f"batch {document}", seconds, lane=lane)
        self._heard_too.batch(lane, document, seconds)

    def outcomes(self, lane: str, document: str, came_to: Iterable[str]) -> None:
        """As the port says."""
        counted = Counter(came_to)
        trace.get_current_span().add_event("outcomes", {"lane": lane, "document": document, **counted})
        self._heard_too.outcomes(lane, document, counted.elements())

    def arrivals(self, taken: int, unreadable: int, oldest_s: float) -> None:
        """As the port says."""
        arrived = {"taken": taken, "unreadable": unreadable, "oldest_s": oldest_s}
        trace.get_current_span().add_event("arrivals", arrived)
        self._heard_too.arrivals(taken, unreadable, oldest_s)

    def seat_refused(self, system: str, purpose: str) -> None:
        """As the port says."""
        trace.get_current_span().add_event("seat refused", {"system": system, "purpose": purpose})
        self._heard_too.seat_refused(system, purpose)

    def seat_taken(self, system: str, purpose: str, waited_s: float) -> None:
        """As the port says."""
        trace.get_current_span().add_event("seat taken", {"system": system, "purpose": purpose, "waited_s": waited_s})
        self._heard_too.seat_taken(system, purpose, waited_s)

    def seat_given_back(self, system: str, purpose: str, used_s: float) -> None:
        """As the port says."""
        self._ended("seat", used_s, system=system, purpose=purpose)
        self._heard_too.seat_given_back(system, purpose, used_s)

    def _ended(self, name: str, seconds: float, kind: SpanKind = SpanKind.INTERNAL, **told: str) -> None:
        now_ns = time.time_ns()
        began_ns = now_ns - int(seconds * _NS)
        self._tracer.start_span(name, kind=kind, start_time=began_ns, attributes=told).end(now_ns)


def trace_tasks(tracer: Tracer) -> None:
    """From now on each task that this program or its child runs is a span, linked to the one that woke it."""
    running: dict[str, tuple[Span, Any]] = {}

    def begin(task_id: str, task: Any, args: tuple[object, ...] = (), **_: Any) -> None:
        woken_by = trace.get_current_span(extract({_PARENT: getattr(task.request, _PARENT, "") or ""}))
        links = [Link(woken_by.get_span_context())] if woken_by.get_span_context().is_valid else []
        subject = {"subject": str(args[0])} if args else {}
        span = tracer.start_span(task.name, kind=SpanKind.CONSUMER, links=links, attributes=subject)
        running[task_id] = span, context.attach(trace.set_span_in_context(span))
        if span.is_recording():
            bind_contextvars(trace_id=f"{span.get_span_context().trace_id:032x}")

    def end(task_id: str, state: str | None = None, **_: Any) -> None:
        span, before = running.pop(task_id)
        context.detach(before)
        unbind_contextvars("trace_id")
        if state != "SUCCESS":
            span.set_status(StatusCode.ERROR, state or "unknown")
        span.end()

    task_prerun.connect(begin, weak=False)
    task_postrun.connect(end, weak=False)
    before_task_publish.connect(_tell_whom_it_wakes, weak=False)


def _tell_whom_it_wakes(headers: dict[str, Any], **_: Any) -> None:
    inject(headers)
