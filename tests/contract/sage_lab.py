"""A simulated Sage 100 with a real Sage agent before it: real processes, real HTTP, real kills."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import psutil
from pydantic import SecretStr

from bridge.erp.sage100.agent_client import SageAgentErp
from bridge.erp.sage100.agent_http import SageAgentSettings
from sandbox.sage100.admin import SageAdmin
from sandbox.sage100.seed import seed

KEY = "lab-key"
COMPANY = "ABC"
LANE = f"sage100:{COMPANY}"
ROOT = Path(__file__).parents[2]


def await_true(what: str, ask: Callable[[], Any], limit_s: float = 20) -> Any:
    """Polls until `ask` gives something true, and gives that; fails the test after `limit_s`."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        if found := ask():
            return found
        time.sleep(0.02)
    raise AssertionError(f"not within {limit_s} s: {what}")


class SageLab:
    """One installation and its agent, started on entry; company ABC is filled, others on demand."""

    def __init__(
        self,
        folder: Path,
        *,
        companies: Sequence[str] = (COMPANY,),
        seats: int = 5,
        sage: dict[str, Any] | None = None,
        **agent: Any,
    ) -> None:
        self.store = folder / "sage.sqlite"
        self.admin = SageAdmin.create(self.store, companies=companies, seats=seats, **(sage or {}))
        self.companies = companies
        self.fill(companies[0])
        self._port = _free_port()
        self._settings = folder / "agent.json"
        self._settings.write_text(json.dumps(self._agent_settings(folder, agent)))
        self._agent: subprocess.Popen[bytes] | None = None
        self.erp = self.client()

    def _agent_settings(self, folder: Path, changed: dict[str, Any]) -> dict[str, Any]:
        return {
            "api_key": KEY,
            "companies": {
                code: {"user": "WEB", "password": "web", "time_zone": self.admin.options().time_zone}
                for code in self.companies
            },
            "home": self.admin.options().home,
            "script_factory": "sandbox.sage100.script:connect",
            "state_file": str(folder / "agent.sqlite"),
            "session_limit": 3,
            "child_environment": {"TIDEGATE_SANDBOX_SAGE": str(self.store)},
            **changed,
        }

    def fill(self, company: str) -> None:
        """Gives a company customers ACME and RISKY and 100 each of WIDGET and GADGET."""
        seed(self.admin, company)
        self.admin.add_customers(
            company,
            [
                {"CustomerNo": "ACME", "CustomerName": "Acme Tools", "EmailAddress": "buyer@acme.example",
                 "ZipCode": "53202", "CreditLimit": "5000", "TaxSchedule": "DEFAULT"},
                {"CustomerNo": "RISKY", "CustomerName": "Risky Ltd", "CreditHold": "Y", "TaxSchedule": "DEFAULT"},
            ],
        )  # fmt: skip
        self.admin.add_items(
            company,
            [
                {"ItemCode": code, "ItemCodeDesc": code, "StandardUnitPrice": "9.99", "StandardUnitOfMeasure": "EACH",
                 "SalesUnitOfMeasure": "EACH", "QuantityOnHand": 100, "DefaultWarehouseCode": "000"}
                for code in ("WIDGET", "GADGET")
            ],
        )  # fmt: skip

    @property
    def url(self) -> str:
        """Where the agent listens, in each of its lives."""
        return f"http://127.0.0.1:{self._port}"

    def client(self, **changed: Any) -> SageAgentErp:
        """A road to the agent; the caller closes it."""
        return SageAgentErp(SageAgentSettings(url=self.url, api_key=SecretStr(KEY), **changed))

    def __enter__(self) -> Self:
        self.start_agent()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.admin.clear_faults()
        self.stop_agent()
        self.erp.close()
        self.admin.close()

    def start_agent(self) -> None:
        """Starts the agent and returns when it answers."""
        command = [sys.executable, "-m", "tests.contract.run_agent", str(self._settings), str(self._port)]
        self._agent = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
        await_true("the agent answers", self._is_healthy, limit_s=40)

    def _is_healthy(self) -> bool:
        with suppress(httpx.HTTPError):
            return httpx.get(f"{self.url}/health", trust_env=False).is_success
        return False

    def processes(self) -> set[int]:
        """The session processes of the living agent, those included that have not logged on."""
        assert self._agent
        return {child.pid for child in psutil.Process(self._agent.pid).children()}

    def kill_agent(self) -> None:
        """SIGKILL, as by a power cut for this one process."""
        self._end_agent(subprocess.Popen.kill)

    def stop_agent(self) -> None:
        """Asks the agent to end, and waits for it."""
        self._end_agent(subprocess.Popen.terminate)

    def _end_agent(self, how: Callable[[subprocess.Popen[bytes]], None]) -> None:
        if self._agent:
            how(self._agent)
            self._agent.wait(30)
            self._agent = None

    def sessions(self) -> list[dict[str, Any]]:
        """What the agent says of its sessions."""
        answer = httpx.get(f"{self.url}/session", headers={"X-Api-Key": KEY}, trust_env=False)
        found: list[dict[str, Any]] = answer.json()
        return found

    def await_hit(self, point: str) -> dict[str, Any]:
        """Waits until a fault has fired at `point`; gives its hit."""
        return await_true(
            f"a fault at {point}", lambda: next((h for h in self.admin.fault_hits() if h["point"] == point), None)
        )


def is_running(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
