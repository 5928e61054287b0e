"""Takes the pictures in docs/screenshots anew: `python -m tests.screenshots`.

A whole fleet and its sandbox trade for a while, a dozen bad orders among the others; then a real browser goes to every
page of the desk.
"""

import re
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from tests.browser.chromium import DARK, DESKTOP, PHONE, Chromium, Look, chromium
from tests.browser.desk import addresses, log_in
from tests.cli_rig import unreadable
from workers.demo.trade import make_morning
from workers.demo.way_back import walk_back
from workers.stage.books import is_quiet, take_account
from workers.stage.ledger import StageLedger
from workers.stage.plan import StagePlan
from workers.stage.stage import Stage, default_shops
from workers.stage.waiting import until

FOLDER = Path(__file__).parents[1] / "docs/screenshots"
_SEED = 20261121
_ORDERS = 30
"""Of each shop."""
_PATIENCE_S = 240.0


def main() -> None:
    """Raises `TookTooLong` when the trade does not come to rest."""
    FOLDER.mkdir(exist_ok=True)
    with TemporaryDirectory(prefix="tidegate-screenshots-") as folder:
        plan = StagePlan(Path(folder), default_shops(), seats=3, flows_every_s=8, shipped_rests_s=6, with_desk=True)
        with Stage(plan) as stage:
            _trade(stage)
            with chromium() as browser:
                _take_all(browser, plan)


def _trade(stage: Stage) -> None:
    ledger = StageLedger(stage.database)
    for index, shop in enumerate(stage.plan.shops):
        morning = make_morning(shop, _SEED + index, _ORDERS, 100_001 + index * 50_000)
        stage.stock(shop, morning.items, morning.known_customers)
        stage.control(shop, "PUT", "/customers", {"customers": list(morning.site_customers)})
        stage.control(shop, "PUT", "/products", {"products": list(morning.catalogue)})
        stage.place(shop, morning.placements)
    wanted = _ORDERS * len(stage.plan.shops)
    until(
        lambda: len(ledger.records()) == wanted and is_quiet(stage.database), "everything at rest", _PATIENCE_S,
        ledger.standing,
    )  # fmt: skip
    unreadable(stage.database, "event:evt_0", b"{", "the body is no JSON: it ends early")
    walk_back(stage, take_account(stage).orders, Console())


def _take_all(browser: Chromium, plan: StagePlan) -> None:
    with browser.page(DESKTOP, plan.desk_url) as page:
        page.goto("/log-in")
        page.screenshot(path=FOLDER / "log-in.png")
        log_in(page, "admin", plan.secret)
        for path, address in addresses(page).items():
            page.goto(address)
            page.screenshot(path=FOLDER / f"{_name(path)}.png")
        page.goto("/flower/broker")
        page.get_by_role("cell", name="dead.order", exact=True).wait_for()
        page.screenshot(path=FOLDER / "flower.png")
    _take_overview(browser, plan, "overview-dark", DARK)
    _take_overview(browser, plan, "overview-phone", PHONE)


def _take_overview(browser: Chromium, plan: StagePlan, name: str, look: Look) -> None:
    with browser.page(look, plan.desk_url) as page:
        log_in(page, "admin", plan.secret)
        page.screenshot(path=FOLDER / f"{name}.png")


def _name(path: str) -> str:
    """`/orders/{id}` as orders-one."""
    return re.sub(r"\{\w+\}", "one", path).strip("/").replace("/", "-") or "overview"


if __name__ == "__main__":
    main()
