"""Keeps what was read for every site that is to show it, and shows each site what it has not been shown yet."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from traceback import format_exc
from typing import Any

from sqlalchemy import Connection as Transaction

from bridge.documents import (
    CustomerTerms,
    Invoice,
    ItemFacts,
    OrderStatus,
    PriceFigure,
    Receipt,
    Shipment,
    StockFigure,
)
from bridge.documents.base import Document
from bridge.fleet import Connection, Fleet
from bridge.flows.sending import WAIT_S, Sender, Sent
from bridge.ledger.identities import note_identity
from bridge.ledger.moves import fetch
from bridge.ledger.on_show import refused_of
from bridge.ledger.rows import Record
from bridge.ledger.shown import Observed, Seen, Shelf, begin_showing, look, observe, show_again
from bridge.ledger.trace import of_source_ids
from bridge.outcomes import Outcome
from bridge.ports.erp import ResultLine
from bridge.ports.showing import Publication, key_of
from bridge.shown import Shown, showing_lane


@dataclass(frozen=True)
class Showable:
    """How one kind of document is shown: its class, how many go out before the ledger is told, how soon.

    A batch is small where each is a request of its own, as those for price lists and accounts are among the prices.

    `dated` is its field that says when the ERP had it so; a later date alone is no news. A site that does not sell a
    product is not wrong to refuse what `is_of_product`: nothing is to be shown there.
    """

    document: type[Document]
    batch: int
    priority: int
    dated: str | None = None
    is_of_product: bool = False


SHOWABLES: Mapping[Shown, Showable] = {
    Shown.SHIPMENT: Showable(Shipment, batch=20, priority=1),
    Shown.STATUS: Showable(OrderStatus, batch=20, priority=2),
    Shown.INVOICE: Showable(Invoice, batch=20, priority=2),
    Shown.RECEIPT: Showable(Receipt, batch=20, priority=2),
    Shown.STOCK: Showable(StockFigure, batch=500, priority=3, dated="as_of", is_of_product=True),
    Shown.TERMS: Showable(CustomerTerms, batch=20, priority=4),
    Shown.ITEM: Showable(ItemFacts, batch=20, priority=5, is_of_product=True),
    Shown.PRICE: Showable(PriceFigure, batch=100, priority=5, is_of_product=True),
}

REMARK_LENGTH = 128
"""What the ledger keeps of a remark."""

_NOT_SOLD = frozenset({"unknown_sku", "not_found"})

_RESTS = frozenset({Outcome.THROTTLED, Outcome.UNAVAILABLE, Outcome.UNAUTHORISED, Outcome.UNCERTAIN})


@dataclass(frozen=True)
class Figure:
    """A document as the ERP had it at `as_of`; `remark` is for people and is never shown at a storefront.

    `owner` is the order or customer that it belongs to: it is shown at that one's site alone, and a trace finds it
    there. `links` are kinds and numbers of the ERP's documents that become known as the owner's. `rests` and `occasion`
    are those of `Seen`.
    """

    document: Document
    as_of: datetime
    remark: str | None = None
    owner: Record | None = None
    links: tuple[tuple[str, str], ...] = ()
    rests: timedelta = timedelta(0)
    occasion: str = ""


def keep(transaction: Transaction, ports: Fleet, lane: str, shown: Shown, figures: Iterable[Figure]) -> Observed:
    """Keeps them for every site whose orders go to this lane; what did not change is not sent again."""
    kept, total = tuple(figures), Observed()
    for shelf in shelves(ports, lane, shown):
        there = [figure for figure in kept if _is_shown_at(figure.owner, shelf)]
        total += _keep_at(transaction, ports, shelf, there)
    if not ports.trial:
        _link(transaction, kept, lane, ports.clock.now())
    return total


def _keep_at(transaction: Transaction, ports: Fleet, shelf: Shelf, figures: Sequence[Figure]) -> Observed:
    seen = [_seen(figure, SHOWABLES[Shown(shelf.document)].dated) for figure in figures]
    if ports.trial is None:
        return observe(transaction, shelf, seen, by=ports.name, now=ports.clock.now())
    observed = look(transaction, shelf, seen)
    ports.trial.take(shelf, {each.key: figure.document for each, figure in zip(seen, figures, strict=True)}, observed)
    return observed


def _link(transaction: Transaction, figures: Iterable[Figure], lane: str, now: datetime) -> None:
    """Makes the ERP's documents known as those of the figures' owners."""
    for figure in figures:
        if owner := figure.owner:
            for kind, value in figure.links:
                note_identity(transaction, owner.id, system=lane, kind=kind, value=value, now=now)


def keeping(ports: Fleet, lane: str, shown: Shown, figures: Iterable[Figure]) -> Callable[[Transaction], Observed]:
    """Keeps them when a page of the reading is committed; what became of them."""

    def keep_page(transaction: Transaction) -> Observed:
        return keep(transaction, ports, lane, shown, figures)

    return keep_page


def whole_or_new(ports: Fleet, shown: Shown, figures: Iterable[Figure]) -> list[Figure]:
    """Without the figures that have a remark, for it says that they leave something out, and are known already.

    For what the ERP moves to where less can be told of it: what was shown of it before stays.
    """
    return [figure for figure in figures if not figure.remark or not _is_known(ports, shown, figure)]


def remarked(ports: Fleet, shown: Shown, keys: Sequence[str], remark: str, as_of: datetime) -> list[Figure]:
    """Those of these keys that the ledger knows, as they were seen last, with a remark. Changes nothing by itself."""
    found = [record for name in ports.connections for record in of_source_ids(ports.database, name, shown.value, keys)]
    with ports.database.read() as connection:
        return [
            Figure(
                SHOWABLES[shown].document.model_validate_json(record.content or ""), as_of, remark,
                owner=fetch(connection, record.parent_id) if record.parent_id else None,
            )
            for record in found
        ]  # fmt: skip


def _is_known(ports: Fleet, shown: Shown, figure: Figure) -> bool:
    names = [figure.owner.connection] if figure.owner else list(ports.connections)
    key = key_of(figure.document)
    return any(of_source_ids(ports.database, name, shown.value, [key]) for name in names)


def _is_shown_at(owner: Record | None, shelf: Shelf) -> bool:
    return owner is None or (owner.connection, owner.site) == (shelf.connection, shelf.site)


def shelves(ports: Fleet, lane: str, shown: Shown) -> list[Shelf]:
    """Where this lane's documents are shown."""
    priority = SHOWABLES[shown].priority
    return [
        Shelf(connection.name, site, shown.value, showing_lane(connection.name, shown.value), priority)
        for connection in ports.connections.values()
        for site, target in connection.lanes.items()
        if target == lane
    ]


