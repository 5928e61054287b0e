"""Whether buyers are shown what Sage would charge them: some prices of their sites, each beside Sage's own rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from random import Random

from bridge.documents import CustomerTerms, PriceFigure
from bridge.fleet import Fleet
from bridge.flows.price import Charge, Source
from bridge.flows.reading import lane_reader
from bridge.ledger.rows import Record
from bridge.ports.reading import CUSTOMER, ITEM, PRICE, ErpReader, ReadAsk
from bridge.ports.showing import Showcase, price_key
from bridge.shown import Shown
from mappings.price import PriceView, price_keys
from mappings.settings import Codes

MOST = 500
"""Quantities are chosen up to this one."""

_FLOW = "price sample"


@dataclass(frozen=True)
class Asked:
    """One account that looks at so many of one product. `item` is the product's code in Sage."""

    account: Record
    sku: str
    item: str
    quantity: Decimal


@dataclass(frozen=True)
class Answered:
    """What Sage charges for one of them and by which of its rules, and what the site shows; None for no price."""

    asked: Asked
    erp: Decimal
    by: Source
    storefront: Decimal | None

    @property
    def differs(self) -> bool:
        """Whether it must not be so. A promotion may be: they are the storefront's own (mappings/ownership.yaml)."""
        return self.by is not Source.PROMOTION and self.erp != self.storefront


def choose(
    accounts: Sequence[Record], skus: Mapping[tuple[str, str], Sequence[str]], items: Codes, *, count: int, seed: int
) -> list[Asked]:
    """So many by chance, of the SKUs by connection and site; the same seed chooses the same. Pure."""
    chance = Random(seed)  # noqa: S311 - a sample, no secret
    buyers = [account for account in accounts if skus.get((account.connection, account.site))]
    found = []
    for _ in range(count if buyers else 0):
        account = chance.choice(buyers)
        sku = chance.choice(skus[account.connection, account.site])
        found.append(Asked(account, sku, items.get(sku, sku), Decimal(chance.randint(1, MOST))))
    return found


def answers(ports: Fleet, lane_name: str, asked: Sequence[Asked]) -> list[Answered]:
    """What both sides say. A product that Sage no longer sells is left out.

    Raises `TryLater` when the lane is not read now, `NoSeat`, `ValueError` for a price row that gives no price, and as
    `Showcase.shown`.
    """
    lane = ports.lanes[lane_name]
    view, day = lane.views[Shown.PRICE], ports.clock.now().astimezone(lane.calendar.zone).date()
    charges = lane_reader(ports, lane_name).look(_FLOW, lambda session: _charges(session, view, asked, day))
    return [
        Answered(each, charge.price, charge.by, _shown(ports.connections[each.account.connection].storefront, each))
        for each, charge in zip(asked, charges, strict=True)
        if charge is not None
    ]


def _charges(session: ErpReader, view: PriceView, asked: Sequence[Asked], day: date) -> list[Charge | None]:
    if not asked:
        return []
    codes, numbers = ({each.item for each in asked}, {each.account.number or "" for each in asked})
    items = {str(row.columns["ItemCode"]): row for row in session.read(ReadAsk(ITEM, keys=tuple(sorted(codes)))).rows}
    keys = price_keys(view.items(items.values()))
    prices = session.read(ReadAsk(PRICE, keys=keys)).rows if keys else ()
    asks = ReadAsk(CUSTOMER, keys=tuple(f"{view.division}|{number}" for number in sorted(numbers)))
    customers = {str(row.columns["CustomerNo"]): row for row in session.read(asks).rows}
    return [
        view.expected(items[each.item], customers.get(each.account.number or ""), each.quantity, day, prices)
        if each.item in items
        else None
        for each in asked
    ]


def _shown(storefront: Showcase, asked: Asked) -> Decimal | None:
    """What the account is shown: its own price, else that of its list, else the standard one.

    That a site looks for them in this order is inferred; its contract leaves it open.
    """
    account = asked.account.source_id
    terms = storefront.shown(CustomerTerms, [account]).get(account)
    code = terms.price_list_code if isinstance(terms, CustomerTerms) else None
    keys = [
        price_key(asked.sku, customer_id=account),
        *([price_key(asked.sku, price_list_code=code)] if code else []),
        price_key(asked.sku),
    ]
    found = storefront.shown(PriceFigure, keys)
    figure = next((found[key] for key in keys if key in found), None)
    return _price_in(figure, asked.quantity) if isinstance(figure, PriceFigure) else None


def _price_in(figure: PriceFigure, quantity: Decimal) -> Decimal:
    """The price of one of so many."""
    reached = [each.unit_price for each in figure.breaks if each.min_quantity <= quantity]
    return reached[-1] if reached else figure.list_price
