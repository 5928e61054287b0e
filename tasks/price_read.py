"""Prices flow back: standard prices, price lists and contracts, every night and when something of them was changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import sha256

from celery import shared_task
from sqlalchemy import Connection

from bridge.fleet import Fleet
from bridge.flows.price import BY_CODE, PricedItem
from bridge.flows.reading import Keep, lane_reader
from bridge.flows.rhythm import is_everything_due, is_time, read_in_rhythm
from bridge.flows.showing import Figure, keep, keeping, shelves
from bridge.ledger.accounts import accounts_known_as
from bridge.ledger.on_show import contents_on_show
from bridge.ledger.passes import begin_again, begin_from, note_seen
from bridge.ledger.shown import Observed
from bridge.ports.reading import CUSTOMER, ITEM, PRICE, ErpPage, ErpReader, ErpRow, ReadAsk
from bridge.shown import Shown
from mappings.price import Accounts, OnShow, PriceView, items_of, price_keys
from tasks import fleet, show_soon

FLOW = Shown.PRICE.value


@shared_task(name="price.read")
def read(lane_name: str) -> bool:
    """Goes on with the lane's passes over price rows and items, or begins them; whether the one over items ended.

    A row of one item renews the prices of that item; a row of a price code begins the pass over all items again. Rows
    come before a pass over everything, so that it does not take what they tell for a change without a stamp.
    """
    ports = fleet()
    view, reader = ports.lanes[lane_name].views[Shown.PRICE], lane_reader(ports, lane_name)
    are_rows_due = reader.is_due(FLOW, PRICE, view.rules.changes_s)
    if not are_rows_due and not is_time(reader, Shown.PRICE, ITEM, view.rules):
        return False
    prices = _Prices(ports, lane_name, view)
    are_rows_due = are_rows_due or is_everything_due(reader, Shown.PRICE, ITEM, view.rules)
    is_done = not are_rows_due or _is_first(ports, lane_name) or reader.read(FLOW, PRICE, prices.take_rows)
    is_done = is_done and read_in_rhythm(reader, Shown.PRICE, ITEM, view.rules, prices.take_items)
    show_soon(ports)
    return is_done


def _is_first(ports: Fleet, lane: str) -> bool:
    """Whether no prices were ever read: then a pass over items works out all of them, and rows are looked at for
    changes from here on. A trial reads no rows either, but works out the prices of all items.
    """
    if ports.trial:
        return True
    now = ports.clock.now()
    with ports.database.write() as connection:
        is_first = begin_from(connection, lane, f"{FLOW}/{PRICE}", now, now=now)
        if is_first:
            begin_again(connection, lane, f"{FLOW}/{ITEM}")
    return is_first


@dataclass(frozen=True)
class _Prices:
    """What becomes of a page of price rows, or of items."""

    ports: Fleet
    lane: str
    view: PriceView

    @cached_property
    def shown(self) -> OnShow:
        """The prices of lists and accounts; `@` is in no other keys, but for those of SKUs that have one themselves."""
        with self.ports.database.read() as connection:
            return OnShow.read(
                content
                for shelf in shelves(self.ports, self.lane, Shown.PRICE)
                for content in contents_on_show(connection, shelf, containing="@")
            )

    def take_rows(self, session: ErpReader, page: ErpPage) -> Keep:
        """The prices of the items that the rows name."""
        rows = self.view.rows(page.rows)
        codes = items_of(rows)
        items = self.view.items(session.read(ReadAsk(ITEM, keys=codes)).rows) if codes else []
        figures = self._figures(session, items, page.as_of)
        of_many = {
            f"{FLOW}/code/{row.price_code}/{row.level}": _digest(raw)
            for row, raw in zip(rows, page.rows, strict=True)
            if row.record == BY_CODE
        }

        def keep_page(connection: Connection) -> Observed:
            observed = keep(connection, self.ports, self.lane, Shown.PRICE, figures)
            now = self.ports.clock.now()
            news = [note_seen(connection, self.lane, name, digest, now=now) for name, digest in of_many.items()]
            if any(news):
                begin_again(connection, self.lane, f"{FLOW}/{ITEM}")
            return observed

        return keep_page

    def take_items(self, session: ErpReader, page: ErpPage) -> Keep:
        """The prices of the items."""
        figures = self._figures(session, self.view.items(page.rows), page.as_of)
        return keeping(self.ports, self.lane, Shown.PRICE, figures)

    def _figures(self, session: ErpReader, items: Sequence[PricedItem], as_of: datetime) -> list[Figure]:
        if not items:
            return []
        rows = self.view.rows(session.read(ReadAsk(PRICE, keys=price_keys(items))).rows)
        numbers = {row.customer for row in rows if row.customer}
        on_show = {account for item in items for account in self.view.accounts_on_show(item, self.shown)}
        with self.ports.database.read() as connection:
            records = accounts_known_as(connection, self.lane, numbers=numbers, source_ids=on_show)
        gone = self.view.without_contract(items, rows, Accounts(records), self.shown)
        accounts = Accounts(records, self._levels(session, sorted(gone)))
        return self.view.figures(items, rows, accounts, self.shown, as_of)

    def _levels(self, session: ErpReader, numbers: Sequence[str]) -> dict[str, str]:
        """Sage's price levels of customers whose contract is gone."""
        if not numbers:
            return {}
        found = session.read(ReadAsk(CUSTOMER, keys=tuple(f"{self.view.division}|{number}" for number in numbers)))
        return {str(row.columns["CustomerNo"]): str(row.columns["PriceLevel"]) for row in found.rows}


def _digest(row: ErpRow) -> str:
    """Tells one state of a row from another, its time stamp included: an overlap reads the same one several times."""
    return sha256(repr(sorted(row.columns.items())).encode()).hexdigest()[:16]
