"""Item facts flow back: what Sage owns of a product, every night and when it was changed."""

from celery import shared_task
from sqlalchemy import Connection

from bridge.flows.reading import Keep, lane_reader
from bridge.flows.rhythm import is_time, read_in_rhythm
from bridge.flows.showing import keep
from bridge.ports.reading import ITEM, ErpPage, ErpReader
from bridge.shown import Shown
from tasks import fleet, nudge


@shared_task(name="item.read")
def read(lane_name: str) -> bool:
    """Goes on with the lane's pass over items, or begins one; whether it came to the end."""
    ports = fleet()
    view, reader = ports.lanes[lane_name].views[Shown.ITEM], lane_reader(ports, lane_name)
    if not is_time(reader, Shown.ITEM.value, ITEM, view.rules):
        return False

    def take(_session: ErpReader, page: ErpPage) -> Keep:
        figures = view.figures(page.rows, page.as_of)

        def keep_page(connection: Connection) -> None:
            keep(connection, ports, lane_name, Shown.ITEM, figures)

        return keep_page

    is_done = read_in_rhythm(reader, Shown.ITEM.value, ITEM, view.rules, take)
    for connection_name in ports.connections:
        nudge("storefront.show", connection_name)
    return is_done
