"""A whole fleet with its sandbox, for tests that break it: real processes, real kills, and the account at the end."""

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import redis

from bridge.events.redis_client import open_client
from bridge.ledger.rows import Record
from bridge.seats.redis import RedisSeats
from bridge.states import State
from bridge.writing.mapped import Mapped
from sandbox.orders import make_customers, make_items, make_orders
from sandbox.sage100.faults import Action, Point
from tests.fleet_ledger import FleetLedger
from tests.fleet_services import Services
from tests.postgres import PostgresServer
from workers.demo.account import Account
from workers.demo.morning import is_quiet, take_account
from workers.demo.plan import Shop, StagePlan
from workers.demo.stage import Stage, log_tail

PATIENCE_S = 60.0
_SEED = 20261121
_FIRST_NUMBER = 100_001
_APART = 1_000
_SHOPS = (("clarity", "main", "ABC"), ("west", "west", "XYZ"))


@dataclass(frozen=True)
class Trap:
    """A fault that waits at one point for one order, of which we know the number that Sage will give it.

    `earlier` are the orders that are written before it, by id.
    """

    fault_id: int
    point: Point
    number: str
    record: Record
    earlier: tuple[str, ...]


class FleetLab:
    """A fleet that runs, with goods in every shop: tests place orders, break things, and ask for the account.

    `server` is its ledger's database where that is a server of its own. `is_settled` says that its books balance.
    """

    def __init__(self, stage: Stage, server: PostgresServer | None = None) -> None:
        self.stage = stage
        self.server = server
        self.is_settled = False
        self.sage = stage.sage
        self.shops = stage.plan.shops
        self.ledger = FleetLedger(stage.database)
        self.services = Services(stage.supervisor, stage.plan.config)
        self.broker: redis.Redis = open_client(stage.settings.broker.url.get_secret_value())
        self.seats = RedisSeats(self.broker, "sage100", stage.settings.systems["sage100"].seats)
        self._items = [{**item, "onHand": 100_000} for item in make_items(_SEED, 12)]
        self._customers = make_customers(_SEED, 3)
        self._placed: dict[str, str] = {}
        self._traps = count(1)

    # What people do

    def open_shops(self) -> None:
        """Fills every shop and lets one order of each customer through, so that no later one waits for its customer."""
        for shop in self.shops:
            self.stage.stock(shop, self._items, self._customers)
            for customer in self._customers:
                self._place(1, shop, [customer])
        self.settle()

    def place(self, number: int, shop: Shop | None = None) -> list[str]:
        """Places orders at a shop (the first one), which tells of each by webhook; their ids."""
        return self._place(number, shop or self.shops[0], self._customers)

    def _place(self, number: int, shop: Shop, customers: Sequence[dict[str, Any]]) -> list[str]:
        first = _FIRST_NUMBER + len(self._placed)
        orders = make_orders(
            _SEED, number, site=shop.site, items=self._items, customers=customers, first_number=first
        )  # fmt: skip
        self.is_settled = False
        self.stage.place(shop, [{"order": order} for order in orders])
        self._placed.update((order["id"], "in Sage") for order in orders)
        return [order["id"] for order in orders]

    def edit(self, order_id: str, **changes: object) -> None:
        """The first shop's back office changes fields of an order; the site tells at once."""
        self.is_settled = False
        self.stage.control(self.shops[0], "POST", f"/orders/{order_id}/edit", {"changes": changes})

    def cancel(self, order_id: str) -> None:
        """A buyer of the first shop cancels; the site tells at once."""
        self.is_settled = False
        self.stage.control(self.shops[0], "POST", f"/orders/{order_id}/cancel", {})

    def switch_on(self, fault: str, **setting: object) -> None:
        """Lets something go wrong at the first shop's site (`sandbox.clarity.faults`)."""
        self.stage.control(self.shops[0], "PUT", f"/faults/{fault}", setting)

    def switch_off(self, fault: str) -> None:
        """Ends a fault of the first shop's site."""
        self.stage.control(self.shops[0], "DELETE", f"/faults/{fault}")

    def struck(self, fault: str) -> int:
        """How often a fault of the first shop's site that is on has struck."""
        told = self.stage.control(self.shops[0], "GET", "/faults")["faults"]
        return sum(each["struck"] for each in told if each["name"] == fault)

    def place_behind_gate(self, number: int, shop: Shop | None = None) -> list[str]:
        """Halts the lane, places orders, and returns once all are READY: after `resume` they are one batch."""
        chosen = shop or self.shops[0]
        self.ledger.halt(chosen)
        ids = self.place(number, chosen)
        self.until(lambda: self.ledger.all_in(State.READY, ids), f"{number} orders of {chosen.lane} READY")
        return ids

    # Traps in Sage

    def trap(self, point: Point, action: Action, ids: Collection[str], shop: Shop | None = None) -> Trap:
        """A fault for an order of several lines in the middle of the batch that these orders will be."""
        chosen, waiting = shop or self.shops[0], self.ledger.records(ids)
        place = next(n for n in range(len(waiting) // 3, len(waiting)) if _line_count(waiting[n]) > 1)
        first = next(self._traps) * _APART  # clear of all numbers that Sage gave by itself meanwhile
        self.sage.set_next_number(chosen.company, "SalesOrderNo", first)
        number = f"{first + place:07}"
        fault_id = self.sage.add_fault(point, action, company=chosen.company, key=number)
        return Trap(fault_id, point, number, waiting[place], tuple(each.source_id for each in waiting[:place]))

    def await_hit(self, trap: Trap) -> int:
        """Waits for the durable row that says that this very order is at the point; the session's process."""
        self.until(lambda: self.has_hit(trap.fault_id), f"order {trap.number} at {trap.point}")
        [hit] = self._hits(trap.fault_id)
        assert (hit["point"], hit["key"]) == (trap.point, trap.number)
        assert self.ledger.record(trap.record.source_id).number == trap.number
        return int(hit["pid"])

    def has_hit(self, fault_id: int) -> bool:
        """Whether some record is, or was, where this fault waits."""
        return bool(self._hits(fault_id))

    def _hits(self, fault_id: int) -> list[dict[str, Any]]:
        return [hit for hit in self.sage.fault_hits() if hit["fault_id"] == fault_id]

    def in_sage(self, number: str, shop: Shop | None = None) -> dict[str, Any] | None:
        """The header of an order in the company's books, None when Sage has none of that number."""
        headers = [row["header"] for row in self.sage.orders((shop or self.shops[0]).company)]
        return next((header for header in headers if header["SalesOrderNo"] == number), None)

    # Waiting and the account

    def until(self, condition: Callable[[], bool], what: str, within_s: float = PATIENCE_S) -> None:
        """Returns once the condition holds; fails with the ledger's standing and the logs' ends after `within_s`."""
        deadline = time.monotonic() + within_s
        while not condition():
            if time.monotonic() > deadline:
                logs = log_tail(self.stage.settings.run_folder, 12)
                raise AssertionError(f"not within {within_s} s: {what}\n{self.ledger.standing()}\n{logs}")
            time.sleep(0.05)

    def is_at_rest(self) -> bool:
        """Whether the ledger knows every order placed, and nothing moves any more."""
        return len(self.ledger.records()) == len(self._placed) and is_quiet(self.stage.database)

    def settle(self, **elsewhere: str) -> Account:
        """Waits until nothing moves, and draws up the account from the sites' and Sage's own books.

        Every order ever placed must be once in Sage and told, or where `elsewhere` says (by id), from now on.
        """
        self._placed.update(elsewhere)
        self.until(self.is_at_rest, "everything at rest")
        account = take_account(self.stage)
        wrong = [*account.wrong, *self._misplaced(account)]
        assert wrong == [], "\n".join(wrong)
        self.until(self._are_seats_back, "every seat given back", within_s=15)
        self.is_settled = True
        return account

    def _misplaced(self, account: Account) -> list[str]:
        found = {order.order_id: (order.place, order.reason) for order in account.orders}
        return [
            f"order {order_id}: {found.pop(order_id, 'at no site')}, not {place}"
            for order_id, place in self._placed.items()
            if order_id not in found or found[order_id][0] != place
        ]

    def _are_seats_back(self) -> bool:
        """No lease, nothing in Sage's own list of sessions, no session process."""
        return not (self.seats.held() or self.sage.console() or self.services.tree("agent")[1:])


def answers(lab: FleetLab, ids: Collection[str]) -> Mapping[str, list[str | None]]:
    """What the receiver answered to the webhooks of these orders of the first shop, by the site's own book."""
    orders = [order for order in lab.stage.account(lab.shops[0])["orders"] if order["id"] in ids]
    return {order["id"]: [each["lastAnswer"] for each in order["deliveries"]] for order in orders}


def _line_count(record: Record) -> int:
    return len(Mapped.from_json(record.mapped or "").lines)


@contextmanager
def fleet_lab(folder: Path, *, lease_s: float, server: PostgresServer | None = None) -> Iterator[FleetLab]:
    """A fleet of two shops, up and warm; all of its processes end with the context.

    Calls of Sage may take long, so that a session that pauses is not ended for it; and a window lasts long enough for
    a session to start in it on a machine with too much to do.
    """
    plan = StagePlan(
        folder, tuple(Shop(*each) for each in _SHOPS), rate_per_s=200, burst=400, window_s=3, write_delay_ms=0,
        with_flower=False, call_deadline_s=30, lease_s=lease_s, ledger_url=server.url if server else None,
    )  # fmt: skip
    with Stage(plan) as stage:
        lab = FleetLab(stage, server)
        try:
            lab.open_shops()
            yield lab
        finally:
            stage.sage.clear_faults()
            lab.broker.close()
            lab.services.kill_workers()
