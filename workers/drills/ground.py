"""The ground of a drill: a whole fleet with goods in its shops, on which people trade and things are broken."""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

import redis

from bridge.errors import TidegateError
from bridge.events.redis_client import open_client
from bridge.seats.redis import RedisSeats
from bridge.states import State
from sandbox.orders import make_catalogue, make_customers, make_items, make_orders
from workers.stage.account import Account
from workers.stage.books import is_quiet, take_account
from workers.stage.ledger import StageLedger
from workers.stage.plan import Shop
from workers.stage.postgres import PostgresServer
from workers.stage.services import Services
from workers.stage.stage import Stage
from workers.stage.waiting import PATIENCE_S, until

_SEED = 20261121
_FIRST_NUMBER = 100_001
IN_SAGE = "in Sage"


class NotBalanced(TidegateError):
    """The books do not balance at the end."""


class Ground:
    """A fleet that runs. `server` is its ledger's database where that is a server of its own.

    `is_settled` says that its books balance.
    """

    def __init__(self, stage: Stage, server: PostgresServer | None = None) -> None:
        self.stage = stage
        self.server = server
        self.is_settled = False
        self.sage = stage.sage
        self.shops = stage.plan.shops
        self.ledger = StageLedger(stage.database)
        self.services = Services(stage)
        self.broker: redis.Redis = open_client(stage.settings.broker.url.get_secret_value())
        self.seats = RedisSeats(self.broker, "sage100", stage.settings.systems["sage100"].seats)
        self.placed: dict[str, str] = {}
        """Every order ever placed, by id, and where it must end."""
        self._items = [{**item, "onHand": 1_000_000} for item in make_items(_SEED, 12)]
        self._customers = make_customers(_SEED, 3)

    def close(self) -> None:
        """Ends the fleet in a hurry; the stage itself stops what is left."""
        self.sage.clear_faults()
        self.broker.close()
        self.services.kill_workers()

    def open_shops(self) -> None:
        """Fills every shop and lets one order of each customer through, so that no later one waits for its customer."""
        self.fill_shops()
        self.settle()

    def fill_shops(self) -> None:
        """Puts goods into every shop with accounts of its customers, and takes one order of each."""
        for shop in self.shops:
            self.stage.stock(shop, self._items, self._customers)
            self.stage.control(shop, "PUT", "/products", {"products": make_catalogue(_SEED, len(self._items))})
            self.stage.control(shop, "PUT", "/customers", {"customers": self._customers})
            for customer in self._customers:
                self._place(1, shop, [customer], {})

    def place(self, number: int, shop: Shop | None = None, **telling: object) -> list[str]:
        """Places orders at a shop (the first one), which tells of each by webhook; their ids.

        `telling` is what becomes of the webhooks: `webhook` and `delayS` of a placement.
        """
        return self._place(number, shop or self.shops[0], self._customers, telling)

    def _place(
        self, number: int, shop: Shop, customers: Sequence[dict[str, Any]], telling: dict[str, object]
    ) -> list[str]:
        return self.take(self.make(number, shop, customers), shop, **telling)

    def take(self, orders: Sequence[dict[str, Any]], shop: Shop | None = None, **telling: object) -> list[str]:
        """A shop (the first one) takes these orders; their ids."""
        self.stage.place(shop or self.shops[0], [{"order": order, **telling} for order in orders])
        self.placed.update((order["id"], IN_SAGE) for order in orders)
        return [order["id"] for order in orders]

    def make(self, number: int, shop: Shop, customers: Sequence[dict[str, Any]] = ()) -> list[dict[str, Any]]:
        """The next orders of the shop, not placed yet."""
        self.is_settled = False
        first = _FIRST_NUMBER + len(self.placed)
        return make_orders(
            _SEED, number, site=shop.site, items=self._items, customers=customers or self._customers,
            first_number=first,
        )  # fmt: skip

    def switch_on(self, fault: str, shop: Shop | None = None, **setting: object) -> None:
        """Lets something go wrong at a shop's site, the first one's (`sandbox.clarity.faults`)."""
        self.stage.control(shop or self.shops[0], "PUT", f"/faults/{fault}", setting)

    def switch_off(self, fault: str, shop: Shop | None = None) -> None:
        """Ends a fault of a shop's site."""
        self.stage.control(shop or self.shops[0], "DELETE", f"/faults/{fault}")

    def struck(self, fault: str, shop: Shop | None = None) -> int:
        """How often a fault of a shop's site that is on has struck."""
        told = self.stage.control(shop or self.shops[0], "GET", "/faults")["faults"]
        return sum(each["struck"] for each in told if each["name"] == fault)

    def has_hit(self, fault_id: int) -> bool:
        """Whether some record is, or was, where this fault of Sage's waits."""
        return bool(self.hits([fault_id]))

    def hits(self, fault_ids: Collection[int]) -> list[dict[str, Any]]:
        """The firings of these faults of Sage's, oldest first."""
        return [hit for hit in self.sage.fault_hits() if hit["fault_id"] in fault_ids]

    def until(self, condition: Callable[[], bool], what: str, within_s: float = PATIENCE_S) -> None:
        """Returns once the condition holds; raises with the ledger's standing and the logs' ends after `within_s`."""
        until(condition, what, within_s, lambda: f"{self.ledger.standing()}\n{self.stage.log_tail(12)}")

    def is_at_rest(self) -> bool:
        """Whether the ledger knows every order placed, and nothing moves any more."""
        return len(self.ledger.records()) == len(self.placed) and is_quiet(self.stage.database)

    def settle(self, **elsewhere: str) -> Account:
        """Waits until nothing moves, and draws up the account from the sites' and Sage's own books.

        Every order ever placed must be once in Sage and told, or where `elsewhere` says (by id), from now on. Raises
        `NotBalanced` or `TookTooLong`.
        """
        self.placed.update(elsewhere)
        self.until(self.is_at_rest, "everything at rest")
        account = take_account(self.stage)
        wrong = [*account.wrong, *self._misplaced(account)]
        if wrong:
            raise NotBalanced("\n".join(wrong))
        self.until(self.are_seats_back, "every seat given back", within_s=15)
        self.is_settled = True
        return account

    def _misplaced(self, account: Account) -> Iterable[str]:
        found = {order.order_id: (order.place, order.reason) for order in account.orders}
        for order_id, wanted in self.placed.items():
            place, reason = found.get(order_id, ("at no site", None))
            if place != wanted:
                yield f"order {order_id}: {place} ({reason}), not {wanted}"

    def are_seats_back(self) -> bool:
        """Whether none is left, by anybody's account."""
        return not self.seats_left()

    def seats_left(self) -> int:
        """By leases, by Sage's own list, or by session processes but for the one that the agent keeps ready."""
        processes = len(self.services.tree("agent")[1:]) - 1
        return max(len(self.seats.held()), len(self.sage.console()), processes)

    def await_ready(self, ids: Collection[str], within_s: float = 30) -> None:
        """Returns once the ledger has all these orders, each READY."""
        self.until(lambda: self.all_ready(ids), f"{len(ids)} orders ready", within_s)

    def all_ready(self, ids: Collection[str]) -> bool:
        """Whether the ledger has all these orders, each READY."""
        return self.ledger.all_in(State.READY, ids)
