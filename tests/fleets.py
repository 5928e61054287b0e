"""A whole fleet with its sandbox, for tests that break it: real processes, real kills, and the account at the end."""

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis
from sqlalchemy import func, select

from bridge.events.redis_client import open_client
from bridge.ledger import schema, windows
from bridge.ledger.rows import Record, record_of
from bridge.ports.clock import SystemClock
from bridge.seats.redis import RedisSeats
from bridge.states import State
from bridge.writing.mapped import Mapped
from sandbox.orders import make_customers, make_items, make_orders
from sandbox.sage100.faults import Action, Point
from tests.fleet_services import Services
from workers.demo.account import Account
from workers.demo.morning import is_quiet, take_account
from workers.demo.plan import Shop, StagePlan
from workers.demo.stage import Stage, log_tail

PATIENCE_S = 60.0
_SEED = 20261121
_FIRST_NUMBER = 100_001
_SHOPS = (("clarity", "main", "ABC"), ("west", "west", "XYZ"))


@dataclass(frozen=True)
class Trap:
    """A fault that waits at one point for one order, of which we know the number that Sage will give it."""

    fault_id: int
    point: Point
    number: str
    record: Record


class FleetLab:
    """A fleet that runs, with goods in every shop: tests place orders, break things, and ask for the account."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.sage = stage.sage
        self.shops = stage.plan.shops
        self.services = Services(stage.supervisor, stage.plan.config)
        self.broker: redis.Redis = open_client(stage.settings.broker.url.get_secret_value())
        self.seats = RedisSeats(self.broker, "sage100", stage.settings.systems["sage100"].seats)
        self._items = [{**item, "onHand": 100_000} for item in make_items(_SEED, 12)]
        self._customers = make_customers(_SEED, 3)
        self._placed: dict[str, str] = {}
        self._last_number = 0

    # What people do

    def open_shops(self) -> None:
        """Fills every shop and lets one order of each customer through, so that no later one waits for its customer."""
        for shop in self.shops:
            self.stage.stock(shop, self._items, self._customers)
            for customer in self._customers:
                self._place(1, shop, [customer])
        self.settle()

    def place(self, count: int, shop: Shop | None = None) -> list[str]:
        """Places orders at a shop (the first one), which tells of each by webhook; their ids."""
        return self._place(count, shop or self.shops[0], self._customers)

    def _place(self, count: int, shop: Shop, customers: Sequence[dict[str, Any]]) -> list[str]:
        first = _FIRST_NUMBER + len(self._placed)
        orders = make_orders(
            _SEED, count, site=shop.site, items=self._items, customers=customers, first_number=first
        )  # fmt: skip
        self.stage.place(shop, [{"order": order} for order in orders])
        self._placed.update((order["id"], "in Sage") for order in orders)
        return [order["id"] for order in orders]

    def edit(self, order_id: str, **changes: object) -> None:
        """The first shop's back office changes fields of an order; the site tells at once."""
        self.stage.control(self.shops[0], "POST", f"/orders/{order_id}/edit", {"changes": changes})

    def cancel(self, order_id: str) -> None:
        """A buyer of the first shop cancels; the site tells at once."""
        self.stage.control(self.shops[0], "POST", f"/orders/{order_id}/cancel", {})

    def halt(self, shop: Shop) -> None:
        """A person halts the shop's lane."""
        with self.stage.database.write() as connection:
            windows.halt(connection, shop.lane, reason="halted by a test", now=SystemClock().now())

    def resume(self, shop: Shop) -> None:
        """A person resumes the shop's lane."""
        with self.stage.database.write() as connection:
            windows.resume(connection, shop.lane, now=SystemClock().now())

    def place_behind_gate(self, count: int, shop: Shop | None = None) -> list[str]:
        """Halts the lane, places orders, and returns once all are READY: after `resume` they are one batch."""
        chosen = shop or self.shops[0]
        self.halt(chosen)
        ids = self.place(count, chosen)
        self.until(lambda: self.all_in(State.READY, ids), f"{count} orders of {chosen.lane} READY")
        return ids

    # Traps in Sage

    def trap(self, point: Point, action: Action, ids: Collection[str], shop: Shop | None = None) -> Trap:
        """A fault for an order of several lines in the middle of the batch that these orders will be."""
        chosen, waiting = shop or self.shops[0], self.records(ids)
        place = next(n for n in range(len(waiting) // 3, len(waiting)) if _line_count(waiting[n]) > 1)
        first = self._last_number + 1
        self._last_number += len(waiting)
        self.sage.set_next_number(chosen.company, "SalesOrderNo", first)
        number = f"{first + place:07}"
        fault_id = self.sage.add_fault(point, action, company=chosen.company, key=number)
        return Trap(fault_id, point, number, waiting[place])

    def await_hit(self, trap: Trap) -> int:
        """Waits for the durable row that says that this very order is at the point; the session's process."""
        self.until(lambda: bool(self._hits(trap.fault_id)), f"order {trap.number} at {trap.point}")
        [hit] = self._hits(trap.fault_id)
        assert (hit["point"], hit["key"]) == (trap.point, trap.number)
        assert self.record(trap.record.source_id).number == trap.number
        return int(hit["pid"])

    def _hits(self, fault_id: int) -> list[dict[str, Any]]:
        return [hit for hit in self.sage.fault_hits() if hit["fault_id"] == fault_id]

    def in_sage(self, number: str, shop: Shop | None = None) -> dict[str, Any] | None:
        """The header of an order in the company's books, None when Sage has none of that number."""
        headers = [row["header"] for row in self.sage.orders((shop or self.shops[0]).company)]
        return next((header for header in headers if header["SalesOrderNo"] == number), None)

    # The ledger as it is

    def records(self, ids: Collection[str] | None = None, document: str = "order") -> list[Record]:
        """The records of these orders (or of all), in the order in which a writer claims them."""
        columns = schema.record.c
        query = select(schema.record).where(columns.document == document)
        if ids is not None:
            query = query.where(columns.source_id.in_(ids))
        with self.stage.database.read() as connection:
            rows = connection.execute(query.order_by(columns.priority, columns.due_at, columns.id)).all()
        return [record_of(row) for row in rows]

    def record(self, order_id: str) -> Record:
        """The one record of an order."""
        [found] = self.records([order_id])
        return found

    def all_in(self, state: State, ids: Collection[str], document: str = "order") -> bool:
        """Whether the ledger knows all these orders, each in this state."""
        found = self.records(ids, document)
        return len(found) == len(ids) and {record.state for record in found} == {state}

    def writes_begun(self, record: Record) -> int:
        """How often a request with this record was sent, by the journal."""
        columns = schema.move.c
        sent = (columns.record_id == record.id) & (columns.target == State.WRITING.value)
        with self.stage.database.read() as connection:
            return int(connection.execute(select(func.count()).where(sent)).scalar_one())

    def lane(self, shop: Shop) -> windows.LaneRow:
        """The standing of the shop's lane."""
        with self.stage.database.read() as connection:
            row = windows.lane_row(connection, shop.lane)
        assert row is not None
        return row

    # Waiting and the account

    def until(self, condition: Callable[[], bool], what: str, within_s: float = PATIENCE_S) -> None:
        """Returns once the condition holds; fails with the ledger's standing and the logs' ends after `within_s`."""
        deadline = time.monotonic() + within_s
        while not condition():
            if time.monotonic() > deadline:
                logs = log_tail(self.stage.settings.run_folder, 12)
                raise AssertionError(f"not within {within_s} s: {what}\n{self._standing()}\n{logs}")
            time.sleep(0.05)

    def is_at_rest(self) -> bool:
        """Whether the ledger knows every order placed, and nothing moves any more."""
        return len(self.records()) == len(self._placed) and is_quiet(self.stage.database)

    def settle(self, **elsewhere: str) -> Account:
        """Waits until nothing moves, and draws up the account from the sites' and Sage's own books.

        Every order ever placed must be once in Sage and told, or where `elsewhere` says (by id), from now on.
        """
        self._placed.update(elsewhere)
        self.until(self.is_at_rest, "everything at rest")
        account = take_account(self.stage)
        assert account.wrong == []
        assert {order.order_id: order.place for order in account.orders} == self._placed
        self.until(self._are_seats_back, "every seat given back", within_s=15)
        return account

    def _are_seats_back(self) -> bool:
        """No lease, nothing in Sage's own list of sessions, no session process."""
        return not (self.seats.held() or self.sage.console() or self.services.tree("agent")[1:])

    def _standing(self) -> str:
        columns = schema.record.c
        kinds = (columns.document, columns.lane, columns.state, columns.condition)
        with self.stage.database.read() as connection:
            rows = connection.execute(select(*kinds, func.count()).group_by(*kinds)).all()
        return "\n".join(str(tuple(row)) for row in rows)


def answers(lab: FleetLab, ids: Collection[str]) -> Mapping[str, list[str | None]]:
    """What the receiver answered to the webhooks of these orders of the first shop, by the site's own book."""
    orders = [order for order in lab.stage.account(lab.shops[0])["orders"] if order["id"] in ids]
    return {order["id"]: [each["lastAnswer"] for each in order["deliveries"]] for order in orders}


def _line_count(record: Record) -> int:
    return len(Mapped.from_json(record.mapped or "").lines)


@contextmanager
def fleet_lab(folder: Path, *, shops: int = 1, **plan: Any) -> Iterator[FleetLab]:
    """A fleet of so many shops, up and warm; all of its processes end with the context.

    Leases are short, so that a killed writer's lane is soon free; calls of Sage may take long, so that pauses are none.
    """
    pace = {"rate_per_s": 200, "burst": 400, "window_s": 2, "write_delay_ms": 0, "lease_s": 4, "call_deadline_s": 30}
    chosen = tuple(Shop(*each) for each in _SHOPS[:shops])
    with Stage(StagePlan(folder, chosen, with_flower=False, **{**pace, **plan})) as stage:
        lab = FleetLab(stage)
        try:
            lab.open_shops()
            yield lab
        finally:
            stage.sage.clear_faults()
            lab.broker.close()
            lab.services.kill_workers()
