"""What people ask of a Sage agent: its health and its sessions; answered soon or not at all."""

from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from bridge.erp.sage100.agent_http import AgentHttp, SageAgentSettings

_PATIENCE_S = 5.0


class AgentCalls:
    """A client for people's questions; close it, or use it as a context manager."""

    def __init__(self, settings: SageAgentSettings) -> None:
        patient = {"answer_timeout_s": _PATIENCE_S, "connect_timeout_s": min(_PATIENCE_S, settings.connect_timeout_s)}
        self._http = AgentHttp(settings.model_copy(update=patient))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def health(self) -> str:
        """How the agent says it is, such as `ok`; needs no key. Raises `Unreachable`."""
        return str(self._http.once("GET", "/health", {})["status"])

    def sessions(self) -> Sequence[dict[str, Any]]:
        """The sessions it runs or is in doubt about. Raises `Unreachable`, `Unauthorised`."""
        rows: list[dict[str, Any]] = self._http.once("GET", "/session", {})
        return rows

    def end(self, session_id: str) -> None:
        """Ends a session after the call it is in, and forgets it; one that has ended is no error."""
        self._http.once("POST", f"/session/{session_id}/end", {})
