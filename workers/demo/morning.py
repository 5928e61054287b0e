"""`tidegate demo`: a morning of trade on real parts, in fast motion, with an account at the end."""

import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.live import Live
from rich.table import Table
from sqlalchemy import func, select

from bridge.ledger import schema, windows
from bridge.ports.clock import SystemClock
from workers.cli.trace import trace
from workers.demo.live import Board
from workers.demo.trade import Morning, make_morning
from workers.demo.way_back import walk_back
from workers.stage.account import Account
from workers.stage.books import is_quiet, take_account
from workers.stage.plan import DESK_USERS, StagePlan
from workers.stage.stage import Stage, default_shops

_GROUP_S = 0.25
_PATIENCE_S = 240.0


@dataclass(frozen=True)
class Options:
    """What a person may choose. `span_s` is how long the orders take to arrive."""

    orders: int = 300
    seed: int = 20261121
    span_s: float = 30.0
    stay: bool = False
    keep: Path | None = None
    with_flower: bool = True


def run(options: Options, console: Console) -> int:
    """Runs the morning; 0 when every order placed is in exactly one place, 1 when anything is missing or double."""
    folder = options.keep or Path(tempfile.mkdtemp(prefix="tidegate-demo-"))
    plan = StagePlan(
        folder, default_shops(), seats=3, flows_every_s=8, shipped_rests_s=6, with_flower=options.with_flower,
        with_desk=True,
    )  # fmt: skip
    began = time.monotonic()
    console.print(f"[bold]Tidegate demo[/]: {options.orders} orders, seed {options.seed}; sites answer at most "
                  f"{plan.rate_per_s} requests/s each (burst {plan.burst}); files in {folder}")  # fmt: skip
    try:
        with Stage(plan) as stage:
            console.print(f"fleet up in {time.monotonic() - began:.1f} s: {_names(stage)}")
            is_balanced = _play(stage, options, console)
            console.print(f"[dim]whole run {time.monotonic() - began:.1f} s[/]")
            if options.stay:
                _stay(plan, console)
    finally:
        if options.keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    return 0 if is_balanced else 1


def _names(stage: Stage) -> str:
    return ", ".join(service.name for service in stage.services())


def _play(stage: Stage, options: Options, console: Console) -> bool:
    half = options.orders // 2
    shares = (options.orders - half, half)
    mornings = [
        make_morning(shop, options.seed + index, share, 100_001 + index * 50_000)
        for index, (shop, share) in enumerate(zip(stage.plan.shops, shares, strict=True))
    ]
    for morning in mornings:
        _open_shop(stage, morning)
    board = Board(stage.plan, stage.settings, stage.database)
    trade = _Trade(stage, mornings, options.span_s, board)
    trade.start()
    try:
        is_at_rest = _watch(stage, board, trade, options.orders, console)
    finally:
        trade.join()
        board.close()
    account = take_account(stage)
    _tell(account, console)
    number = walk_back(stage, account.orders, console)
    if number is not None:
        console.rule(f"tidegate trace {number}")
        trace(number, config=stage.plan.config)
    if not is_at_rest:
        console.print(f"[red]not everything came to rest within {_PATIENCE_S:.0f} s[/]")
        console.print(stage.log_tail(), style="dim", markup=False)
    wrong = [*account.wrong, *_unexpected(account, mornings)]
    for line in wrong[:20]:
        console.print(f"[red]{line}[/]")
    return is_at_rest and not wrong and number is not None and len(account.orders) == options.orders


def _open_shop(stage: Stage, morning: Morning) -> None:
    stage.stock(morning.shop, morning.items, morning.known_customers)
    stage.control(morning.shop, "PUT", "/customers", {"customers": list(morning.site_customers)})
    stage.control(morning.shop, "PUT", "/products", {"products": list(morning.catalogue)})


