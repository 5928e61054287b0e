"""Item facts flow back: what Sage owns of a product, every night and when it was changed."""

from celery import shared_task

from bridge.flows.reading import Keep, lane_reader
from bridge.flows.rhythm import is_time, read_in_rhythm
from bridge.flows.showing import keeping
from bridge.ports.reading import ITEM, ErpPage, ErpReader
from bridge.shown import Shown
from tasks import fleet, show_soon


@shared_task(name="item.read")
def read(lane_name: str) -> bool:
    """Goes on with the lane's pass over items, or begins one; whether it came to the end."""
    ports = fleet()
    view, reader = ports.lanes[lane_name].views[Shown.ITEM], lane_reader(ports, lane_name)
    if not is_time(reader, Shown.ITEM, ITEM, view.rules):
        return False

    def take(_session: ErpReader, page: ErpPage) -> Keep:
        return keeping(ports, lane_name, Shown.ITEM, view.figures(page.rows, page.as_of))

    is_done = read_in_rhythm(reader, Shown.ITEM, ITEM, view.rules, take)
    show_soon(ports)
    return is_done
