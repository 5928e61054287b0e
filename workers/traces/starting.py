"""Switches a worker's traces on, where the settings ask for them."""

from typing import Any

from bridge.errors import Misconfigured
from bridge.ports.observer import Observer
from workers.settings import Settings

_PATIENCE_S = 2
"""How long a group of spans is tried to be sent; at a worker's stop this must end within its grace."""


def trace(settings: Settings, role: str, observer: Observer) -> Observer:
    """An observer that makes spans of what it hears and passes it on; `observer` itself where traces are off.

    Once in a program, and before it forks. Raises `Misconfigured` where OpenTelemetry is not installed.
    """
    if settings.traces is None:
        return observer
    try:
        from workers.traces.spans import SpanObserver, trace_tasks
    except ImportError as missing:
        raise Misconfigured(
            f"traces: {missing.name} is not installed; install tidegate[traces], or take [traces] out of the settings"
        ) from missing
    tracer = _tracer(settings, role)
    trace_tasks(tracer)
    return SpanObserver(tracer, observer)


def _tracer(settings: Settings, role: str) -> Any:
    """Spans wait in memory and are sent in groups; when nobody takes them they are dropped, and no work waits."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

    wanted = settings.traces
    if wanted is None:
        raise ValueError("the settings have no [traces]")
    provider = TracerProvider(
        resource=Resource.create({"service.namespace": "tidegate", "service.name": role}),
        sampler=ParentBased(TraceIdRatioBased(wanted.share)),
    )
    headers = {name: value.get_secret_value() for name, value in wanted.headers.items()}
    exporter = OTLPSpanExporter(endpoint=wanted.endpoint, headers=headers, timeout=_PATIENCE_S)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider.get_tracer("tidegate")
