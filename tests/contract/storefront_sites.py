"""Runs a sandbox site as a process of its own, and opens its back door."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Self

import httpx
import redis

from bridge.ports.storefront import Storefront
from bridge.storefront.clarity.classify import Answer
from bridge.storefront.clarity.client import ClarityClient
from bridge.storefront.clarity.credentials import credentials_for
from bridge.storefront.clarity.profile_file import load_profile
from bridge.storefront.clarity.rate_limit import LocalBudget
from bridge.storefront.clarity.settings import ClaritySettings
from bridge.storefront.clarity.site import ClaritySite
from bridge.storefront.clarity.tokens import LocalTokens
from bridge.storefront.clarity.transport import Transport
from sandbox.orders import make_catalogue
from tests.contract.storefront_contract import LANE, OVERLAP, PAGE_SIZE, Shop

START_WITHIN_S = 20.0
CREDENTIALS: dict[str, Any] = {"client_id": "sandbox", "client_secret": "sandbox-secret", "api_key": "sandbox-key"}
CLOSED_PORT_URL = "http://127.0.0.1:1"


class SiteProcess:
    """A sandbox site in a process; its control calls as methods."""

    def __init__(self, folder: Path, profile: str) -> None:
        self.profile = profile
        self._folder = folder
        # its limit is far above the adapter's own, so that only faults ever reach it
        options = {"--data": folder / "site.db", "--port-file": folder / "port", "--profile": profile, "--rate": "1000"}
        command = [sys.executable, "-m", "sandbox.clarity", *(str(part) for pair in options.items() for part in pair)]
        root = Path(__file__).parents[2]
        self._process = subprocess.Popen(command, cwd=root, env={**os.environ, "PYTHONPATH": str(root)})
        self.url = f"http://127.0.0.1:{self._port()}"
        self._http = httpx.Client(base_url=self.url, headers={"X-Sandbox-Token": "sandbox-control"})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._http.close()
        self._process.terminate()
        self._process.wait(10)

    def control(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """One control call; fails the test when it is refused."""
        answer = self._http.request(method, f"/_sandbox{path}", json=body)
        assert answer.is_success, answer.text
        parsed: dict[str, Any] = answer.json()
        return parsed

    def fault(self, name: str, **setting: Any) -> None:
        """Switches a fault on, for every path but the token endpoint's unless told otherwise."""
        self.control("PUT", f"/faults/{name}", {"path": "/api", **setting})

    def struck(self, name: str) -> int:
        """How often a fault has struck since it was switched on."""
        return sum(int(fault["struck"]) for fault in self.control("GET", "/faults")["faults"] if fault["name"] == name)

    def get(self, path: str, **params: str) -> Any:
        """Reads the site as any other program with its key would."""
        return self._http.get(path, params=params, headers={"X-Api-Key": "sandbox-key"}).json()

    def put(self, path: str, body: dict[str, Any]) -> None:
        """Writes as any other program with its key would, whatever is there."""
        headers = {"X-Api-Key": "sandbox-key", "If-Match": "*"}
        assert self._http.put(path, json=body, headers=headers).is_success

    def _port(self) -> int:
        deadline = time.monotonic() + START_WITHIN_S
        while not (self._folder / "port").exists():
            assert self._process.poll() is None, "the sandbox site ended at its start"
            assert time.monotonic() < deadline, "the sandbox site did not start"
            time.sleep(0.02)
        return int((self._folder / "port").read_text())


def profile_file(folder: Path, profile: str, more: str = "") -> str:
    """A site's own profile: the shipped one with small pages, and what `more` (YAML) overrides."""
    file = folder / f"own-{profile}.yaml"
    overlap = int(OVERLAP.total_seconds())
    text = f"extends: {profile}\nlimits: {{pageSize: {PAGE_SIZE}}}\nincremental: {{overlapS: {overlap}}}\n"
    file.write_text(text + more)
    return str(file)


def settings_for(url: str, profile: str, **more: Any) -> ClaritySettings:
    """Settings that fail fast."""
    common = {"base_url": url, "profile": profile, "timeout_s": 1.0, "max_wait_s": 6.0, **CREDENTIALS}
    return ClaritySettings(**{**common, **more})


