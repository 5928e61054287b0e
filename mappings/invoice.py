"""Sage's posted invoices and credit memos as their storefronts show them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from bridge.documents import Invoice, InvoiceLine
from bridge.erp.sage100.readable import readables
from bridge.flows.invoice import (
    ChargedLine,
    InvoiceHead,
    InvoiceRules,
    OpenItem,
    balance_of,
    item_key,
    state_of,
)
from bridge.flows.owning import Owners
from bridge.flows.showing import Figure
from bridge.ledger.rows import Record
from bridge.ports.reading import INVOICE, OPEN_INVOICE, ErpRow
from mappings.days import moment_of
from mappings.outward import LINES, Outward
from mappings.placed import account_of, order_of, written_lines
from mappings.settings import LaneMapping

Items = Mapping[tuple[str, ...], OpenItem]
"""What is owed, by the keys of open items."""


class InvoiceView:
    """A lane's invoices as its storefronts see them, in the company's `currency`. `rules` are the lane's own."""

    def __init__(
        self, lane: str, mapping: LaneMapping, currency: str, rules: InvoiceRules, overlays: Sequence[Path] = ()
    ) -> None:
        """Raises `Misconfigured` for a mapping that cannot work."""
        readable = readables()[INVOICE]
        self._heads = Outward.load("invoice", InvoiceHead, readable.columns, overlays)
        self._lines = Outward.load("invoice", ChargedLine, readable.parts["lines"].columns, overlays, LINES)
        self._owed = Outward.load("owed", OpenItem, readables()[OPEN_INVOICE].columns, overlays)
        self._mapping = mapping
        self.lane = lane
        self.zone = mapping.time_zone
        self.currency = currency
        self.rules = rules

    def orders(self, rows: Iterable[ErpRow]) -> set[str]:
        """The numbers of the orders that these invoices are for."""
        return {number for row in rows for number in self._orders_of(row)}

    def customers(self, rows: Iterable[ErpRow]) -> set[str]:
        """The numbers of their customers, as far as invoices without an order of ours are shown."""
        heads = (self._heads.map(row.columns) for row in rows)
        division = self._mapping.division
        return {head.customer for head in heads if head.division == division} if self.rules.typed_in else set()

    def owner(self, row: ErpRow, mine: Owners) -> Record | None:
        """The order that the invoice is for, or else the one account of its customer; None for nobody's."""
        order = next((mine.orders[number] for number in self._orders_of(row) if number in mine.orders), None)
        if order is not None or not self.rules.typed_in:
            return order
        head = self._heads.map(row.columns)
        account = mine.accounts.get(head.customer) if head.division == self._mapping.division else None
        return account if account is not None and account_of(account) else None

    def debtor(self, row: ErpRow) -> tuple[str, ...]:
        """Under which customer, number and type the invoice is owed and paid."""
        return item_key(self._heads.map(row.columns))

    def item_keys(self, rows: Iterable[ErpRow]) -> tuple[str, ...]:
        """The keys under which what is owed of these invoices is found."""
        return tuple("|".join(self.debtor(row)) for row in rows)

    def invoice_keys(self, rows: Iterable[ErpRow]) -> tuple[str, ...]:
        """The keys of the invoices of which these open items are."""
        items = (self._owed.map(row.columns) for row in rows)
        return tuple({f"{item.invoice}|{item.header}" if item.header else item.invoice: None for item in items})

    def owed(self, rows: Iterable[ErpRow]) -> dict[tuple[str, ...], OpenItem]:
        """What is owed, of rows of open items."""
        return {item.key: item for item in (self._owed.map(row.columns) for row in rows)}

    def figures(self, rows: Iterable[ErpRow], items: Items, mine: Owners, as_of: datetime) -> list[Figure]:
        """Figures of invoices that are somebody's here; `items` hold what is owed of each of them."""
        return [
            figure
            for row in rows
            if (owner := self.owner(row, mine)) is not None
            for figure in self._figure(row, owner, items, as_of)
        ]

    def _figure(self, row: ErpRow, owner: Record, items: Items, as_of: datetime) -> Iterable[Figure]:
        head = self._heads.map(row.columns)
        kind, issued_at = self.rules.kinds.get(head.type), moment_of(head.issued_on, self.zone)
        if kind is None or issued_at is None:
            return
        balance, item = balance_of(head, items), items.get(item_key(head))
        invoice = Invoice(
            order_id=owner.source_id if order_of(owner) else None,
            customer_id=account_of(owner),
            external_ref=f"{self.lane}/{head.invoice}-{head.header}",
            invoice_number=head.invoice,
            kind=kind,
            issued_at=issued_at,
            due_at=moment_of((item.due_on if item else "") or head.due_on, self.zone),
            currency=self.currency,
            lines=self._charged(row, owner),
            items=head.goods,
            shipping=head.freight,
            tax=head.tax,
            discounts=-head.discount if head.discount else Decimal(0),
            total=head.total,
            balance_due=balance,
            state=state_of(head.total, balance),
        )
        posting = (("posting", f"{head.journal}-{head.register}"),) if head.journal and head.register else ()
        yield Figure(invoice, as_of, owner=owner, links=(("invoice", head.invoice), *posting))

    def _charged(self, row: ErpRow, owner: Record) -> tuple[InvoiceLine, ...]:
        skus = self._skus(owner)
        lines = (self._lines.map(line) for line in row.parts.get("lines", ()))
        return tuple(
            InvoiceLine(
                sku=skus.get(line.item, line.item),
                name=line.name or None,
                quantity=line.counted[0],
                unit_price=line.counted[1],
                extended=line.extended,
            )
            for line in lines
            if line.is_charge
        )

    def _skus(self, owner: Record) -> dict[str, str]:
        """The storefront's name of each item: as it was ordered, or by the lane's table, whose first name holds."""
        named = {item: sku for sku, item in reversed(self._mapping.items.items())}
        order = order_of(owner)
        ordered = {line.id: line.sku for line in order.lines} if order else {}
        return named | {line.item: ordered[line.line_id] for line in written_lines(owner)}

    def _orders_of(self, row: ErpRow) -> list[str]:
        """The orders that an invoice is for, its header's first."""
        lines = (self._lines.map(line).order for line in row.parts.get("lines", ()))
        return list(dict.fromkeys(number for number in (self._heads.map(row.columns).order, *lines) if number))
