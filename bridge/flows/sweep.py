"""Looks for what the ERP changed without a time stamp: everything is read again, a part of it each night.

Such a pass stands beside those by stamps. It leaves out what bears a stamp that the next of those will find anyway, and
begins only where they have just come to their end: so whatever it finds changed was changed without a stamp.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from bridge.flows.reading import EVERYTHING, Beside, Keep, LaneReader, Take
from bridge.ledger.alarms import close_alarm, raise_alarm
from bridge.ledger.passes import present_pass
from bridge.ledger.shown import Observed
from bridge.ledger.sweeps import found_in, note_found, pages_read
from bridge.outcomes import Urgency
from bridge.ports.clock import CLOCK_SKEW
from bridge.ports.reading import CUSTOMER, INVOICE, ORDER, ORDER_HISTORY, RECEIPT, ErpPage, ErpReader
from bridge.shown import Shown

SWEPT: Mapping[Shown, tuple[str, ...]] = {
    Shown.TERMS: (CUSTOMER,),
    Shown.STATUS: (ORDER, ORDER_HISTORY),
    Shown.SHIPMENT: (INVOICE,),
    Shown.INVOICE: (INVOICE,),
    Shown.RECEIPT: (RECEIPT,),
}
"""The kinds of each flow that are read whole at night. A customer brings its addresses along, an invoice what is owed.

Stock and unposted invoices are read whole all day, items and prices in a rhythm of their own."""

_GROWING = frozenset({ORDER_HISTORY, INVOICE, RECEIPT})
"""Nothing ever leaves these. Only what was touched in the last `history_days` is read, by its stamp."""

_WORDS: Mapping[Shown, tuple[str, str]] = {
    Shown.TERMS: ("customer's terms", "customers' terms"),
    Shown.STATUS: ("order status", "order statuses"),
    Shown.SHIPMENT: ("shipment", "shipments"),
    Shown.INVOICE: ("invoice", "invoices"),
    Shown.RECEIPT: ("payment", "payments"),
    Shown.ITEM: ("item", "items"),
    Shown.PRICE: ("price", "prices"),
}


def read_and_sweep(
    reader: LaneReader, flow: Shown, takes: Mapping[str, Take], every_s: float, *, whole: Collection[str] = ()
) -> bool:
    """Reads as `LaneReader.read_due` does, and then, in the hours of the sweep, goes on with its passes of this flow.

    Whether what was due by stamps came to the end.
    """
    night = None if reader.trial else reader.turn.night_of(reader.clock.now())
    left = {kind: _pages_left(reader, flow, kind, night) for kind in SWEPT[flow]} if night else {}
    if not night or not any(left.values()):
        return reader.read_due(flow.value, takes, every_s, whole=whole)
    if not any(reader.is_due(flow.value, kind, every_s) for kind in takes):
        return False
    is_read = all(reader.read(flow.value, kind, take, is_full=kind in whole) for kind, take in takes.items())
    days = timedelta(days=reader.settings.sweep.history_days)
    for kind in (kind for kind, pages in left.items() if pages and is_read):
        since = reader.clock.now() - days if kind in _GROWING else None
        beside = Beside(EVERYTHING, since=since, pages=left[kind])
        read_everything(reader, flow, kind, takes[kind], beside=beside, night=night)
    return is_read


def read_everything(
    reader: LaneReader, flow: Shown, kind: str, take: Take, *, beside: Beside, night: datetime | None = None
) -> bool:
    """Goes on with the pass over everything of one kind; whether it came to the end. Pages count since `night`.

    Changes nothing while there is no end of a pass by stamps from which its successor would begin.
    """
    with reader.database.read() as connection:
        run = present_pass(connection, reader.lane, f"{flow.value}/{kind}")
    if run.is_under_way or run.reached is None:
        return False
    told_since = run.reached - timedelta(seconds=reader.settings.overlap_s)

    def take_untold(session: ErpReader, page: ErpPage) -> Keep:
        untold = tuple(row for row in page.rows if row.changed_at is None or row.changed_at < told_since)
        keep = take(session, replace(page, rows=untold))

        def keep_page(connection: Connection) -> Observed:
            observed, now = keep(connection), reader.clock.now()
            changed = observed.changed - observed.by_occasion
            place = f"{flow.value}/{kind}/{EVERYTHING}"
            note_found(connection, reader.lane, place, changed, night=night or now, now=now)
            _report(connection, reader, flow, changed, is_over=page.after is None)
            return observed

        return keep_page

    return reader.read(flow.value, kind, take_untold, beside=beside)


def _pages_left(reader: LaneReader, flow: Shown, kind: str, night: datetime) -> int:
    """How many pages of a kind may still be read tonight; none once it has been read whole."""
    place = f"{flow.value}/{kind}/{EVERYTHING}"
    with reader.database.read() as connection:
        run = present_pass(connection, reader.lane, place)
        pages = pages_read(connection, reader.lane, place, night)
    is_done = run.reached is not None and night <= run.reached <= reader.clock.now() + CLOCK_SKEW
    return 0 if is_done else max(reader.settings.sweep.pages - pages, 0)


def _report(connection: Connection, reader: LaneReader, flow: Shown, changed: int, *, is_over: bool) -> None:
    """Says how much was found so far; a pass that finds nothing to its end takes that back."""
    found, now = found_in(connection, reader.lane, flow.value), reader.clock.now()
    if changed:
        one, many = _WORDS[flow]
        text = f"{found} {one if found == 1 else many} changed in Sage without a stamp"
        raise_alarm(connection, f"drift:{reader.lane}:{flow.value}", Urgency.NORMAL, text, now)
    elif is_over and not found:
        close_alarm(connection, f"drift:{reader.lane}:{flow.value}", now)
