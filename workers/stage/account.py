"""The account at the end: every order placed is in exactly one place.

It is drawn up from the sandbox sites' own orders and the simulated Sage's own tables. The ledger is asked only why an
order that is not in Sage rests where it does.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from bridge.ledger import schema
from bridge.ledger.store import Database
from bridge.states import State
from workers.stage.plan import Shop

WEB_ORDER = "Web order "
RESTING = frozenset({State.HELD, State.REVIEW, State.DEAD, State.CANCELLED, State.DISCARDED})


@dataclass(frozen=True)
class Placed:
    """One order as placed at a site, with the numbers under which Sage has it and what the site was told."""

    shop: Shop
    order_id: str
    order_number: str
    total: Decimal | None
    sage_numbers: tuple[str, ...]
    told: tuple[str, ...]
    resting: State | None
    reason: str | None
    is_on_its_way: bool

    @property
    def place(self) -> str:
        """The one place where it is, or what is wrong."""
        if len(self.sage_numbers) > 1:
            return "DOUBLE"
        if self.sage_numbers:
            return "in Sage" if self.resting is None else "DOUBLE"
        if self.resting is not None:
            return self.resting.lower()
        return "on its way" if self.is_on_its_way else "MISSING"

    @property
    def is_told(self) -> bool:
        """Whether the site knows the very number that Sage has."""
        return self.told == self.sage_numbers


@dataclass(frozen=True)
class Account:
    """All orders placed, and orders of ours in Sage that nobody placed."""

    orders: tuple[Placed, ...]
    strangers: tuple[str, ...]

    @property
    def places(self) -> Counter[str]:
        """How many orders are in each place."""
        return Counter(order.place for order in self.orders)

    @property
    def wrong(self) -> list[str]:
        """Everything that must not be; empty when the books balance."""
        bad = [
            f"order {order.order_number}: {order.place} ({', '.join(order.sage_numbers) or 'not in Sage'})"
            for order in self.orders
            if order.place in {"DOUBLE", "MISSING", "on its way"}
        ]
        bad += [
            f"order {order.order_number}: Sage has {order.sage_numbers[0]}, the site was told {order.told or 'nothing'}"
            for order in self.orders
            if order.place == "in Sage" and not order.is_told
        ]
        return bad + [f"Sage order {number}: no site ever took it" for number in self.strangers]


def draw_up(shops: Iterable[tuple[Shop, dict[str, Any], Sequence[Any]]], database: Database) -> Account:
    """The account of these shops: each with its site's own account and its company's orders in Sage."""
    orders: list[Placed] = []
    strangers: list[str] = []
    for shop, site, sage_orders in shops:
        in_sage: dict[str, list[str]] = {}
        for row in sage_orders:
            comment = str(row["header"].get("Comment", ""))
            in_sage.setdefault(comment.rpartition(WEB_ORDER)[2], []).append(str(row["header"]["SalesOrderNo"]))
        resting = _resting(database, shop)
        placed = [_placed(shop, order, in_sage, resting) for order in site["orders"]]
        orders += placed
        known = {order.order_number for order in placed}
        strangers += [number for web, numbers in in_sage.items() if web not in known for number in numbers]
    return Account(tuple(orders), tuple(strangers))


def _placed(
    shop: Shop, order: dict[str, Any], in_sage: dict[str, list[str]], resting: dict[str, tuple[State, str | None]]
) -> Placed:
    state, reason = resting.get(order["id"], (None, None))
    total = order.get("total")
    acknowledged = [told["documentNumber"] for told in order["acknowledgements"] if told["state"] == "accepted"]
    return Placed(
        shop=shop,
        order_id=order["id"],
        order_number=str(order["orderNumber"]),
        total=Decimal(str(total["amount"])) if isinstance(total, dict) else None,
        sage_numbers=tuple(in_sage.get(str(order["orderNumber"]), ())),
        told=tuple(acknowledged),
        resting=state if state in RESTING else None,
        reason=reason,
        is_on_its_way=state is not None and state not in RESTING,
    )


def _resting(database: Database, shop: Shop) -> dict[str, tuple[State, str | None]]:
    columns = schema.record.c
    with database.read() as connection:
        rows = connection.execute(
            select(columns.source_id, columns.state, columns.reason_text).where(
                columns.connection == shop.connection,
                columns.document == "order",
                columns.state != State.CONFIRMED.value,
            )
        ).all()
    return {row.source_id: (State(row.state), row.reason_text) for row in rows}
