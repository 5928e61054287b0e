"""A session process in waiting: started, not logged on, and so without a seat."""

import structlog

from workers.sage_agent.host import SessionHost
from workers.sage_agent.settings import AgentSettings

_log = structlog.get_logger(__name__)


class Spare:
    """Keeps one process ready, as its start takes longer than a log-on and would be time of a window.

    It needs no note in the agent's file: it holds nothing of Sage's, and ends by itself when the agent dies.
    """

    def __init__(self, settings: AgentSettings) -> None:
        self._settings = settings
        self._waiting: SessionHost | None = None

    async def prepare(self) -> None:
        """Starts a process unless one waits; returns before it is ready. Where none can be started, `take` tries."""
        if self._waiting is None or not self._waiting.is_alive:
            try:
                self._waiting = await SessionHost.start(self._settings)
            except OSError as fault:
                _log.warning("no_spare_process", error=str(fault))

    async def take(self) -> SessionHost:
        """The one that waits, else a new one."""
        waiting, self._waiting = self._waiting, None
        return waiting if waiting and waiting.is_alive else await SessionHost.start(self._settings)

    async def end(self) -> None:
        """Ends the one that waits."""
        waiting, self._waiting = self._waiting, None
        if waiting:
            await waiting.end(self._settings.end_grace_s)
