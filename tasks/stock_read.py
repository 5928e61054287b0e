"""Stock flows back: read from the ERP, less what is promised and kept back, shown at the storefronts."""

from celery import shared_task

from bridge.flows.reading import Keep, lane_reader
from bridge.flows.showing import keeping
from bridge.ledger.waiting_orders import waiting_quantities
from bridge.ports.reading import STOCK, ErpPage, ErpReader
from bridge.shown import Shown
from mappings.stock import ORDER_LINE, whole_items
from tasks import fleet, show_soon


@shared_task(name="stock.read")
def read(lane_name: str) -> bool:
    """Goes on with the lane's pass over all stock, or begins one; whether it came to the end.

    Sage's time stamps need not tell of stock that was promised (reference sage100.md 2.7), so all of it is compared.
    """
    ports = fleet()
    view, reader = ports.lanes[lane_name].views[Shown.STOCK], lane_reader(ports, lane_name)
    if not reader.is_due(Shown.STOCK.value, STOCK, view.rules.every_s):
        return False
    with ports.database.read() as connection:
        waiting = waiting_quantities(connection, lane_name, *ORDER_LINE)

    def take(session: ErpReader, page: ErpPage) -> Keep:
        figures = view.figures(whole_items(session, page), waiting, page.as_of)
        return keeping(ports, lane_name, Shown.STOCK, figures)

    is_done = reader.read(Shown.STOCK.value, STOCK, take, is_full=True)
    show_soon(ports)
    return is_done
