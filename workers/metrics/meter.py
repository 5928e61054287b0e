"""Counts what one program does, also in a child that it forked: decision 0025."""

import json
import os
from collections.abc import Iterator
from importlib.metadata import version
from threading import Thread

from prometheus_client import (
    GC_COLLECTOR,
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from workers.metrics import declared
from workers.metrics.declared import DECLARED, Metric

_CHUNK_BYTES = 65_536


class Meter:
    """The figures of one program.

    A forked child (the one slot of a prefork worker) writes each of its notes as a line into a pipe, which its parent
    reads: figures go on when a child is replaced, and no lock of the parent's is ever taken in a child. A line is far
    shorter than what a pipe takes whole; when the pipe is full, the note is lost, for nothing waits for a figure.
    """

    def __init__(self, role: str, number: int = 1) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.registry.register(GC_COLLECTOR)
        self.registry.register(_Build(role, number))
        self._noted = {each.name: _made(each, self.registry) for each in DECLARED if each.kind != "gauge"}
        self._pid = os.getpid()
        self._from_children, self._to_parent = os.pipe()
        os.set_blocking(self._to_parent, False)
        Thread(target=self._read, name="meter", daemon=True).start()

    def note(self, metric: Metric, value: float, *labels: str) -> None:
        """Adds to a counter, or to a histogram's observations. Takes microseconds and raises nothing."""
        if os.getpid() == self._pid:
            self._apply(metric.name, value, labels)
            return
        line = json.dumps([metric.name, value, labels]).encode() + b"\n"
        try:
            os.write(self._to_parent, line)
        except OSError:  # the pipe is full, or the parent has died: no task is to fail for a figure
            return

    def _apply(self, name: str, value: float, labels: tuple[str, ...]) -> None:
        family = self._noted[name]
        one = family.labels(*labels) if labels else family
        if isinstance(one, Counter):
            one.inc(value)
        else:
            one.observe(value)

    def _read(self) -> None:
        for line in self._lines():
            name, value, labels = json.loads(line)
            self._apply(name, value, tuple(labels))

    def _lines(self) -> Iterator[bytes]:
        rest = b""
        while chunk := os.read(self._from_children, _CHUNK_BYTES):
            *lines, rest = (rest + chunk).split(b"\n")
            yield from lines


class _Build(Collector):
    """Which program this is."""

    def __init__(self, role: str, number: int) -> None:
        self._labels = (version("tidegate"), role, str(number))

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """One figure, always 1."""
        yield gauge(declared.BUILD, [(self._labels, 1)])


def gauge(metric: Metric, figures: list[tuple[tuple[str, ...], float]]) -> GaugeMetricFamily:
    """A declared gauge with its figures by label."""
    family = GaugeMetricFamily(metric.name, metric.does, labels=metric.by)
    for labels, value in figures:
        family.add_metric(labels, value)
    return family


def _made(metric: Metric, registry: CollectorRegistry) -> Counter | Histogram:
    if metric.kind == "counter":
        return Counter(metric.name, metric.does, metric.by, registry=registry)
    return Histogram(metric.name, metric.does, metric.by, registry=registry, buckets=metric.buckets)