class _Trade(threading.Thread):
    """Places the orders and lets the morning's mishaps happen, by the clock."""

    def __init__(self, stage: Stage, mornings: Sequence[Morning], span_s: float, board: Board) -> None:
        super().__init__(name="trade", daemon=True)
        self._stage, self._mornings, self._span_s, self._board = stage, mornings, span_s, board
        self.placed = 0
        self.is_over = False

    def run(self) -> None:
        began = time.monotonic()
        mishaps = self._mishaps()
        steps = max(int(self._span_s / _GROUP_S), 1)
        for step in range(steps):
            for morning in self._mornings:
                total = len(morning.placements)
                group = morning.placements[total * step // steps : total * (step + 1) // steps]
                if group:
                    self._stage.place(morning.shop, group)
                    self.placed += len(group)
            while mishaps and (time.monotonic() - began) / self._span_s >= mishaps[0][0]:
                mishaps.pop(0)[1]()
            time.sleep(max(0.0, began + (step + 1) * _GROUP_S - time.monotonic()))
        for _, happen in mishaps:
            happen()
        self.is_over = True

    def _mishaps(self) -> list[tuple[float, Callable[[], None]]]:
        """(share of the span, what happens then), in order."""
        return [
            (0.15, self._lose_an_answer),
            (0.40, lambda: self._backup(True)),
            (0.58, lambda: self._backup(False)),
            (0.65, lambda: self._shut_out(True)),
            (0.90, lambda: self._shut_out(False)),
        ]

    def _lose_an_answer(self) -> None:
        company = self._mornings[0].shop.company
        self._stage.sage.add_fault("after_header_write", "hang", company=company)
        self._board.say(f"{company}: the next write will hang after Sage's commit (time-out, then a probe)")

    def _backup(self, on: bool) -> None:
        self._stage.sage.maintenance(on)
        self._board.say("Sage is being backed up: nobody gets in" if on else "the backup is over")

    def _shut_out(self, on: bool) -> None:
        shop = self._mornings[1].shop
        self._stage.sage.logon_refused(shop.company, on)
        if on:
            self._board.say(f"{shop.company}: Sage refuses our log-on; the lane is halted, the other flows")
            return
        with self._stage.database.write() as connection:
            windows.resume(connection, shop.lane, now=SystemClock().now())
        self._board.say(f"{shop.company}: access is back, a person has resumed the lane")


def _watch(stage: Stage, board: Board, trade: _Trade, of: int, console: Console) -> bool:
    """Shows the board until everything rests; False when that takes too long. A log gets a line now and then."""
    deadline = time.monotonic() + trade._span_s + _PATIENCE_S
    is_live = console.is_terminal
    is_done, next_line = False, 0.0
    with Live(console=console, refresh_per_second=4, transient=False, auto_refresh=False) as live:
        while time.monotonic() < deadline:
            is_done = trade.is_over and is_quiet(stage.database) and _all_known(stage, trade.placed)
            if is_live or is_done:
                live.update(board.picture(trade.placed, of), refresh=True)
            elif time.monotonic() > next_line:
                next_line = time.monotonic() + 5
                print(_line(board, trade.placed), flush=True)  # noqa: T201  a log has no live table
            if is_done:
                break
            time.sleep(0.25)
    console.print()
    return is_done


def _line(board: Board, placed: int) -> str:
    lanes = "; ".join(
        f"{lane} " + " ".join(f"{name}={counter[name]}" for name in counter if name)
        for lane, counter in board.counts().items()
    )
    return f"placed {placed}; {lanes}"


def _all_known(stage: Stage, placed: int) -> bool:
    with stage.database.read() as connection:
        known = connection.execute(
            select(func.count()).select_from(schema.record).where(schema.record.c.document == "order")
        ).scalar_one()
    return bool(known >= placed)


def _tell(account: Account, console: Console) -> None:
    table = Table(title=f"every one of the {len(account.orders)} orders placed is in exactly one place")
    for name in ("place", "orders", "money"):
        table.add_column(name, justify="left" if name == "place" else "right")
    for place, count in sorted(account.places.items()):
        money = sum((order.total for order in account.orders if order.place == place and order.total), start=0)
        table.add_row(place, str(count), f"{money:,.2f}")
    console.print(table)
    for order in account.orders:
        if order.place != "in Sage":
            reason = (order.reason or "").strip().splitlines()[-1:] or [""]
            console.print(f"  {order.order_number} {order.place}: {reason[0]}"[:200], style="dim", markup=False)


def _unexpected(account: Account, mornings: Sequence[Morning]) -> list[str]:
    """Bad orders that are not where they should be, and good ones that are not in Sage."""
    expected = {order_id: end for morning in mornings for order_id, end in morning.expected.items()}
    wrong = []
    for order in account.orders:
        wanted = expected[order.order_id].state.lower() if order.order_id in expected else "in Sage"
        if order.place != wanted:
            wrong.append(f"order {order.order_number} is {order.place}, expected {wanted}")
    return wrong


def _stay(plan: StagePlan, console: Console) -> None:
    console.rule("it all stays up until Ctrl+C")
    console.print(f"desk       {plan.desk_url}  (log in as {', '.join(DESK_USERS)}; password {plan.secret})")
    console.print(f"Flower     {plan.desk_url}/flower/  (behind the desk's log-in, for admin)")
    console.print(f"receiver   http://127.0.0.1:{plan.receiver_port}")
    for shop in plan.shops:
        console.print(f"site {shop.site:6} {shop.url}")
    console.print(f"settings   TIDEGATE_CONFIG={plan.config}   (then: tidegate status, tidegate dead list, ...)")
    try:
        while True:
            time.sleep(1)
    except KeyboardInterrupt:
        print(file=sys.stderr)  # noqa: T201  ends the line after ^C
