"""`tidegate submit --sandbox`: a person's own orders through a whole fleet of their own, with an account of each."""

import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bridge.errors import Refused
from bridge.ledger.store import Database
from workers.json_files import Problem
from workers.stage.account import Account
from workers.stage.books import count_moves, count_resting, is_quiet, take_account
from workers.stage.goods import read_rows
from workers.stage.plan import Shop, StagePlan
from workers.stage.stage import Stage

_GROUP = 50
_STUCK_S = 60.0


@dataclass(frozen=True)
class Submission:
    """What is put in: orders in the Clarity contract, each with its place, and the sandbox's items and customers.

    `unreadable` is what the files held beside them.
    """

    orders: Sequence[tuple[str, Any]]
    unreadable: Sequence[Problem] = ()
    items: Path | None = None
    customers: Path | None = None
    keep: Path | None = None
    rate_per_s: int = 60


def run(submission: Submission, console: Console) -> int:
    """Sends every order the whole way; 0 when all are in Sage and told, 1 when any rests elsewhere.

    Raises `Refused` naming file, line and field when items or customers cannot be read.
    """
    items = read_rows(submission.items) if submission.items else []
    customers = read_rows(submission.customers) if submission.customers else []
    good, bad = _sorted(submission.orders)
    bad = [*((f"{each.file}:{each.line}", each.text) for each in submission.unreadable), *bad]
    for place, reason in bad:
        console.print(f"{place}: {reason}", style="red", markup=False)
    if not good:
        return 1
    folder = submission.keep or Path(tempfile.mkdtemp(prefix="tidegate-submit-"))
    shop = Shop("clarity", _site_of(good), "ABC")
    plan = StagePlan(
        folder, (shop,), rate_per_s=submission.rate_per_s, burst=120, window_s=4, write_delay_ms=0, with_flower=False
    )
    console.print(f"{len(good)} orders, sandbox site at {plan.rate_per_s} requests/s, files in {folder}")
    try:
        with Stage(plan) as stage:
            loaded = stage.stock(shop, items, customers)
            stage.fill_site(shop, items, customers)
            console.print(f"the sandbox's Sage and its site have {loaded[0]} items and {loaded[1]} customers of yours")
            is_at_rest = _send(stage, shop, good, console)
            account = take_account(stage)
            if not is_at_rest:
                console.print(stage.log_tail(), style="dim", markup=False)
    finally:
        if submission.keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    return _tell(account, len(bad), console)


def _sorted(orders: Sequence[tuple[str, Any]]) -> tuple[list[dict[str, Any]], list[tuple[str, str]]]:
    """Orders that a site could hold at all, and the places of the others with what is wrong; nothing is lost."""
    good: dict[str, dict[str, Any]] = {}
    bad = []
    for place, order in orders:
        if not isinstance(order, dict) or not order.get("id") or not order.get("orderNumber"):
            bad.append((place, "an order is an object with id and orderNumber; add them"))
        elif order["id"] in good:
            bad.append((place, f"id {order['id']} stands in your files twice; the first one counts"))
        else:
            good[order["id"]] = order
    return list(good.values()), bad


def _site_of(orders: Sequence[dict[str, Any]]) -> str:
    sites = {str(order.get("siteId") or "main") for order in orders}
    if len(sites) > 1:
        text = f"the orders are of {len(sites)} sites ({', '.join(sorted(sites))}); submit one site at a time"
        raise Refused(text, field="siteId", value=", ".join(sorted(sites)))
    return sites.pop() if sites else "main"


def _send(stage: Stage, shop: Shop, orders: Sequence[dict[str, Any]], console: Console) -> bool:
    """Places the orders and waits until all rest; False when nothing has moved for a minute."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        placing = progress.add_task("placed at the site", total=len(orders))
        resting = progress.add_task("at rest", total=len(orders))
        for start in range(0, len(orders), _GROUP):
            group = orders[start : start + _GROUP]
            stage.place(shop, [{"order": order, "webhook": "deliver", "unchecked": True} for order in group])
            progress.update(placing, advance=len(group))
            progress.update(resting, completed=count_resting(stage.database))
        return _wait(stage.database, len(orders), lambda done: progress.update(resting, completed=done))


def _wait(database: Database, wanted: int, show: Callable[[int], None]) -> bool:
    """Until all orders rest and all is told; False when nothing at all has moved for a minute."""
    last, moved_at = -1, time.monotonic()
    while time.monotonic() - moved_at < _STUCK_S:
        done, moves = count_resting(database), count_moves(database)
        show(done)
        if done >= wanted and is_quiet(database):
            return True
        if moves != last:
            last, moved_at = moves, time.monotonic()
        time.sleep(0.3)
    return False


def _tell(account: Account, bad: int, console: Console) -> int:
    elsewhere = [order for order in account.orders if order.place != "in Sage"]
    for order in elsewhere:
        reason = (order.reason or "no reason is known").strip().splitlines()[-1]
        console.print(f"{order.order_number} {order.place}: {reason}", markup=False)
    for line in account.wrong:
        console.print(f"[red]{line}[/]")
    told = ", ".join(f"{count} {place}" for place, count in sorted(account.places.items()))
    console.print(f"[bold]{len(account.orders)} orders: {told}; {bad} could not be placed[/]")
    return 1 if elsewhere or bad or account.wrong else 0
