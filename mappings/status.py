"""Sage's sales orders as the statuses that their storefronts show."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from bridge.documents import OrderStatus
from bridge.erp.sage100.readable import readables
from bridge.flows.owning import Owners
from bridge.flows.showing import Figure
from bridge.flows.status import (
    SHIPPED,
    LineState,
    OrderState,
    Standing,
    StatusRules,
    standing,
    standing_in_history,
)
from bridge.ports.reading import ORDER, ErpRow
from mappings.outward import LINES, Outward
from mappings.shipment import ShipmentView


class StatusView:
    """A lane's orders as their storefronts see them. `shipments` says which unposted invoices have left the house."""

    def __init__(self, rules: StatusRules, shipments: ShipmentView, overlays: Sequence[Path] = ()) -> None:
        """Raises `Misconfigured` for a mapping that cannot work."""
        readable = readables()[ORDER]
        self._orders = Outward.load("status", OrderState, readable.columns, overlays)
        self._lines = Outward.load("status", LineState, readable.parts["lines"].columns, overlays, LINES)
        self._shipments = shipments
        self.rules = rules

    def state(self, row: ErpRow) -> OrderState:
        """The header of an order, open or of history."""
        return self._orders.map(row.columns)

    def open_figures(
        self,
        rows: Iterable[ErpRow],
        invoices: Iterable[ErpRow],
        mine: Owners,
        as_of: datetime,
        *,
        shipments: Mapping[int, int],
    ) -> list[Figure]:
        """Figures of open orders; `invoices` are the unposted ones that hold them.

        `shipments` says how many of them are known by now, by the id of the order's record.
        """
        withheld = self._shipments.withheld(invoices)
        told = []
        for row in rows:
            state, lines = self.state(row), [self._lines.map(line) for line in row.parts.get("lines", ())]
            told.append((state, standing(state, lines, withheld.get(state.invoice, {}))))
        return self._figures(told, mine, as_of, shipments)

    def history_figures(
        self, rows: Iterable[ErpRow], mine: Owners, as_of: datetime, *, shipments: Mapping[int, int]
    ) -> list[Figure]:
        """Figures of orders that have left the open table; `shipments` as above."""
        states = [self.state(row) for row in rows]
        return self._figures([(state, standing_in_history(state)) for state in states], mine, as_of, shipments)

    def _figures(
        self,
        told: Iterable[tuple[OrderState, Standing | None]],
        mine: Owners,
        as_of: datetime,
        shipments: Mapping[int, int],
    ) -> list[Figure]:
        """A new shipment is an occasion to show the status again, for the site has moved the order by itself."""
        figures = []
        for state, stands in told:
            order, word = mine.orders.get(state.number), self.rules.words.get(stands) if stands else None
            if order is not None and word is not None and order.id not in mine.withdrawn:
                rests = timedelta(seconds=self.rules.shipped_rests_s if stands in SHIPPED else 0)
                document = OrderStatus(order_id=order.source_id, status=word)
                occasion = str(shipments.get(order.id, ""))
                figures.append(Figure(document, as_of, owner=order, rests=rests, occasion=occasion))
        return figures