class SandboxShop(Shop):
    """A sandbox site of either profile behind the real adapter."""

    def __init__(
        self, process: SiteProcess, profile: str, *, shared: redis.Redis | None = None, **settings: Any
    ) -> None:
        self.process = process
        self._profile = profile
        self._ids: dict[str, str] = {}
        self._opened = [ClaritySite(settings_for(process.url, profile, **settings), shared)]
        self.storefront = self._opened[0]

    def close(self) -> None:
        self.process.control("DELETE", "/faults")
        for site in self._opened:
            site.close()

    def place_bodies(self, bodies: list[dict[str, Any]]) -> list[str]:
        orders = [{"order": body, "webhook": "never"} for body in bodies]
        placed = self.process.control("POST", "/orders", {"orders": orders})["placed"]
        ids = [self._known_as(each["id"], "orders", OrderNumber=each["orderNumber"]) for each in placed]
        self._ids |= dict(zip(ids, (each["id"] for each in placed), strict=True))
        return ids

    def add_customer(self, body: dict[str, Any]) -> str:
        self.process.control("PUT", "/customers", {"customers": [body]})
        return self._known_as(body["id"], "customers", Email=body["contacts"][0]["email"])

    def edit(self, order_id: str, comments: str) -> None:
        self._change(order_id, "edit", changes={"comments": comments})

    def delete(self, order_id: str) -> None:
        self._change(order_id, "delete")

    def order(self, order_id: str) -> dict[str, Any]:
        orders = self.process.control("GET", "/account")["orders"]
        [order] = [each for each in orders if each["id"] == self._ids[order_id]]
        return {
            "version": order["version"],
            "status": order["status"],
            "refs": {f"{ref['system']}/{ref['id']}" for ref in order["externalRefs"]},
            "mails": len(order["mails"]),
            "told": [(told["system"], told["state"]) for told in order["acknowledgements"]],
        }

    def add_products(self, *skus: str) -> None:
        product = make_catalogue(1, 1)[0]
        self.process.control("PUT", "/products", {"products": [{**product, "sku": sku} for sku in skus]})

    def refused_sku(self) -> str:
        return "NO-SUCH-ITEM"

    def count(self, kind: str, key: str) -> int:
        rows = self.process.control("GET", "/shown")[kind]
        return sum(key == f"{ref['system']}/{ref['id']}" for row in rows for ref in row["externalRefs"])

    def refuse_next(self, after_s: float) -> None:
        self.process.fault("rate_limited", count=1, value=after_s)

    def refuse_logon(self) -> None:
        self.process.fault("unauthorised")

    def lose_next_answer(self) -> None:
        self.process.fault("lost_answer", count=1)

    def out_of_reach(self) -> Storefront:
        site = ClaritySite(settings_for(CLOSED_PORT_URL, self._profile))
        self._opened.append(site)
        return site

    def _known_as(self, site_id: str, resource: str, **query: str) -> str:
        """The integer key under which an older site shows a resource."""
        if self.process.profile == "clarity-v1":
            return site_id
        [row] = self.process.get(f"/api/{resource}", **query)["Results"]
        return str(row["ID"])

    def _change(self, order_id: str, action: str, **body: Any) -> None:
        self.process.control("POST", f"/orders/{self._ids[order_id]}/{action}", {"webhook": "never", **body})


class WatchedTransport(Transport):
    """Remembers what was sent; `before` is called with each method and path first."""

    def __init__(self, settings: Any, before: Callable[[str, str], None] = lambda *_: None) -> None:
        super().__init__(settings)
        self.sent: list[str] = []
        self._before = before

    def send(self, method: str, path: str, **request: Any) -> Answer:
        self._before(method, path)
        self.sent.append(f"{method} {path}")
        return super().send(method, path, **request)


@contextmanager
def watched(
    site: SiteProcess, before: Callable[[str, str], None] = lambda *_: None
) -> Iterator[tuple[ClarityClient, WatchedTransport]]:
    """A client of the site, and what it sends."""
    settings, profile = settings_for(site.url, site.profile), load_profile(site.profile)
    with closing(WatchedTransport(settings, before)) as transport:
        credentials = credentials_for(settings, profile, transport, LocalTokens())
        budget = LocalBudget(rps=1000, burst=1000)
        yield ClarityClient(settings, profile, transport=transport, credentials=credentials, budget=budget), transport


__all__ = ["LANE", "SandboxShop", "SiteProcess", "profile_file", "settings_for", "watched"]


Opener = Callable[..., SandboxShop]
"""Opens a worker at a site; its argument is YAML for the profile."""
