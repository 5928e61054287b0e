"""Sage's invoices as the shipments that their storefronts show."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from bridge.documents import Shipment, ShippedLine
from bridge.erp.sage100.readable import readables
from bridge.flows.owning import Owners
from bridge.flows.shipment import (
    DELETED,
    ZERO,
    InvoicedLine,
    ShipmentHead,
    ShipmentRules,
    Told,
    has_left,
    has_twins,
    tell,
)
from bridge.flows.showing import Figure
from bridge.ledger.rows import Record
from bridge.ports.reading import INVOICE, INVOICE_LINK, ORDER_HISTORY, SHIPMENT, Columns, ErpReader, ErpRow, ReadAsk
from mappings.days import moment_of
from mappings.outward import LINES, Outward
from mappings.placed import written_lines
from mappings.settings import LaneMapping

Places = Mapping[tuple[str, str], str]
"""The order's line of a posted line, by the invoice (with its header's number) and the line's own place in it."""


class ShipmentView:
    """A lane's shipments as its storefronts see them. `rules` are the lane's own."""

    def __init__(self, lane: str, mapping: LaneMapping, rules: ShipmentRules, overlays: Sequence[Path] = ()) -> None:
        """Raises `Misconfigured` for a mapping that cannot work."""
        unposted, posted = readables()[SHIPMENT], readables()[INVOICE]
        lines = {**unposted.parts["lines"].columns, **posted.parts["lines"].columns}
        self._heads = Outward.load("shipment", ShipmentHead, unposted.columns, overlays)
        self._lines = Outward.load("shipment", InvoicedLine, lines, overlays, LINES)
        self._lane = lane
        self._zone = mapping.time_zone
        self._methods = {code: method for method, code in mapping.ship_via.items() if method != "*"}
        self.rules = rules

    def orders(self, rows: Iterable[ErpRow]) -> set[str]:
        """The numbers of all orders that these invoices are for."""
        return {order for row in rows for order in self._by_order(row)}

    def withheld(self, invoices: Iterable[ErpRow]) -> dict[str, dict[str, Decimal]]:
        """What unposted invoices hold that has not left the house: by invoice, then by the order's line key."""
        found: dict[str, dict[str, Decimal]] = {}
        for row in invoices:
            head = self._heads.map(row.columns)
            if not has_left(head, self.rules, is_posted=False):
                held = found.setdefault(head.invoice, {})
                for line in self._mapped_lines(row):
                    held[line.order_key] = held.get(line.order_key, ZERO) + line.quantity
        return found

    def figures(
        self, rows: Iterable[ErpRow], mine: Owners, as_of: datetime, *, places: Places | None = None
    ) -> list[Figure]:
        """Figures of shipments of orders that are ours; `places` are given for posted invoices."""
        return [
            figure
            for row in rows
            for number, lines in self._by_order(row).items()
            if (order := mine.orders.get(number)) is not None
            for figure in self._figure(row, order, _placed(row, lines, places or {}), as_of, places is not None)
        ]

    def deleted(self, rows: Iterable[ErpRow]) -> list[str]:
        """The names of shipments whose unposted invoices were deleted since."""
        heads = (self._heads.map(row.columns) for row in rows)
        return [self._name(head, head.order) for head in heads if head.type == DELETED and head.order]

    def _name(self, head: ShipmentHead, order: str) -> str:
        """The same before and after posting; an invoice of several orders is a shipment of each."""
        return f"{self._lane}/{head.invoice}-{order}"

    def _figure(
        self, row: ErpRow, order: Record, lines: list[InvoicedLine], as_of: datetime, is_posted: bool
    ) -> Iterable[Figure]:
        head = self._heads.map(row.columns)
        shipped_at = moment_of(head.shipped_on, self._zone)
        told = tell(written_lines(order), lines)
        if not has_left(head, self.rules, is_posted=is_posted) or shipped_at is None or told == Told(()):
            return
        numbers = _tracking_numbers(row)
        shipment = Shipment(
            order_id=order.source_id,
            external_ref=self._name(head, order.number or ""),
            shipped_at=shipped_at,
            carrier_code=self.rules.carriers.get(head.ship_via),
            carrier_name=head.ship_via or None,
            service_code=self._methods.get(head.ship_via),
            tracking_numbers=numbers,
            location_code=head.warehouse or None,
            lines=tuple(ShippedLine(order_line_id=line, quantity=quantity) for line, quantity in told.quantities),
            notify_customer=self.rules.notify,
        )
        remark = f"lines that the order does not tell: {', '.join(told.untold)}" if told.untold else None
        links = (("shipment", head.invoice), *(("tracking", number) for number in numbers))
        yield Figure(shipment, as_of, remark, order, links)

    def _by_order(self, row: ErpRow) -> dict[str, list[InvoicedLine]]:
        """The invoice's lines by the order that they are for: each line's own where it names one, or the header's."""
        order = self._heads.map(row.columns).order
        found: dict[str, list[InvoicedLine]] = {}
        for line in self._mapped_lines(row):
            found.setdefault(line.order or order, []).append(line)
        return found

    def _mapped_lines(self, row: ErpRow) -> list[InvoicedLine]:
        return [self._lines.map(line) for line in row.parts.get("lines", ())]


def places_of(session: ErpReader, orders: Collection[Record]) -> dict[tuple[str, str], str]:
    """Which line of its order each posted line is, for orders in which its item does not tell it.

    The way goes by the link that posting writes and by order history (reference sage100.md 2.4, 2.10); where a company
    keeps no history there is none, and such lines stay untold.
    """
    numbers = tuple(str(order.number) for order in orders if has_twins(written_lines(order)))
    if not numbers:
        return {}
    keys = {
        (number, line["SequenceNo"]): str(line["LineKey"])
        for row in session.read(ReadAsk(ORDER_HISTORY, keys=numbers)).rows
        for number in [row.columns["SalesOrderNo"]]
        for line in row.parts.get("lines", ())
    }
    return {
        (f"{link['InvoiceNo']}|{link['InvoiceHistoryHeaderSeqNo']}", str(link["InvoiceHistoryDetailSeqNo"])): key
        for row in session.read(ReadAsk(INVOICE_LINK, keys=numbers)).rows
        for link in [row.columns]
        if (key := keys.get((link["SalesOrderNo"], link["SequenceNo"]))) is not None
    }


def _placed(row: ErpRow, lines: Iterable[InvoicedLine], places: Places) -> list[InvoicedLine]:
    """The lines, each with the order's line that a link names."""
    return [replace(line, order_key=places.get((row.key, line.detail), line.order_key)) for line in lines]


def _tracking_numbers(row: ErpRow) -> tuple[str, ...]:
    """The packages' numbers in their order, each once."""
    packages: Sequence[Columns] = row.parts.get("packages", ())
    return tuple(dict.fromkeys(str(each["TrackingID"]) for each in packages if each.get("TrackingID")))
