"""Switches a worker's traces on, where the settings ask for them."""

from bridge.errors import Misconfigured
from bridge.ports.observer import Observer
from workers.settings import Settings


def trace(settings: Settings, role: str, observer: Observer) -> Observer:
    """An observer that makes spans of what it hears and passes it on; `observer` itself where traces are off.

    Once in a program, and before it forks. Raises `Misconfigured` where OpenTelemetry is not installed.
    """
    if settings.traces is None:
        return observer
    try:
        from workers.traces.sending import tracer_of
        from workers.traces.spans import SpanObserver, trace_tasks
    except ImportError as missing:
        raise Misconfigured(
            f"traces: {missing.name} is not installed; install tidegate[traces], or take [traces] out of the settings"
        ) from missing
    tracer = tracer_of(settings.traces, role)
    trace_tasks(tracer)
    return SpanObserver(tracer, observer)
