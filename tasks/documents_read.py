"""Reads the orders that the ledger knows only by id, and settles where each goes."""

from collections.abc import Sequence
from traceback import format_exc

from celery import shared_task

from bridge.errors import LostRace, TryLater, Unauthorised
from bridge.fleet import Connection, Fleet
from bridge.ledger import windows
from bridge.ledger.reading import embedded_body, put_off, to_read
from bridge.ledger.rows import Record
from bridge.ledger.settle import broken, settle
from bridge.ports.storefront import ReadOrder, Wanted
from tasks import fleet

PAGE = 200
ROUNDS = 20
WAIT_S = 5.0
"""How long reading rests after the site could not be reached and named no time itself."""


@shared_task(name="documents.read")
def read(connection_name: str) -> int:
    """Reads pending orders through the site's list call, a page at a time, one commit a page; how many were settled.

    An order that cannot be settled for a fault of ours rests with its traceback and holds up no other.
    """
    ports = fleet()
    connection = ports.connections[connection_name]
    settled = 0
    for _ in range(ROUNDS):
        with ports.database.read() as reading:
            records = to_read(reading, connection_name, PAGE, ports.clock.now())
        if not records:
            break
        try:
            orders = _read(ports, connection, records)
        except TryLater as error:
            _rest(ports, records, error.after_s or WAIT_S)
            break
        except Unauthorised as error:
            with ports.database.write() as writing:
                windows.halt(writing, f"storefront:{connection_name}", reason=str(error), now=ports.clock.now())
            _rest(ports, records, 60)
            break
        settled += settle_page(ports, records, orders)
    return settled


def _read(ports: Fleet, connection: Connection, records: Sequence[Record]) -> list[ReadOrder]:
    if not connection.trusts_body:
        return connection.storefront.read_orders([Wanted(record.source_id, record.read_from) for record in records])
    with ports.database.read() as reading:
        bodies = [embedded_body(reading, record) for record in records]
    return [connection.read_body(body) for body in bodies]


def _rest(ports: Fleet, records: Sequence[Record], after_s: float) -> None:
    with ports.database.write() as writing:
        put_off(writing, [record.id for record in records], now=ports.clock.now(), after_s=after_s)


def settle_page(ports: Fleet, records: Sequence[Record], orders: Sequence[ReadOrder]) -> int:
    """Settles each record with its document in one commit; one that lost a race is looked at again later."""
    by_id = {order.source_id: order for order in orders}
    settled = 0
    with ports.database.write() as writing:
        now = ports.clock.now()
        for record in records:
            order = by_id.get(record.source_id)
            if order is None:
                put_off(writing, [record.id], now=now, after_s=WAIT_S)
                continue
            try:
                with writing.begin_nested():
                    outcome = ports.lanes[record.lane].settling.settlement(
                        writing, record, order, by=ports.name, now=now
                    )
                    settle(writing, record, outcome, by=ports.name, now=now)
                settled += 1
            except LostRace:
                continue
            except Exception:  # a fault of ours with one order must not hold up the page
                with writing.begin_nested():
                    settle(writing, record, broken(record, order.version, format_exc()), by=ports.name, now=now)
    return settled
