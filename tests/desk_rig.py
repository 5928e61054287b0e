"""The desk over a real ledger with every other port in memory, and a browser without eyes that clicks on it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from html import unescape
from typing import Any

import httpx
from starlette.testclient import TestClient

from bridge.fleet import SeatSystem
from bridge.ledger.audit import trail
from bridge.ledger.store import Database
from bridge.overview import BrokerStanding
from bridge.seats.memory import MemorySessions
from desk.app import make_desk
from desk.passwords import hash_of
from desk.ports import Ports
from desk.settings import DeskSettings
from tests.task_rig import TaskRig, a_task_rig

PASSWORD = "correct horse battery staple"
USERS = {"vera": "view", "olaf": "operate", "ada": "administer"}
ORIGIN = "http://testserver"


@dataclass
class DeskRig:
    """The fleet behind the desk, and one browser with its cookies."""

    tasks: TaskRig
    sessions: MemorySessions
    ports: Ports
    browser: TestClient

    @property
    def database(self) -> Database:
        return self.tasks.database

    def another_browser(self) -> "DeskRig":
        """The same desk in a browser of somebody else."""
        return DeskRig(self.tasks, self.sessions, self.ports, TestClient(self.browser.app, base_url=ORIGIN))

    def log_in(self, name: str = "olaf", password: str = PASSWORD, **fields: str) -> httpx.Response:
        """Fills in the log-in form."""
        shown = self.browser.get("/log-in")
        data = {"name": name, "password": password, "form_token": token_of(shown), **fields}
        return self.browser.post("/log-in", data=data, headers={"Origin": ORIGIN}, follow_redirects=False)

    def get(self, path: str, status: int = 200) -> str:
        """The text of a page, tags taken out and spaces made one."""
        answer = self.browser.get(path)
        assert answer.status_code == status, answer.text
        return plain(answer)

    def post(self, path: str, page: str = "/", **fields: str) -> httpx.Response:
        """Sends a form as it stands on a page, and follows to where that leads."""
        data = {"form_token": token_of(self.browser.get(page)), **fields}
        return self.browser.post(path, data=data, headers={"Origin": ORIGIN})

    def pass_time(self, **span: float) -> None:
        """Lets so much time go by."""
        self.tasks.clock.set(self.tasks.clock.now() + timedelta(**span))

    def trail(self) -> list[Any]:
        """The audit trail, the latest first."""
        return list(trail(self.database))


def token_of(page: httpx.Response) -> str:
    """The token in a page's first form."""
    found = re.search(r'name="form_token" value="([0-9a-f]+)"', page.text)
    assert found, page.text
    return found[1]


def plain(page: httpx.Response) -> str:
    """What a person reads of a page."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


@cache
def _hash() -> str:
    return hash_of(PASSWORD)


def desk_settings(**more: Any) -> DeskSettings:
    """A user of each role, all with one password."""
    users = {name: {"role": role, "password": _hash()} for name, role in USERS.items()}
    return DeskSettings(**{"users": users, **more})


@contextmanager
def a_desk_rig(database: Database, **more: Any) -> Iterator[DeskRig]:
    """A desk whose broker holds nothing and whose agent is well."""
    with a_task_rig(database) as rig:
        sessions = MemorySessions()
        rig.change(systems={"sage100": SeatSystem("sage100", rig.seats, sessions)})

        def broker() -> BrokerStanding:
            return BrokerStanding("events:clarity", 0, 0.0, {"order": 0})

        ports = Ports(rig.ports, desk_settings(**more), broker, rig.door, {"sage100": lambda: "ok"})
        with TestClient(make_desk(ports), base_url=ORIGIN) as browser:
            yield DeskRig(rig, sessions, ports, browser)
