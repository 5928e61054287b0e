"""Reads the orders that the ledger knows only by id, and settles where each goes."""

from collections.abc import Iterator, Sequence

from celery import shared_task
from sqlalchemy import Connection as Transaction

from bridge.events.pending import Pending, Said
from bridge.fleet import Connection
from bridge.ledger.reading import embedded_body, has_two_stories
from bridge.ledger.rows import Record
from bridge.ledger.settle import Settlement, not_shown, settle
from bridge.ports.erp import ORDER
from bridge.ports.storefront import ReadOrder, Wanted
from tasks import fleet

PAGE = 200
ROUNDS = 20


@shared_task(name="documents.read")
def read(connection_name: str) -> int:
    """Reads pending orders through the site's list call, a page at a time; how many were settled. See `Pending`."""
    ports = fleet()
    return _Orders(ports, ports.connections[connection_name], ORDER, PAGE, ROUNDS).read()


class _Orders(Pending[ReadOrder]):
    def ask(self, records: Sequence[Record]) -> Iterator[Said[ReadOrder]]:
        by_id = {order.source_id: order for order in self._orders(records)}
        for record in records:
            left_out = ReadOrder(record.source_id, 0, None, None, problem="its answer left the id out")
            order = by_id.get(record.source_id, left_out)
            yield Said(record, order, order.version)

    def late(self, said: Said[ReadOrder]) -> Settlement | None:
        return not_shown(said.record, said.answer)

    def settle(self, transaction: Transaction, said: Said[ReadOrder]) -> None:
        settling, by, now = self.ports.lanes[said.record.lane].settling, self.ports.name, self.ports.clock.now()
        outcome = settling.settlement(transaction, said.record, said.answer, by=by, now=now)
        settle(transaction, said.record, outcome, by=by, now=now)

    def _orders(self, records: Sequence[Record]) -> Sequence[ReadOrder]:
        if not self.connection.trusts_body:
            wanted = [Wanted(record.source_id, record.read_from) for record in records]
            return self.connection.storefront.read_orders(wanted)
        with self.ports.database.read() as reading:
            return [_from_events(reading, self.connection, record) for record in records]


def _from_events(reading: Transaction, connection: Connection, record: Record) -> ReadOrder:
    """The document that came with the record's events, of a connection that cannot be asked."""
    body = embedded_body(reading, record)
    if has_two_stories(reading, record):
        problem = "one event came with two bodies; send the right one as a new event with a higher version"
        return ReadOrder(record.source_id, record.wanted_version, body, None, problem=problem, field="event id")
    return connection.read_body(body)
