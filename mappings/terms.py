"""Sage's customers as their storefront accounts see them: terms, tax, hold, price list, delivery addresses."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bridge.documents import Address, ShipTo
from bridge.erp.sage100.readable import readables
from bridge.flows.showing import Figure
from bridge.flows.terms import Standing, TermsRules, Words, terms_for
from bridge.ledger.rows import Record
from bridge.ports.reading import CUSTOMER, SHIP_TO, Columns, ErpRow
from mappings.addresses import iso_country
from mappings.outward import Outward
from mappings.settings import LaneMapping


@dataclass(frozen=True)
class _Place:
    """A delivery address in Sage's words; `state` is the code of a state or province."""

    code: str
    name: str | None
    line1: str | None
    line2: str | None
    line3: str | None
    city: str | None
    state: str | None
    postal_code: str | None
    country: str | None
    phone: str | None
    email: str | None


class TermsView:
    """A lane's customers as its storefronts see them. `rules` are the lane's own.

    `list_of` gives the storefront's price list of a price level: the one under which the level's prices are shown.
    """

    def __init__(
        self, mapping: LaneMapping, rules: TermsRules, list_of: Callable[[str], str], overlays: Sequence[Path] = ()
    ) -> None:
        """Raises `Misconfigured` for a mapping that cannot work."""
        self._standings = Outward.load("terms", Standing, readables()[CUSTOMER].columns, overlays)
        self._places = Outward.load("ship_to", _Place, readables()[CUSTOMER].parts[SHIP_TO].columns)
        self._mapping = mapping
        self._list_of = list_of
        self.rules = rules

    def key(self, number: str) -> str:
        """The key by which a customer is read."""
        return f"{self._mapping.division}|{number}"

    def number(self, columns: Columns) -> str | None:
        """The customer's number that a row of a customer or an address names; None for one of another division."""
        return str(columns["CustomerNo"]) if columns["ARDivisionNo"] == self._mapping.division else None

    def figures(
        self, rows: Sequence[ErpRow], accounts: Mapping[str, Sequence[Record]], as_of: datetime
    ) -> list[Figure]:
        """The terms of every account of these customers. A customer without an account is shown nowhere."""
        found = []
        for row in rows:
            number = self.number(row.columns)
            of_customer = accounts.get(number, ()) if number else ()
            found += [self._figure(row, account, as_of) for account in of_customer]
        return found

    def _figure(self, row: ErpRow, account: Record, as_of: datetime) -> Figure:
        standing = self._standings.map(row.columns)
        level = standing.price_level
        words = Words(self._terms_word(standing.terms_code), None if level is None else self._list_of(level))
        places = [self._ship_to(columns) for columns in row.parts.get(SHIP_TO, ())]
        document = terms_for(
            account.source_id, standing, words, places, untaxed_schedule=self._mapping.untaxed_schedule
        )
        return Figure(document, as_of, owner=account)

    def _terms_word(self, code: str | None) -> str | None:
        """The storefront's word for a code; a code that the lane's table leaves out is shown as it is."""
        return None if code is None else self._mapping.terms.get(code, code)

    def _ship_to(self, columns: Columns) -> ShipTo:
        place = self._places.map(columns)
        address = Address(
            name=place.name,
            line1=place.line1,
            line2=place.line2,
            line3=place.line3,
            city=place.city,
            region_code=place.state,
            postal_code=place.postal_code,
            country_code=iso_country(place.country, self._mapping),
            phone=place.phone,
            email=place.email,
        )
        return ShipTo(code=place.code, address=address)