def _seen(figure: Figure, dated: str | None) -> Seen:
    content = figure.document.model_dump_json(exclude={dated} if dated else None)
    return Seen(
        key_of(figure.document), content, figure.as_of, rests=figure.rests, occasion=figure.occasion,
        remark=figure.remark[:REMARK_LENGTH] if figure.remark else None,
        parent_id=figure.owner.id if figure.owner else None,
        order_number=figure.owner.order_number if figure.owner else None,
    )  # fmt: skip


def show(ports: Fleet, connection_name: str, shown: Shown, until: datetime) -> int:
    """Shows a storefront what it has not been shown yet of one kind; how many it took. See `Sender.run`.

    A product of which it takes something for the first time is new there: what it had refused of it is shown again.
    """
    connection, new = ports.connections[connection_name], list[Record]()

    def send(records: Sequence[Record]) -> Sent:
        sent = _send(connection, SHOWABLES[shown], records)
        taken = {line.record_id for line in sent.lines if line.number is not None}
        new.extend(record for record in records if record.number is None and record.id in taken)
        return sent

    sender = Sender(
        ports.database, ports.clock, ports.name, showing_lane(connection_name, shown.value),
        site_lane=f"storefront:{connection_name}", size=SHOWABLES[shown].batch,
        begin=lambda batch: begin_showing(ports.database, batch, by=ports.name, now=ports.clock.now()),
        send=send, observer=ports.observer,
    )  # fmt: skip
    count = sender.run(until)
    if shown is Shown.ITEM and new:
        _show_refused(ports, new)
    return count


def _show_refused(ports: Fleet, products: Sequence[Record]) -> None:
    of_products = [each.value for each, showable in SHOWABLES.items() if showable.is_of_product]
    now = ports.clock.now()
    with ports.database.write() as connection:
        for record in refused_of(connection, products, of_products):
            show_again(connection, record, "the site has the product by now", by=ports.name, now=now)


def _send(connection: Connection, showable: Showable, records: Sequence[Record]) -> Sent:
    if not records:
        return Sent(())
    try:
        lines = connection.storefront.show([_publication(connection, showable, record) for record in records])
    except Exception:  # a fault of ours; part of it may have been sent
        fault = format_exc()
        return Sent([ResultLine(record.id, Outcome.UNCERTAIN, text=fault) for record in records], WAIT_S)
    if showable.is_of_product:
        lines = [_unless_not_sold(line) for line in lines]
    return Sent(lines, WAIT_S if any(line.outcome in _RESTS for line in lines) else None)


def _unless_not_sold(line: ResultLine) -> ResultLine:
    """The line, or that there is nothing to show where the product is not sold; its next value is tried again."""
    if line.outcome is not Outcome.REJECTED or line.code not in _NOT_SOLD:
        return line
    return ResultLine(line.record_id, Outcome.CONFIRMED, text=f"not sold at this storefront ({line.text})")


def _publication(connection: Connection, showable: Showable, record: Record) -> Publication:
    facts: dict[str, Any] = json.loads(record.mapped or "{}")
    if showable.dated:
        facts[showable.dated] = record.as_of
    return Publication(
        record_id=record.id,
        key=record.source_id,
        version=record.version,
        document=showable.document.model_validate(facts),
        idempotency_key=f"{connection.name}:{record.document}:{record.source_id}:{record.version}",
        may_be_known=record.writes_begun > 1,
    )
