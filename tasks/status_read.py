"""Order statuses flow back: where Sage has come to with the orders that it got from here."""

from celery import shared_task

from bridge.fleet import Fleet
from bridge.flows.owning import Owners, owners
from bridge.flows.reading import Keep, lane_reader
from bridge.flows.showing import keeping
from bridge.flows.sweep import read_and_sweep
from bridge.ledger.shown import shipment_counts
from bridge.ports.reading import ORDER, ORDER_HISTORY, SHIPMENT, ErpPage, ErpReader, ReadAsk
from bridge.shown import Shown
from tasks import fleet, show_soon


@shared_task(name="status.read")
def read(lane_name: str) -> bool:
    """Goes on with the lane's passes over changed orders, or begins them; whether what was due came to the end.

    Open orders are read before history, for an order goes from there to here and never back.
    """
    ports = fleet()
    view, reader = ports.lanes[lane_name].views[Shown.STATUS], lane_reader(ports, lane_name)

    def take_open(session: ErpReader, page: ErpPage) -> Keep:
        mine = owners(ports, lane_name, {view.state(row).number for row in page.rows})
        rows = [row for row in page.rows if view.state(row).number in mine.orders]
        held_by = tuple({invoice for row in rows if (invoice := view.state(row).invoice)})
        invoices = session.read(ReadAsk(SHIPMENT, keys=held_by)).rows if held_by else ()
        figures = view.open_figures(rows, invoices, mine, page.as_of, shipments=_shipments(ports, mine))
        return keeping(ports, lane_name, Shown.STATUS, figures)

    def take_history(_: ErpReader, page: ErpPage) -> Keep:
        mine = owners(ports, lane_name, {view.state(row).number for row in page.rows})
        figures = view.history_figures(page.rows, mine, page.as_of, shipments=_shipments(ports, mine))
        return keeping(ports, lane_name, Shown.STATUS, figures)

    takes = {ORDER: take_open, ORDER_HISTORY: take_history}
    is_done = read_and_sweep(reader, Shown.STATUS, takes, view.rules.every_s)
    show_soon(ports)
    return is_done


def _shipments(ports: Fleet, mine: Owners) -> dict[int, int]:
    with ports.database.read() as connection:
        return shipment_counts(connection, [order.id for order in mine.orders.values()])
