"""The sessions of one installation as its Sage agent tells of them: for the seat watch and for people's questions."""

from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from bridge.erp.sage100.agent_http import AgentHttp, SageAgentSettings
from bridge.ports.seats import ListedSession, Listing, RunningSession

_PATIENCE_S = 5.0


class SageAgentSessions:
    """Questions that take no seat, answered soon or not at all; close it, or use it as a context manager.

    `system` is the name of the installation in our settings, as in the lane `system:company`.
    """

    def __init__(self, settings: SageAgentSettings, system: str) -> None:
        patient = {"answer_timeout_s": _PATIENCE_S, "connect_timeout_s": min(_PATIENCE_S, settings.connect_timeout_s)}
        self._http = AgentHttp(settings.model_copy(update=patient))
        self._system = system

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def health(self) -> str:
        """How the agent says it is, such as `ok`; needs no key. Raises `Unreachable`."""
        return str(self._http.once("GET", "/health", {})["status"])

    def running(self) -> Sequence[RunningSession]:
        """As the port says; raises `Unauthorised` too."""
        return [self._running(row) for row in self._http.once("GET", "/session", {})]

    def listed(self) -> Listing | None:
        """As the port says; raises `Unauthorised` too."""
        told = self._http.once("GET", "/console", {})
        if told["sessions"] is None:
            return None
        return Listing(told["workstation"], [ListedSession(**row) for row in told["sessions"]])

    def end(self, session_id: str) -> None:
        """Ends a session after the call it is in, and forgets it; one that has ended is no error."""
        self._http.once("POST", f"/session/{session_id}/end", {})

    def _running(self, row: dict[str, Any]) -> RunningSession:
        return RunningSession(
            session_id=row["id"],
            lane=f"{self._system}:{row['company']}",
            fence=row["fence"],
            purpose=row["purpose"],
            pid=row["pid"],
            opened_utc=row["opened_utc"],
            is_doubtful=bool(row["is_doubtful"]),
            idle_s=row["idle_s"],
        )
