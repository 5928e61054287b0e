"""Prices by sample: what some buyers are shown beside what Sage would charge them."""

import time
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from bridge.errors import NoSeat, TryLater

if TYPE_CHECKING:
    from bridge.fleet import Fleet
    from mappings.parity import Answered, Asked
    from workers.settings import Settings

_PATIENCE_S = 60.0
_PAUSE_S = 0.5


@dataclass(frozen=True)
class PriceDifference:
    """One price that a buyer is not shown as Sage charges it; None where he is shown none."""

    connection: str
    account: str
    customer: str
    sku: str
    quantity: Decimal
    erp: Decimal
    by: str
    storefront: Decimal | None


@dataclass(frozen=True)
class Sampled:
    """How many prices were compared, how many of them are promotions of Sage's, and those that differ."""

    compared: int
    promotions: int
    differences: tuple[PriceDifference, ...]


def sample_prices(settings: "Settings", lane: str, count: int, seed: int) -> Sampled:
    """Asks both sides of one lane. Raises `TryLater` or `NoSeat` when there was no reader's turn for a minute."""
    from bridge.flows.price import Source
    from bridge.flows.showing import shelves
    from bridge.ledger.accounts import all_accounts
    from bridge.ledger.on_show import keys_on_show
    from bridge.shown import Shown
    from mappings.parity import choose
    from workers.wiring import build_fleet

    ports = build_fleet(settings, "by-hand")
    with ports.database.read() as connection:
        accounts = all_accounts(connection, lane)
        skus = {
            (shelf.connection, shelf.site): [key for key in keys_on_show(connection, shelf) if "@" not in key]
            for shelf in shelves(ports, lane, Shown.PRICE)
        }
    asked = choose(accounts, skus, settings.lanes[lane].mapping.items, count=count, seed=seed)
    answered = _answers(ports, lane, asked)
    differing = tuple(_difference(each) for each in answered if each.differs)
    return Sampled(len(answered), sum(each.by is Source.PROMOTION for each in answered), differing)


def _answers(ports: "Fleet", lane: str, asked: "list[Asked]") -> "list[Answered]":
    from mappings.parity import answers

    deadline = time.monotonic() + _PATIENCE_S
    while True:
        try:
            return answers(ports, lane, asked)
        except (NoSeat, TryLater):
            if time.monotonic() > deadline:
                raise
        time.sleep(_PAUSE_S)


def _difference(answered: "Answered") -> PriceDifference:
    asked = answered.asked
    return PriceDifference(
        asked.account.connection, asked.account.source_id, asked.account.number or "", asked.sku, asked.quantity,
        answered.erp, answered.by.value, answered.storefront,
    )  # fmt: skip
