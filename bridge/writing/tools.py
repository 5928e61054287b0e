"""What a writer works with, and on whose behalf."""

from collections.abc import Callable
from dataclasses import dataclass

from bridge.ledger.outcomes import Rules
from bridge.ledger.store import Database
from bridge.ports.clock import Clock
from bridge.ports.erp import Erp
from bridge.ports.observer import NO_OBSERVER, Observer
from bridge.writing.settings import Preflight, WriterSettings


@dataclass(frozen=True)
class Tools:
    """What a writer works with. `alive` renews the seat lease and raises when it is lost; `observer` only listens."""

    database: Database
    erp: Erp
    clock: Clock
    settings: WriterSettings
    preflight: Preflight
    alive: Callable[[], None]
    observer: Observer = NO_OBSERVER

    @property
    def rules(self) -> Rules:
        """How outcomes are judged in this lane."""
        return Rules(self.settings.failure_limit, self.settings.total_tolerance)
