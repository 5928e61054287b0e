"""Reads the products of which a storefront told something, and mends what is the ERP's of them."""

from collections.abc import Iterator, Sequence
from contextlib import suppress

from celery import shared_task
from sqlalchemy import Connection as Transaction

from bridge.documents import ItemFacts
from bridge.documents.base import Document
from bridge.errors import LostRace, Refused
from bridge.events.pending import Pending, Said
from bridge.flows.drift import answer, note_presence
from bridge.ledger.alarms import raise_alarm
from bridge.ledger.rows import Record
from bridge.ledger.settle import Settlement
from bridge.ledger.shown import note_compared
from bridge.outcomes import Urgency
from bridge.shown import Shown
from tasks import fleet, nudge

PAGE = 50
"""Products that are compared in one commit; each costs a call of its own."""
ROUNDS = 4


@shared_task(name="products.read")
def read(connection_name: str) -> int:
    """Reads products one by one, a page of them in one commit, and compares them with what was shown; how many.

    What the storefront changed of the ERP's is shown to it again, and all of a product that it has only by now. What it
    has deleted is not: whether a shop sells a product is the shopkeeper's to say, so a person is told. A second message
    finds nothing to do. See `Pending`.
    """
    ports = fleet()
    compared = _Products(ports, ports.connections[connection_name], Shown.ITEM.value, PAGE, ROUNDS).read()
    if compared:
        nudge("storefront.show", connection_name)
    return compared


_Found = Document | Refused | None


class _Products(Pending[_Found]):
    def ask(self, records: Sequence[Record]) -> Iterator[Said[_Found]]:
        """One product at a time: a list may show for a while what was there before our own last change."""
        for record in records:
            yield Said(record, self._ask_one(record.source_id), record.version)

    def _ask_one(self, sku: str) -> _Found:
        try:
            return self.connection.storefront.shown(ItemFacts, [sku]).get(sku)
        except Refused as refusal:
            return refusal

    def late(self, said: Said[_Found]) -> Settlement | None:  # noqa: ARG002 - what is not there is an answer here
        return None

    def settle(self, transaction: Transaction, said: Said[_Found]) -> None:
        record, present = said.record, said.answer
        if isinstance(present, Refused):
            raise present
        note_compared(transaction, record, self.ports.clock.now())
        note_presence(transaction, self.ports, record, present)
        with suppress(LostRace), transaction.begin_nested():  # then it changes just now, and goes out anyway
            answer(transaction, self.ports, record, Shown.ITEM, present)

    def fail(self, transaction: Transaction, said: Said[_Found], traceback: str) -> None:
        """A product that cannot be compared is on show as it was."""
        now = self.ports.clock.now()
        note_compared(transaction, said.record, now)
        raise_alarm(transaction, f"fault:storefront:{said.record.connection}", Urgency.NORMAL, traceback, now)
