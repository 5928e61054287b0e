"""A person at Sage's own screens: holds a licensed seat like everybody else."""

from pathlib import Path
from typing import Any

from sandbox.sage100.script import Script
from sandbox.sage100.server import Server


class Person:
    """Somebody who logs on to a company and off again. `refusal` is what Sage said when it let nobody in."""

    def __init__(self, installation: Path, user: str, password: str) -> None:
        self._installation = installation
        self._user, self._password = user, password
        self._session: Any = None
        self.refusal = ""

    def log_on(self, company: str) -> bool:
        """Takes a seat; False when Sage refuses, for want of one or else."""
        server = Server(self._installation)
        script = Script(server)
        script.initialise(server.options.home)
        session = script.new_object("SY_Session")
        if session.nSetUser(self._user, self._password) == 0 or session.nSetCompany(company) == 0:
            self.refusal = str(session.sLastErrorMsg)
            session.DropObject()
            return False
        self._session = session
        return True

    def log_off(self) -> None:
        """Gives the seat back; twice is the same as once."""
        if self._session is not None:
            self._session.DropObject()
            self._session = None
