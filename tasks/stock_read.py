"""Stock flows back: read from the ERP, less what is promised and kept back, shown at the storefronts."""

from datetime import timedelta

from celery import shared_task

from bridge.fleet import Fleet
from bridge.flows.reading import Beside, Keep, LaneReader, lane_reader
from bridge.flows.showing import keeping
from bridge.flows.stock import StockRules
from bridge.flows.velocity import UNMEASURED, ItemClass, Sale, Velocity, measured
from bridge.ledger.sold import keep_velocity, kept_velocity, quantity_of, sold_lines
from bridge.ledger.waiting_orders import waiting_quantities
from bridge.ports.reading import STOCK, ErpPage, ErpReader
from bridge.shown import Shown
from mappings.stock import ORDER_LINE, whole_items
from tasks import fleet, show_soon

FLOW = Shown.STOCK.value
_DAY = timedelta(days=1)


@shared_task(name="stock.read")
def read(lane_name: str) -> bool:
    """Goes on with the lane's passes over stock, or begins them; whether what was due came to the end.

    All of it is read when the slowest items are due, and between that the items of each faster class by their keys.
    Sage's time stamps need not tell of stock that was promised (reference sage100.md 2.7), so values are compared.
    """
    ports = fleet()
    view, reader = ports.lanes[lane_name].views[Shown.STOCK], lane_reader(ports, lane_name)
    velocity = _velocity(ports, lane_name, view.rules)
    due = _due(reader, view.rules, velocity)
    if not due:
        return False
    with ports.database.read() as connection:
        waiting = waiting_quantities(connection, lane_name, *ORDER_LINE)

    def take(session: ErpReader, page: ErpPage) -> Keep:
        figures = view.figures(whole_items(session, page), waiting, page.as_of, velocity)
        return keeping(ports, lane_name, Shown.STOCK, figures)

    is_done = all(reader.read(FLOW, STOCK, take, is_full=True, beside=beside) for beside in due)
    show_soon(ports)
    return is_done


def _due(reader: LaneReader, rules: StockRules, velocity: Velocity) -> list[Beside | None]:
    """The passes that are due: those over the items of faster classes, and then that over everything (None).

    What has just been read with everything is not read again; while that pass is under way nobody knows.
    """
    rest_s = rules.gap_s(rules.rest_class(velocity))
    due: list[Beside | None] = []
    for item_class in ItemClass:
        gap_s, items = rules.gap_s(item_class), rules.items_of(item_class, velocity)
        places = (STOCK, f"{STOCK}/{item_class}")
        if items and gap_s < rest_s and not reader.trial and all(reader.is_due(FLOW, at, gap_s) for at in places):
            due.append(Beside(item_class, keys=items))
    return [*due, None] if reader.is_due(FLOW, STOCK, rest_s) else due


def _velocity(ports: Fleet, lane: str, rules: StockRules) -> Velocity:
    """How fast the lane's items sell, measured anew once a day; a trial measures nothing."""
    now = ports.clock.now()
    with ports.database.read() as connection:
        kept = kept_velocity(connection, lane)
    if ports.trial or (kept and now - _DAY < kept[0] <= now + _DAY):
        return Velocity.from_json(kept[1]) if kept else UNMEASURED
    velocity = _measured(ports, lane, rules)
    with ports.database.write() as connection:
        keep_velocity(connection, lane, velocity.to_json(), now)
    return velocity


def _measured(ports: Fleet, lane: str, rules: StockRules) -> Velocity:
    since = ports.clock.now() - timedelta(days=rules.velocity.days)
    names = [each.name for each in ports.connections.values() if lane in each.lanes.values()]
    item, quantity = ORDER_LINE
    with ports.database.read() as connection:
        came = list(sold_lines(connection, lane, names, since))
    orders = [(at, lines) for at, lines in came if at >= since]  # not what was placed long before it came
    if len(orders) < rules.velocity.least_orders:
        return UNMEASURED
    sales = [Sale(str(line.get(item, "")), quantity_of(line, quantity), at) for at, lines in orders for line in lines]
    gaps_s = {each: rules.gap_s(each) for each in ItemClass}
    return measured(sales, rules.velocity, since, gaps_s, classes=rules.classes)
