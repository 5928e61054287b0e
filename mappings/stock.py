"""Sage's stock of an item as what its storefronts may sell of it, under the names that they know it by."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from pathlib import Path

from bridge.documents import StockFigure
from bridge.erp.sage100.readable import readables
from bridge.flows.showing import Figure
from bridge.flows.stock import OVERSOLD, Level, StockRules, offered, shortage
from bridge.flows.velocity import UNMEASURED, ZERO, Velocity
from bridge.ports.reading import STOCK, ErpPage, ErpReader, ErpRow, ReadAsk
from mappings.names import Skus
from mappings.outward import Outward
from mappings.settings import LaneMapping

ORDER_LINE = ("ItemCode", "QuantityOrdered")
"""Item and quantity of an order line in Sage's columns."""

_ITEM = "ItemCode"


class StockView:
    """A lane's stock as its storefronts see it. `rules` are the lane's own."""

    def __init__(self, mapping: LaneMapping, rules: StockRules, overlays: Sequence[Path] = ()) -> None:
        """Raises `Misconfigured` for a mapping that cannot work."""
        self._levels = Outward.load("stock", Level, readables()[STOCK].columns, overlays)
        self.rules = rules
        self._skus = Skus(mapping.items)

    def figures(
        self,
        rows: Sequence[ErpRow],
        waiting: Mapping[str, Decimal],
        as_of: datetime,
        velocity: Velocity = UNMEASURED,
    ) -> list[Figure]:
        """Figures of whole items: all warehouses of an item must be among the rows, side by side."""
        levels = (self._levels.map(row.columns) for row in rows)
        return [
            figure
            for item, there in groupby(levels, key=lambda level: level.item)
            for figure in self._of_item(list(there), waiting.get(item, ZERO), as_of, velocity)
        ]

    def _of_item(self, levels: list[Level], waiting: Decimal, as_of: datetime, velocity: Velocity) -> list[Figure]:
        short = shortage(levels, waiting)
        remark = f"{OVERSOLD} {short:f}" if short else None
        return [
            Figure(StockFigure(sku=sku, location_code=location, available=figure, as_of=as_of), as_of, remark)
            for location, figure in offered(levels, waiting, self.rules, velocity).items()
            for sku in self._skus.of(levels[0].item)
        ]


def whole_items(reader: ErpReader, page: ErpPage) -> list[ErpRow]:
    """The page's rows with all warehouses of its first and last item, which a page's edge may have parted."""
    items = [str(row.columns[_ITEM]) for row in page.rows]
    if not items:
        return []
    edges = dict.fromkeys((items[0], items[-1]))
    inside = [row for row, item in zip(page.rows, items, strict=True) if item not in edges]
    again = reader.read(ReadAsk(STOCK, keys=tuple(edges))).rows
    return sorted((*inside, *again), key=lambda row: str(row.columns[_ITEM]))
