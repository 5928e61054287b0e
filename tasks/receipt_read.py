"""Payments flow back: what Sage took for the invoices of our orders."""

from celery import shared_task

from bridge.flows.owning import owners
from bridge.flows.reading import Keep, lane_reader
from bridge.flows.showing import keeping
from bridge.flows.sweep import read_and_sweep
from bridge.ports.reading import INVOICE, RECEIPT, ErpPage, ErpReader, ReadAsk
from bridge.shown import Shown
from tasks import fleet, show_soon


@shared_task(name="receipt.read")
def read(lane_name: str) -> bool:
    """Goes on with the lane's pass over payments, or begins one; whether it came to the end.

    A payment names only its invoice; whose it is stands in the invoice's header.
    """
    ports = fleet()
    view, reader = ports.lanes[lane_name].views[Shown.RECEIPT], lane_reader(ports, lane_name)

    def take(session: ErpReader, page: ErpPage) -> Keep:
        keys = view.invoice_keys(page.rows)
        invoices = session.read(ReadAsk(INVOICE, keys=keys)).rows if keys else ()
        mine = owners(ports, lane_name, view.orders(invoices))
        return keeping(ports, lane_name, Shown.RECEIPT, view.figures(page.rows, invoices, mine, page.as_of))

    is_done = read_and_sweep(reader, Shown.RECEIPT, {RECEIPT: take}, view.rules.every_s)
    show_soon(ports)
    return is_done
