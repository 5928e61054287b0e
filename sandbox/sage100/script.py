"""`ProvideX.Script`, simulated. The Sage agent's session host loads it as `sandbox.sage100.script:connect`.

Sources: reference sage100.md 1.1.1 (members), 6 (points 1 and 2).
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from sandbox.sage100.catalogue import CATALOGUE
from sandbox.sage100.com import ComError, ComObject
from sandbox.sage100.server import Server
from sandbox.sage100.session import Session

STORE_VARIABLE = "TIDEGATE_SANDBOX_SAGE"
"""The environment variable that names the installation's store file."""


class Script(ComObject):
    """The COM server's face: `Init(home)`, then `NewObject(name[, session])`. Belongs to the thread that made it."""

    METHODS: ClassVar[Mapping[str, str]] = {"Init": "initialise", "NewObject": "new_object"}

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self._server = server
        self._ready = False

    def initialise(self, path: str) -> int:
        """Points the server at the installation's Home directory. Raises `ComError` 12 for any other path."""
        if _folder(path) != _folder(self._server.options.home):
            raise ComError(12, f"File does not exist: {path}")
        self._ready = True
        return 1

    def new_object(self, name: str, session: Session | None = None) -> Any:
        """A session, or a business object of one. Raises `ComError` 88 before `Init`, 90 or 200 as Sage does."""
        if not self._ready:
            raise ComError(88, "Init has not been called.")
        if name.lower() == "sy_session":
            return Session(self._server)
        entry = CATALOGUE.get(name.lower())
        if entry is None:
            raise ComError(90, f"Class not found: {name}")
        if not isinstance(session, Session):
            raise ComError(88, f"{name} needs the session that it shall belong to.")
        return entry.build(self._server, session)


def connect() -> Script:
    """A new Script on the installation that TIDEGATE_SANDBOX_SAGE names; each call makes another server.

    Raises KeyError where the variable is not set, FileNotFoundError where the store is missing.
    """
    return Script(Server(Path(os.environ[STORE_VARIABLE])))


def _folder(path: str) -> str:
    return path.replace("/", "\\").rstrip("\\").lower()
