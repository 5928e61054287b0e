"""Reads the accounts of which a storefront told something, settles those that are new, and mends what is the ERP's."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from celery import shared_task
from sqlalchemy import Connection as Transaction

from bridge.documents import Customer, CustomerTerms
from bridge.documents.base import Document
from bridge.errors import LostRace, Refused
from bridge.events.pending import Pending, Said
from bridge.flows.drift import answer, is_shown
from bridge.ledger.alarms import raise_alarm
from bridge.ledger.customers import note_read
from bridge.ledger.rows import Record
from bridge.ledger.settle import Settlement, not_shown, settle
from bridge.outcomes import Urgency
from bridge.ports.erp import CUSTOMER
from bridge.ports.storefront import ReadOrder
from bridge.shown import Shown
from bridge.states import State
from mappings.registering import unreadable
from tasks import fleet, nudge

PAGE = 50
"""Accounts that are settled in one commit; each costs a call of its own."""
ROUNDS = 4


@shared_task(name="customers.read")
def read(connection_name: str) -> int:
    """Reads pending accounts one by one, a page of them in one commit; how many were settled. See `Pending`.

    An account that is a customer by now is only compared: what the storefront changed of the ERP's is shown to it
    again.
    """
    ports = fleet()
    settled = _Accounts(ports, ports.connections[connection_name], CUSTOMER, PAGE, ROUNDS).read()
    if settled:
        nudge("storefront.show", connection_name)
    return settled


@dataclass(frozen=True)
class _Shown:
    """What the site shows: the account, or the terms of one that is a customer already, or neither (yet)."""

    account: Customer | None = None
    terms: Document | None = None
    refusal: Refused | None = None


class _Accounts(Pending[_Shown]):
    def ask(self, records: Sequence[Record]) -> Iterator[Said[_Shown]]:
        """One account at a time: a list may show for a while what was there before our own last change."""
        for record in records:
            yield Said(record, self._ask_one(record), record.wanted_version)

    def _ask_one(self, record: Record) -> _Shown:
        storefront, account_id = self.connection.storefront, record.source_id
        try:
            if record.state is not State.CONFIRMED:
                return _Shown(storefront.read_customer(account_id))
            with self.ports.database.read() as reading:
                has_terms = is_shown(reading, record, Shown.TERMS)
            found = storefront.shown(CustomerTerms, [account_id]) if has_terms else {}
            return _Shown(terms=found.get(account_id))
        except Refused as refusal:
            return _Shown(refusal=refusal)

    def late(self, said: Said[_Shown]) -> Settlement | None:
        record, shown = said.record, said.answer
        if record.state is State.CONFIRMED or shown.account is not None or shown.refusal is not None:
            return None
        return not_shown(record, ReadOrder(record.source_id, 0, None, None, problem="the site does not know it (yet)"))

    def settle(self, transaction: Transaction, said: Said[_Shown]) -> None:
        record, now = said.record, self.ports.clock.now()
        if record.state is State.CONFIRMED:
            note_read(transaction, record, now)
            with suppress(LostRace), transaction.begin_nested():  # then it changes just now, and goes out anyway
                answer(transaction, self.ports, record, Shown.TERMS, said.answer.terms)
            return
        outcome = self._settlement(transaction, record, said.answer)
        if outcome is None:
            note_read(transaction, record, now)
        else:
            settle(transaction, record, outcome, by=self.ports.name, now=now)

    def fail(self, transaction: Transaction, said: Said[_Shown], traceback: str) -> None:
        """A customer who cannot be compared is none the less a customer."""
        if said.record.state is not State.CONFIRMED:
            super().fail(transaction, said, traceback)
            return
        now = self.ports.clock.now()
        note_read(transaction, said.record, now)
        raise_alarm(transaction, f"fault:storefront:{said.record.connection}", Urgency.NORMAL, traceback, now)

    def _settlement(self, transaction: Transaction, record: Record, shown: _Shown) -> Settlement | None:
        if shown.account is None:
            return unreadable(record, shown.refusal or Refused("the account cannot be read"))
        settled: Settlement | None = self.ports.lanes[record.lane].registering.settlement(
            transaction, record, shown.account
        )
        return settled
