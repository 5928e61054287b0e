"""Where spans go: by OTLP over HTTP, in groups. Imports all of OpenTelemetry, so only who traces imports this."""

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Tracer

from workers.traces.settings import TraceSettings

_PATIENCE_S = 2
"""How long a group of spans is tried to be sent; at a worker's stop this must end within its grace."""


def tracer_of(wanted: TraceSettings, role: str) -> Tracer:
    """A tracer whose spans wait in memory; when nobody takes them they are dropped, and no work waits."""
    provider = TracerProvider(
        resource=Resource.create({"service.namespace": "tidegate", "service.name": role}),
        sampler=ParentBased(TraceIdRatioBased(wanted.share)),
    )
    headers = {name: value.get_secret_value() for name, value in wanted.headers.items()}
    exporter = OTLPSpanExporter(endpoint=wanted.endpoint, headers=headers, timeout=_PATIENCE_S)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider.get_tracer("tidegate")
