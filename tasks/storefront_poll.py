"""Asks the storefront what has changed: the poll is the truth, webhooks a hint to poll soon."""

import json
from hashlib import sha256

from celery import shared_task

from bridge.errors import TryLater, Unauthorised
from bridge.fleet import Connection, Fleet
from bridge.ledger import windows
from bridge.ledger.arrivals import Arrival
from bridge.ledger.dead import DeadMessage
from bridge.ledger.intake import take
from bridge.ledger.reading import advance_watermark, known_versions, watermark
from bridge.ports.events import Event
from bridge.ports.storefront import Page, ReadOrder
from tasks import fleet, nudge

ORDER = "order"


@shared_task(name="storefront.poll")
def poll(connection_name: str) -> int:
    """Walks everything changed since the watermark and commits it through intake's own function; how much was new.

    The watermark moves only when every (id, version) up to it is committed; a second poll at once does no harm.
    """
    ports = fleet()
    connection = ports.connections[connection_name]
    with ports.database.read() as reading:
        since = watermark(reading, connection_name)
        standing = windows.lane_row(reading, f"storefront:{connection_name}")
    if standing and standing.halted:
        return 0
    new = 0
    try:
        for page in connection.storefront.changed_since(since):
            new += _take_page(ports, connection, page)
    except TryLater:
        return new  # what was committed stays; the next poll begins at the same watermark
    except Unauthorised as error:
        with ports.database.write() as writing:
            windows.halt(writing, f"storefront:{connection_name}", reason=str(error), now=ports.clock.now())
    return new


def _take_page(ports: Fleet, connection: Connection, page: Page) -> int:
    with ports.database.read() as reading:
        known = known_versions(reading, connection.name, ORDER, [order.source_id for order in page.orders])
    fresh = [order for order in page.orders if order.version > known.get((_site(order), order.source_id), -1)]
    arrivals, unreadable = [], []
    for order in fresh:
        try:
            arrivals.append(_arrival(ports, connection, order))
        except ValueError as fault:
            body = _body(order)
            digest = sha256(body).hexdigest()[:16]
            origin = f"poll:{connection.name}:{order.source_id}:{order.version}:{digest}"
            unreadable.append(DeadMessage(origin, str(fault), body))
    taken = take(ports.database, arrivals, unreadable, by=ports.name, now=ports.clock.now())
    if page.watermark is not None:
        with ports.database.write() as writing:
            advance_watermark(writing, connection.name, page.watermark, now=ports.clock.now())
    if taken.new:
        nudge("documents.read", connection.name)
    return taken.new


def _arrival(ports: Fleet, connection: Connection, order: ReadOrder) -> Arrival:
    """The arrival of a polled order; raises `ValueError` when it has no id or its site no lane."""
    if not order.source_id:
        raise ValueError(f"an order without an id was polled: {order.problem}")
    site = _site(order)
    lane = connection.lane_of(site)
    if lane is None:
        raise ValueError(f"siteId {site!r} has no lane: add it under [connections.{connection.name}.lanes]")
    event = Event(
        connection=connection.name,
        event_id=f"poll:{order.source_id}:{order.version}",
        topic="order.polled",
        body=_body(order),
        received_at=ports.clock.now(),
        source="poll",
    )
    read_from = order.order.updated_at if order.order else None
    return Arrival(event, ORDER, order.source_id, order.version, site, lane, read_from)


def _site(order: ReadOrder) -> str:
    return order.order.site_id if order.order else str((order.body or {}).get("siteId", "main"))


def _body(order: ReadOrder) -> bytes:
    return json.dumps(order.body, default=str, sort_keys=True).encode()
