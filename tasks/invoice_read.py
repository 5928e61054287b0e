"""Invoices flow back: what Sage charged for our orders, and what is still owed of it."""

from celery import shared_task

from bridge.flows.owning import owners
from bridge.flows.reading import Keep, lane_reader
from bridge.flows.showing import keeping
from bridge.flows.sweep import read_and_sweep
from bridge.ports.reading import INVOICE, OPEN_INVOICE, ErpPage, ErpReader, ReadAsk
from bridge.shown import Shown
from tasks import fleet, show_soon


@shared_task(name="invoice.read")
def read(lane_name: str) -> bool:
    """Goes on with the lane's passes over invoices, or begins them; whether what was due came to the end.

    A posted invoice never changes, a payment changes only what is owed of it; so both are looked through for changes,
    and each finds the other's part by its key.
    """
    ports = fleet()
    view, reader = ports.lanes[lane_name].views[Shown.INVOICE], lane_reader(ports, lane_name)

    def take_posted(session: ErpReader, page: ErpPage) -> Keep:
        mine = owners(ports, lane_name, view.orders(page.rows), view.customers(page.rows))
        rows = [row for row in page.rows if view.owner(row, mine) is not None]
        items = session.read(ReadAsk(OPEN_INVOICE, keys=view.item_keys(rows))).rows if rows else ()
        return keeping(ports, lane_name, Shown.INVOICE, view.figures(rows, view.owed(items), mine, page.as_of))

    def take_owed(session: ErpReader, page: ErpPage) -> Keep:
        rows = session.read(ReadAsk(INVOICE, keys=view.invoice_keys(page.rows))).rows if page.rows else ()
        mine = owners(ports, lane_name, view.orders(rows), view.customers(rows))
        return keeping(ports, lane_name, Shown.INVOICE, view.figures(rows, view.owed(page.rows), mine, page.as_of))

    takes = {INVOICE: take_posted, OPEN_INVOICE: take_owed}
    is_done = read_and_sweep(reader, Shown.INVOICE, takes, view.rules.every_s)
    show_soon(ports)
    return is_done
