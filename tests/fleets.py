"""A whole fleet with its sandbox, for tests that break it: real processes, real kills, and the account at the end."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import redis
from sqlalchemy import update

from bridge.ledger import schema
from bridge.ledger.rows import Record
from bridge.ports.clock import SystemClock
from bridge.writing.mapped import Mapped
from sandbox.sage100.faults import Action, Point
from workers.drills.ground import Ground
from workers.stage.plan import Shop, StagePlan
from workers.stage.postgres import PostgresServer
from workers.stage.stage import Stage

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


class FleetLab(Ground):
    """A ground on which a test knows which order is where at the moment of a fault."""

    def __init__(self, stage: Stage, server: PostgresServer | None = None) -> None:
        super().__init__(stage, server)
        self._traps = count(1)

    def place_behind_gate(self, number: int, shop: Shop | None = None) -> list[str]:
        """Halts the lane, places orders, and returns once all are READY: after `resume` they are one batch."""
        chosen = shop or self.shops[0]
        self.ledger.halt(chosen)
        ids = self.place(number, chosen)
        self.until(lambda: self.all_ready(ids), f"{number} orders of {chosen.lane} READY")
        return ids

    def edit(self, order_id: str, **changes: object) -> None:
        """The first shop's back office changes fields of an order; the site tells at once."""
        self.is_settled = False
        self.stage.control(self.shops[0], "POST", f"/orders/{order_id}/edit", {"changes": changes})

    def cancel(self, order_id: str) -> None:
        """A buyer of the first shop cancels; the site tells at once."""
        self.is_settled = False
        self.stage.control(self.shops[0], "POST", f"/orders/{order_id}/cancel", {})

    def expire_tellings(self) -> None:
        """The time is over that a worker has for a batch of tellings: five minutes, which a test cannot wait."""
        columns = schema.batch.c
        is_open = columns.closed_at.is_(None) & columns.fence.is_(None)
        with self.stage.database.write() as connection:
            connection.execute(update(schema.batch).where(is_open).values(expires_at=SystemClock().now()))

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
        [hit] = self.hits([trap.fault_id])
        assert (hit["point"], hit["key"]) == (trap.point, trap.number)
        assert self.ledger.record(trap.record.source_id).number == trap.number
        return int(hit["pid"])

    def in_sage(self, number: str, shop: Shop | None = None) -> dict[str, Any] | None:
        """The header of an order in the company's books, None when Sage has none of that number."""
        headers = [row["header"] for row in self.sage.orders((shop or self.shops[0]).company)]
        return next((header for header in headers if header["SalesOrderNo"] == number), None)


def answers(lab: FleetLab, ids: Collection[str]) -> Mapping[str, list[str | None]]:
    """What the receiver answered to the webhooks of these orders of the first shop, by the site's own book."""
    orders = [order for order in lab.stage.account(lab.shops[0])["orders"] if order["id"] in ids]
    return {order["id"]: [each["lastAnswer"] for each in order["deliveries"]] for order in orders}


def broker_is_up(lab: FleetLab) -> bool:
    """Whether the broker answers, its data loaded."""
    try:
        return bool(lab.broker.ping())
    except redis.ConnectionError:
        return False


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
            lab.close()
