"""Customers' terms flow back: read when they or their delivery addresses change, shown at their accounts."""

from collections.abc import Iterable
from dataclasses import dataclass

from celery import shared_task

from bridge.fleet import Fleet
from bridge.flows.reading import Keep, Take, lane_reader
from bridge.flows.showing import Figure, keeping
from bridge.flows.sweep import read_and_sweep
from bridge.ledger.accounts import accounts_of, never_shown
from bridge.ports.reading import CUSTOMER, PAGE_ROWS, SHIP_TO, ErpPage, ErpReader, ErpRow, ReadAsk
from bridge.shown import Shown
from mappings.terms import TermsView
from tasks import fleet, show_soon


@shared_task(name="terms.read")
def read(lane_name: str) -> bool:
    """Goes on with the lane's passes over customers and delivery addresses that changed, or begins them.

    Whether all that were due came to the end. Accounts that have become a customer since are read at a pass's end.
    """
    ports = fleet()
    view, reader = ports.lanes[lane_name].views[Shown.TERMS], lane_reader(ports, lane_name)
    terms = _Terms(ports, lane_name, view)
    ways: dict[str, Take] = {CUSTOMER: terms.of_customers, SHIP_TO: terms.of_addresses}
    is_done = read_and_sweep(reader, Shown.TERMS, ways, view.rules.every_s)
    show_soon(ports)
    return is_done


@dataclass(frozen=True)
class _Terms:
    """What this flow makes of a page."""

    ports: Fleet
    lane: str
    view: TermsView

    def of_customers(self, session: ErpReader, page: ErpPage) -> Keep:
        """The customers of a page; of the last one, those with it whose accounts are new."""
        rows = list(page.rows)
        if page.after is None:
            rows += self._new_ones(session, {row.key for row in rows})
        return self._kept(rows, page)

    def of_addresses(self, session: ErpReader, page: ErpPage) -> Keep:
        """The customers whose addresses stand on a page, as far as they have an account."""
        numbers = {number for row in page.rows if (number := self.view.number(row.columns))}
        with self.ports.database.read() as connection:
            known = accounts_of(connection, self.lane, numbers)
        return self._kept(self._by_number(session, sorted(known)), page)

    def _new_ones(self, session: ErpReader, there: set[str]) -> list[ErpRow]:
        with self.ports.database.read() as connection:
            numbers = never_shown(connection, self.lane, list(self.ports.connections), PAGE_ROWS)
        return self._by_number(session, (number for number in numbers if self.view.key(number) not in there))

    def _by_number(self, session: ErpReader, numbers: Iterable[str]) -> list[ErpRow]:
        keys = tuple(self.view.key(number) for number in numbers)
        return list(session.read(ReadAsk(CUSTOMER, keys=keys)).rows) if keys else []

    def _kept(self, rows: list[ErpRow], page: ErpPage) -> Keep:
        with self.ports.database.read() as connection:
            named = {number for row in rows if (number := self.view.number(row.columns))}
            accounts = accounts_of(connection, self.lane, named)
        figures: list[Figure] = self.view.figures(rows, accounts, page.as_of)
        return keeping(self.ports, self.lane, Shown.TERMS, figures)
