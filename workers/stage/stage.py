"""A whole fleet with its sandbox, up on this machine: real broker, ledger, agent, workers, beat, Flower; two sites."""

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, Self

import httpx

from bridge.ledger.migrate import migrate
from bridge.ledger.store import Database
from sandbox.sage100.admin import SageAdmin
from sandbox.sage100.seed import seed
from workers.fleet_state import ServiceState, read_state
from workers.service import Service
from workers.settings import CONFIG_VARIABLE, Settings, load_settings
from workers.stage.clock import remove_leftovers
from workers.stage.goods import accounts, customer_rows, item_rows, products
from workers.stage.plan import Shop, StagePlan
from workers.supervisor import Supervisor
from workers.wiring import settling_of

_CONTROL = "X-Sandbox-Token"


class Stage:
    """Runs a plan; use it as a context manager. Leaving stops every process that it started.

    In the folder of a stage that has ended it goes on with the Sage, the sites and the ledger that are there.
    """

    def __init__(self, plan: StagePlan) -> None:
        self.plan = plan
        plan.write()
        self.settings: Settings = load_settings(plan.config)
        self.sage = SageAdmin(plan.sage) if plan.sage.exists() else _new_sage(plan)
        self.database = Database(self.settings.ledger.url.get_secret_value())
        migrate(self.database)
        self.supervisor = Supervisor([*self._sites(), self._fleet()], plan.folder / "stage")
        self._http = httpx.Client(timeout=30, headers={_CONTROL: plan.secret}, trust_env=False)
        self._open = ExitStack()

    def __enter__(self) -> Self:
        self._open.callback(self.sage.close)
        self._open.callback(self.database.close)
        self._open.callback(self._http.close)
        try:
            self._open.enter_context(self.supervisor)
        except BaseException:
            self._open.close()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        self._open.close()
        remove_leftovers()

    def stock(
        self, shop: Shop, items: Sequence[Mapping[str, Any]], customers: Sequence[Mapping[str, Any]]
    ) -> tuple[int, int]:
        """Puts items and customers into the shop's company; how many of each. Raises `Refused` for a bad row."""
        mapping = settling_of(self.settings, shop.lane, self.settings.lanes[shop.lane]).mapping
        goods, buyers = item_rows(items), customer_rows(customers, mapping)
        self.sage.add_items(shop.company, goods)
        self.sage.add_customers(shop.company, buyers)
        return len(goods), len(buyers)

    def fill_site(self, shop: Shop, items: Sequence[Mapping[str, Any]], customers: Sequence[Mapping[str, Any]]) -> None:
        """The shop's site sells these items and has an account for each customer. Raises `Refused` as `stock`."""
        self.control(shop, "PUT", "/products", {"products": products(items)})
        self.control(shop, "PUT", "/customers", {"customers": accounts(customers)})

    def place(self, shop: Shop, placements: Sequence[Mapping[str, Any]]) -> None:
        """Orders are placed at the shop's site, which then sends its webhooks as each placement says."""
        self.control(shop, "POST", "/orders", {"orders": list(placements)})

    def account(self, shop: Shop) -> dict[str, Any]:
        """The site's own account of all its orders."""
        return self.control(shop, "GET", "/account")

    def control(self, shop: Shop, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """One control call of a sandbox site."""
        answer = self._http.request(method, f"{shop.url}/_sandbox{path}", json=body)
        if not answer.is_success:
            raise RuntimeError(f"the sandbox site answered {answer.status_code}: {answer.text[:500]}")
        told: dict[str, Any] = answer.json()
        return told

    def services(self) -> tuple[ServiceState, ...]:
        """The sites, the fleet's own supervisor, and every service under it while that lives."""
        state = read_state(self.settings.run_folder)
        return (*self.supervisor.status(), *(state.services if state and state.is_alive else ()))

    def log_tail(self, lines: int = 5) -> str:
        """The end of every log, for when something did not go well."""
        logs = sorted(
            log for folder in (self.supervisor.directory, self.settings.run_folder) for log in folder.glob("logs/*.log")
        )
        ends = ("\n".join(log.read_text(errors="replace").splitlines()[-lines:]) for log in logs)
        return "\n".join(f"--- {log.name}\n{end}" for log, end in zip(logs, ends, strict=True))

    def _fleet(self) -> Service:
        """`tidegate up`, as a person would start it: one process whose death is the death of the whole fleet."""
        return Service(
            name="fleet",
            argv=[sys.executable, "-m", "workers.cli", "up"],
            env={CONFIG_VARIABLE: str(self.plan.config), **self.plan.environment},
            ready=self._is_up,
            ready_s=60,
            grace_s=60,
            tier=1,
        )

    def _is_up(self) -> bool:
        state = read_state(self.settings.run_folder)
        return state is not None and state.is_alive and all(each.stage == "running" for each in state.services)

    def is_open(self, shop: Shop) -> bool:
        """Whether the shop's site answers."""
        return _listens(f"{shop.url}/api/v1/ping")()

    def _sites(self) -> list[Service]:
        return [self._site(shop) for shop in self.plan.shops]

    def _site(self, shop: Shop) -> Service:
        plan = self.plan
        hook = f"http://127.0.0.1:{plan.receiver_port}/webhooks/{shop.connection}"
        arguments: dict[str, object] = {
            "data": plan.folder / f"site-{shop.site}.db", "port": shop.port, "site": shop.site,
            "rate": plan.rate_per_s, "burst": plan.burst, "webhook-url": hook,
            "webhook-secret": f"whsec_{plan.secret}", "webhook-mode": "full", "retry-scale": 0.02,
            "client-id": "sandbox", "client-secret": plan.secret, "control-token": plan.secret,
        }  # fmt: skip
        words = [word for name, value in arguments.items() for word in (f"--{name}", str(value))]
        return Service(
            name=f"site.{shop.site}",
            argv=[sys.executable, "-m", "sandbox.clarity", *words],
            env=self.plan.environment,
            ready=_listens(f"{shop.url}/api/v1/ping"),
            grace_s=5,
        )


def _new_sage(plan: StagePlan) -> SageAdmin:
    """An installation whose companies have the codes that orders need."""
    sage = SageAdmin.create(
        plan.sage,
        companies=[shop.company for shop in plan.shops],
        seats=plan.licence or plan.seats,
        write_delay_ms=plan.write_delay_ms,
        killed_session_keeps_seat=plan.keeps_killed_seats,
    )
    for shop in plan.shops:
        seed(sage, shop.company)
        tax = {"ItemCode": "/TAX", "ItemType": "5", "ItemCodeDesc": "Sales tax"}
        discount = {"ItemCode": "/DISCOUNT", "ItemType": "5", "ItemCodeDesc": "Discount"}
        sage.add_items(shop.company, [tax, discount])
    return sage


def _listens(url: str) -> Callable[[], bool]:
    def ready() -> bool:
        try:
            httpx.get(url, timeout=1, trust_env=False)
        except httpx.HTTPError:
            return False
        return True

    return ready


def default_shops() -> tuple[Shop, Shop]:
    """Two sites, each with a company of its own."""
    return Shop("clarity", "main", "ABC"), Shop("west", "west", "XYZ")
