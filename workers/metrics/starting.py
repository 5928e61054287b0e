"""Switches a program's metrics on, where the settings ask for them."""

import threading

from workers.logs import start_logs
from workers.metrics.endpoint import show
from workers.metrics.meter import Meter
from workers.metrics.standing import Standing
from workers.queues import company_of
from workers.settings import Settings
from workers.supervisor import told_by_signals

ROLE = "metrics"


def begin(settings: Settings, role: str, number: int = 1) -> Meter | None:
    """A meter that is shown on the role's port; None where metrics are off. Once in a program, and before it forks."""
    if settings.metrics is None:
        return None
    meter = Meter(role, number)
    show(meter.registry, settings.metrics, role, number)
    return meter


def number_of(settings: Settings, company: str) -> int:
    """Which one a company's worker is of its role on a machine: the companies count in the order of the lanes."""
    return [*dict.fromkeys(map(company_of, settings.lanes))].index(company) + 1


def serve_standing(settings: Settings) -> None:
    """Shows how ledger and broker stand until SIGTERM or SIGINT."""
    start_logs(settings, ROLE)
    stopped = threading.Event()
    with told_by_signals(stopped):
        standing = Standing(settings)
        meter = begin(settings, ROLE)
        if meter is not None:
            meter.registry.register(standing)
        stopped.wait()
        standing.close()
