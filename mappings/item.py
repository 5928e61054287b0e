"""Sage's items as what their storefronts may not change of them: unit, active, tax, weight."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from bridge.documents import ItemFacts
from bridge.erp.sage100.readable import readables
from bridge.flows.item import Item, ItemRules, weight_of
from bridge.flows.showing import Figure
from bridge.ports.reading import ITEM, ErpRow
from mappings.names import Skus, words_of
from mappings.outward import Outward
from mappings.settings import LaneMapping


class ItemView:
    """A lane's items as its storefronts see them. `rules` are the lane's own."""

    def __init__(self, mapping: LaneMapping, rules: ItemRules, overlays: Sequence[Path] = ()) -> None:
        """Raises `Misconfigured` for a mapping that cannot work."""
        self._items = Outward.load("item", Item, readables()[ITEM].columns, overlays)
        self.rules = rules
        self._skus = Skus(mapping.items)
        self._units = words_of(mapping.units)

    def figures(self, rows: Iterable[ErpRow], as_of: datetime) -> list[Figure]:
        """The facts of every row that is a product, under each of its SKUs."""
        items = (self._items.map(row.columns) for row in rows)
        return [figure for item in items if self.rules.shows(item) for figure in self._of_item(item, as_of)]

    def _of_item(self, item: Item, as_of: datetime) -> list[Figure]:
        """A weight that is no number is left out, with a remark; the rest of the item is right all the same."""
        remark, weight = None, None
        try:
            weight = weight_of(item.weight)
        except ValueError as wrong:
            remark = f"ShipWeight {wrong}"
        return [
            Figure(
                ItemFacts(
                    sku=sku,
                    uom=self._units.get(item.uom, [item.uom])[0],
                    is_active=item.is_active,
                    is_taxable=self.rules.is_taxable(item),
                    tax_code=self.rules.tax_code(item),
                    weight=weight,
                ),
                as_of,
                remark,
            )
            for sku in self._skus.of(item.item)
        ]
