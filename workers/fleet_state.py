"""What runs here, for `tidegate status`: a small file that the supervisor keeps up to date."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

_FILE = "supervisor.json"


@dataclass(frozen=True)
class ServiceState:
    """One service: `stage` is not started, running, waiting (for its next start), stopping or stopped.

    `last_exit` is the exit code of its last run, negative for a signal; `since_utc` is its last start or exit.
    """

    name: str
    stage: str
    pid: int | None
    restarts: int
    last_exit: int | None
    since_utc: str
    log: str


@dataclass(frozen=True)
class FleetState:
    """A supervisor and its services; `is_alive` is False when it died without a word, and the rest is then history."""

    pid: int
    is_alive: bool
    services: tuple[ServiceState, ...]


def write_state(directory: Path, services: Sequence[ServiceState]) -> None:
    """Replaces the file in one step, so that a reader never sees half of it."""
    me = psutil.Process()
    state = {"pid": me.pid, "created": me.create_time(), "services": [asdict(service) for service in services]}
    draft = directory / f".{_FILE}.{os.getpid()}"
    draft.write_text(json.dumps(state, indent=2), encoding="utf-8")
    draft.replace(directory / _FILE)


def remove_state(directory: Path) -> None:
    """Removes the file at the end of a good stop; twice is the same as once."""
    (directory / _FILE).unlink(missing_ok=True)


def read_state(directory: Path) -> FleetState | None:
    """The state of the supervisor that uses `directory`; None when there is none or it was stopped in good order."""
    try:
        state = json.loads((directory / _FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    services = tuple(ServiceState(**service) for service in state["services"])
    return FleetState(state["pid"], _is_same(state["pid"], state["created"]), services)


def _is_same(pid: int, created: float) -> bool:
    """Whether that process still lives; its pid may have gone to another one meanwhile."""
    try:
        found = psutil.Process(pid)
        return found.status() != psutil.STATUS_ZOMBIE and abs(found.create_time() - created) < 1.0
    except psutil.NoSuchProcess:
        return False
