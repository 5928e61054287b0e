"""Sage's prices as its storefronts show them: the standard one, one for each price list, one for each contract."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from pathlib import Path

from bridge.documents import PriceBreak, PriceFigure
from bridge.erp.sage100.readable import readables
from bridge.flows.price import (
    BY_CODE,
    BY_ITEM,
    CONTRACT,
    Buyer,
    Charge,
    PriceBook,
    PricedItem,
    PriceRow,
    PriceRules,
)
from bridge.flows.showing import Figure
from bridge.ledger.rows import Record
from bridge.ports.reading import ITEM, PRICE, ErpRow
from mappings.names import Skus
from mappings.outward import Outward
from mappings.settings import LaneMapping

REMARK_LENGTH = 128
"""What the ledger keeps of a remark."""


@dataclass(frozen=True)
class Accounts:
    """The storefront accounts of Sage's customers, and Sage's price level of each customer where that is asked for."""

    records: Sequence[Record] = ()
    levels: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def of(self) -> Mapping[str, list[Record]]:
        """The accounts by the number of their customer."""
        found: dict[str, list[Record]] = {}
        for record in self.records:
            found.setdefault(record.number or "", []).append(record)
        return found


@dataclass(frozen=True)
class OnShow:
    """What of an item is shown already beside its standard price, and stays right when its rows are gone from Sage."""

    lists: Mapping[str, set[str]] = field(default_factory=dict)
    accounts: Mapping[str, set[str]] = field(default_factory=dict)

    @classmethod
    def read(cls, contents: Iterable[str]) -> "OnShow":
        """From prices as they stand in the ledger: lists and accounts by SKU."""
        lists: dict[str, set[str]] = {}
        accounts: dict[str, set[str]] = {}
        for content in contents:
            figure = PriceFigure.model_validate_json(content)
            if figure.price_list_code is not None:
                lists.setdefault(figure.sku, set()).add(figure.price_list_code)
            if figure.customer_id is not None:
                accounts.setdefault(figure.sku, set()).add(figure.customer_id)
        return cls(lists, accounts)


class PriceView:
    """A lane's prices as its storefronts see them, in the company's currency and for one standard unit.

    `rules` are the lane's own; `types` are the types of items that are sold.
    """

    def __init__(
        self,
        mapping: LaneMapping,
        rules: PriceRules,
        *,
        currency: str = "USD",
        types: Sequence[str] = ("1",),
        overlays: Sequence[Path] = (),
    ) -> None:
        """Raises `Misconfigured` for a mapping that cannot work."""
        self._items = Outward.load("priced_item", PricedItem, readables()[ITEM].columns, overlays)
        self._rows = Outward.load("price", PriceRow, readables()[PRICE].columns, overlays)
        self.rules = rules
        self.division = mapping.division
        self.skus = Skus(mapping.items)
        self._currency = currency
        self._types = types

    def items(self, rows: Iterable[ErpRow]) -> list[PricedItem]:
        """The items that are sold."""
        items = (self._items.map(row.columns) for row in rows)
        return [item for item in items if item.item_type in self._types]

    def rows(self, rows: Iterable[ErpRow]) -> list[PriceRow]:
        """Price rows by our own names."""
        return [self._rows.map(row.columns) for row in rows]

    def figures(
        self, items: Sequence[PricedItem], rows: Sequence[PriceRow], accounts: Accounts, shown: OnShow, as_of: datetime
    ) -> list[Figure]:
        """Every price of these items; `rows` must hold all rows that bear on them (`price_keys`).

        A contract of a customer whom no storefront knows is left out, and so is a price that cannot be worked out; the
        standard price says so in its remark.
        """
        book = PriceBook(rows, self.rules.cost)
        return [
            figure
            for item in items
            for sku in self.skus.of(item.item)
            for figure in _ItemPrices(self, book, item, sku, as_of).figures(accounts, shown)
        ]

    def accounts_on_show(self, item: PricedItem, shown: OnShow) -> set[str]:
        """The accounts that are shown a price of their own of the item."""
        return {account for sku in self.skus.of(item.item) for account in shown.accounts.get(sku, ())}

    def without_contract(
        self, items: Sequence[PricedItem], rows: Sequence[PriceRow], accounts: Accounts, shown: OnShow
    ) -> set[str]:
        """The customers who are shown a price of their own of an item, and have no contract for it now."""
        book, found = PriceBook(rows), set()
        for item in items:
            having = {row.customer for row in book.contracts(item) if row.division == self.division}
            on_show = self.accounts_on_show(item, shown)
            numbers = {record.number or "" for record in accounts.records if record.source_id in on_show}
            found |= numbers - having
        return found

    def expected(
        self, item: ErpRow, customer: ErpRow | None, quantity: Decimal, day: date, prices: Sequence[ErpRow]
    ) -> Charge:
        """What Sage charges a customer (None is anybody) for one of so many on a day, its promotions included.

        `prices` must hold all rows that bear on the item. Raises `ValueError` for a row that gives no price.
        """
        told = customer.columns if customer else {}
        buyer = Buyer(*(str(told.get(name, "")) for name in ("PriceLevel", "ARDivisionNo", "CustomerNo")))
        book = PriceBook(self.rows(prices), self.rules.cost)
        return book.charge(self._items.map(item.columns), buyer, quantity, day)

    def figure(self, book: PriceBook, item: PricedItem, sku: str, buyer: Buyer, **place: str) -> PriceFigure:
        """What the buyer pays by quantity: from the step above a break on, the price of the next one."""
        tiers = book.tiers(item, buyer)
        breaks = [
            PriceBreak(min_quantity=before.limit + self.rules.step, unit_price=tier.price)
            for before, tier in pairwise(tiers)
            if before.limit is not None
        ]
        return PriceFigure(
            sku=sku, currency=self._currency, list_price=tiers[0].price, breaks=tuple(breaks), **place
        )  # fmt: skip


class _ItemPrices:
    """The prices of one item under one of its SKUs."""

    def __init__(self, view: PriceView, book: PriceBook, item: PricedItem, sku: str, as_of: datetime) -> None:
        self._view = view
        self._book = book
        self._item = item
        self._sku = sku
        self._as_of = as_of
        self._remarks: list[str] = []

    def figures(self, accounts: Accounts, shown: OnShow) -> list[Figure]:
        """All of them; the first one bears the remarks of those that are left out."""
        found = [
            *self._figure(Buyer()),
            *(each for level in self._levels(shown) for each in self._of_list(level)),
            *self._contracts(accounts, shown),
        ]
        if not found or not self._remarks:
            return found
        first, remark = found[0], "; ".join(self._remarks)[:REMARK_LENGTH]
        return [Figure(first.document, first.as_of, remark, first.owner), *found[1:]]

    def _levels(self, shown: OnShow) -> list[str]:
        """The levels that have a row, and those whose list shows the item from the time when they had one."""
        levels = {code: level for level, code in self._view.rules.lists.items()}
        on_show = {levels.get(code, code) for code in shown.lists.get(self._sku, ())}
        return sorted(self._book.levels(self._item) | on_show)

    def _of_list(self, level: str) -> Iterator[Figure]:
        return self._figure(Buyer(level), price_list_code=self._view.rules.list_of(level))

    def _contracts(self, accounts: Accounts, shown: OnShow) -> Iterator[Figure]:
        division, unknown, numbers = self._view.division, [], set()
        for row in self._book.contracts(self._item):
            records = accounts.of.get(row.customer, []) if row.division == division else []
            numbers |= {record.number for record in records}
            if not records:
                unknown.append(row.customer)
            for record in records:
                yield from self._of_account(record, Buyer("", row.division, row.customer))
        if unknown:
            self._remarks.append(f"no account here has the contract of {', '.join(sorted(unknown))}")
        for record in accounts.records:
            if record.source_id in shown.accounts.get(self._sku, ()) and record.number not in numbers:
                number = record.number or ""
                yield from self._of_account(record, Buyer(accounts.levels.get(number, ""), division, number))

    def _of_account(self, record: Record, buyer: Buyer) -> Iterator[Figure]:
        return self._figure(buyer, record, customer_id=record.source_id)

    def _figure(self, buyer: Buyer, owner: Record | None = None, **place: str) -> Iterator[Figure]:
        try:
            document = self._view.figure(self._book, self._item, self._sku, buyer, **place)
        except ValueError as wrong:
            self._remarks.append(f"{', '.join(place.values()) or 'standard'}: {str(wrong).splitlines()[0]}")
        else:
            yield Figure(document, self._as_of, owner=owner)


def price_keys(items: Iterable[PricedItem]) -> tuple[str, ...]:
    """The beginnings of the keys of all price rows that bear on these items."""
    found = dict.fromkeys(
        key
        for item in items
        for key in (f"{BY_ITEM}||{item.item}", f"{CONTRACT}||{item.item}", f"{BY_CODE}|{item.price_code}")
        if key != f"{BY_CODE}|"
    )
    return tuple(found)


def items_of(rows: Iterable[PriceRow]) -> tuple[str, ...]:
    """The items that rows of one item name."""
    return tuple(dict.fromkeys(row.item for row in rows if row.record != BY_CODE))
