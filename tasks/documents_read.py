"""Reads the orders that the ledger knows only by id, and settles where each goes."""

from collections.abc import Sequence
from datetime import timedelta
from traceback import format_exc

from celery import shared_task
from sqlalchemy import Connection as Transaction
from sqlalchemy.exc import OperationalError

from bridge.errors import LostRace, TryLater, Unauthorised
from bridge.fleet import Connection, Fleet
from bridge.ledger import windows
from bridge.ledger.reading import embedded_body, has_two_stories, put_off, to_read
from bridge.ledger.rows import Record
from bridge.ledger.settle import broken, not_shown, settle
from bridge.ports.storefront import ReadOrder, Wanted
from tasks import fleet

PAGE = 200
ROUNDS = 20
WAIT_S = 5.0
"""How long reading rests after the site could not be reached and named no time itself."""
LONGEST_WAIT_S = 300.0
PATIENCE = timedelta(hours=1)
"""How long a site may take to show what it announced, before a person is told."""


@shared_task(name="documents.read")
def read(connection_name: str) -> int:
    """Reads pending orders through the site's list call, a page at a time, one commit a page; how many were settled.

    An order that cannot be settled for a fault of ours rests with its traceback and holds up no other. A connection
    whose log-on was refused is left alone until a person resumes it.
    """
    ports = fleet()
    connection = ports.connections[connection_name]
    settled = 0
    for _ in range(ROUNDS):
        with ports.database.read() as reading:
            standing = windows.lane_row(reading, f"storefront:{connection_name}")
            records = to_read(reading, connection_name, PAGE, ports.clock.now())
        if not records or (standing and standing.halted):
            break
        try:
            orders = _read(ports, connection, records)
        except TryLater as error:
            _rest(ports, records, error.after_s or WAIT_S)
            break
        except Unauthorised as error:
            with ports.database.write() as writing:
                windows.halt(writing, f"storefront:{connection_name}", reason=str(error), now=ports.clock.now())
            break
        settled += settle_page(ports, records, orders)
    return settled


def _read(ports: Fleet, connection: Connection, records: Sequence[Record]) -> list[ReadOrder]:
    if not connection.trusts_body:
        return connection.storefront.read_orders([Wanted(record.source_id, record.read_from) for record in records])
    with ports.database.read() as reading:
        return [_from_events(reading, connection, record) for record in records]


def _from_events(reading: Transaction, connection: Connection, record: Record) -> ReadOrder:
    """The document that came with the record's events, of a connection that cannot be asked."""
    body = embedded_body(reading, record)
    if has_two_stories(reading, record):
        problem = "one event came with two bodies; send the right one as a new event with a higher version"
        return ReadOrder(record.source_id, record.wanted_version, body, None, problem=problem, field="event id")
    return connection.read_body(body)


def _rest(ports: Fleet, records: Sequence[Record], after_s: float) -> None:
    with ports.database.write() as writing:
        put_off(writing, [record.id for record in records], now=ports.clock.now(), after_s=after_s)


def settle_page(ports: Fleet, records: Sequence[Record], orders: Sequence[ReadOrder]) -> int:
    """Settles each record with its document in one commit; one that lost a race is looked at again later.

    What the site does not show yet is looked for again, ever more seldom; in time a person is told.
    """
    by_id = {order.source_id: order for order in orders}
    settled = 0
    with ports.database.write() as writing:
        for record in records:
            left_out = ReadOrder(record.source_id, 0, None, None, problem="its answer left the id out")
            try:
                settled += _settle_one(ports, writing, record, by_id.get(record.source_id, left_out))
            except LostRace:
                continue
    return settled


def _settle_one(ports: Fleet, writing: Transaction, record: Record, order: ReadOrder) -> bool:
    now = ports.clock.now()
    late = not_shown(record, order)
    if late:
        waited = now - record.updated_at
        after_s = min(max(waited.total_seconds(), WAIT_S), LONGEST_WAIT_S)
        put_off(writing, [record.id], now=now, after_s=after_s)
        if waited < PATIENCE:
            return False
    try:
        with writing.begin_nested():
            outcome = late or ports.lanes[record.lane].settling.settlement(
                writing, record, order, by=ports.name, now=now
            )
            settle(writing, record, outcome, by=ports.name, now=now)
    except (LostRace, OperationalError):  # the record's next reader, or the page's next turn, finds it as it was
        raise
    except Exception:  # a fault of ours with one order must not hold up the page
        with writing.begin_nested():
            settle(writing, record, broken(record, order.version, format_exc()), by=ports.name, now=now)
    return True
