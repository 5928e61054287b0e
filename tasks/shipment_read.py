"""Shipments flow back: what left the house, in which packages, as soon as the warehouse has keyed it."""

from celery import shared_task

from bridge.flows.owning import owners
from bridge.flows.reading import Keep, lane_reader
from bridge.flows.showing import keeping, remarked, whole_or_new
from bridge.flows.sweep import read_and_sweep
from bridge.ports.reading import INVOICE, SHIPMENT, ErpPage, ErpReader
from bridge.shown import Shown
from mappings.shipment import places_of
from tasks import fleet, show_soon


@shared_task(name="shipment.read")
def read(lane_name: str) -> bool:
    """Goes on with the lane's passes over shipments, or begins them; whether what was due came to the end.

    All unposted invoices are read each time, for a package that is added to one leaves no stamp (reference sage100.md
    2.1); posted ones when they are posted, and after the unposted ones, for that is the way that they go.
    """
    ports = fleet()
    view, reader = ports.lanes[lane_name].views[Shown.SHIPMENT], lane_reader(ports, lane_name)

    def take_unposted(_: ErpReader, page: ErpPage) -> Keep:
        figures = view.figures(page.rows, owners(ports, lane_name, view.orders(page.rows)), page.as_of)
        deleted = remarked(ports, Shown.SHIPMENT, view.deleted(page.rows), "its invoice was deleted", page.as_of)
        return keeping(ports, lane_name, Shown.SHIPMENT, [*figures, *deleted])

    def take_posted(session: ErpReader, page: ErpPage) -> Keep:
        mine = owners(ports, lane_name, view.orders(page.rows))
        places = places_of(session, mine.orders.values())
        figures = whole_or_new(ports, Shown.SHIPMENT, view.figures(page.rows, mine, page.as_of, places=places))
        return keeping(ports, lane_name, Shown.SHIPMENT, figures)

    takes = {SHIPMENT: take_unposted, INVOICE: take_posted}
    is_done = read_and_sweep(reader, Shown.SHIPMENT, takes, view.rules.every_s, whole={SHIPMENT})
    show_soon(ports)
    return is_done
