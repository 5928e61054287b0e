"""A morning of trade: who orders what, and what goes wrong in it. The same seed gives the same morning."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.bad_orders import BadKind, Expected, make_bad_orders
from sandbox.orders import make_catalogue, make_customers, make_items, make_orders
from workers.stage.plan import Shop

ITEMS = 40
CUSTOMERS = 24
NEW_CUSTOMERS = 4
"""Accounts that the site has and Sage does not: they are created before their first order."""
BAD_PER_SHOP = 6


@dataclass(frozen=True)
class Morning:
    """What one shop trades. `placements` are in the order in which they are placed."""

    shop: Shop
    items: Sequence[dict[str, Any]]
    known_customers: Sequence[dict[str, Any]]
    site_customers: Sequence[dict[str, Any]]
    catalogue: Sequence[dict[str, Any]]
    placements: Sequence[dict[str, Any]]
    expected: dict[str, Expected]
    """Where each bad order must come to rest, by its id."""


def make_morning(shop: Shop, seed: int, orders: int, first_number: int) -> Morning:
    """The morning of one shop: `orders` orders in all, the bad ones among them."""
    rng = random.Random(f"{seed}:{shop.site}:morning")  # noqa: S311  trade, not secrets
    items, customers = make_items(seed, ITEMS), make_customers(seed, CUSTOMERS)
    for customer in customers[-NEW_CUSTOMERS:]:
        customer["accountNumber"] = None
    good = make_orders(
        seed, orders - BAD_PER_SHOP, site=shop.site, items=items, customers=customers, first_number=first_number
    )
    bad, expected = make_bad_orders(
        seed, tuple(BadKind), site=shop.site, items=items, customers=customers[:-NEW_CUSTOMERS],
        first_number=first_number + 800_000,
    )  # fmt: skip
    placements = [{"order": order, "webhook": _treatment(rng), "delayS": 2.0} for order in good]
    for order in bad:
        place = rng.randrange(len(placements) // 4, len(placements))
        placements.insert(place, {"order": order, "webhook": "deliver", "unchecked": True})
    return Morning(
        shop=shop,
        items=items,
        known_customers=customers[:-NEW_CUSTOMERS],
        site_customers=customers,
        catalogue=make_catalogue(seed, ITEMS),
        placements=placements,
        expected=expected,
    )


def _treatment(rng: random.Random) -> str:
    """Most webhooks arrive; some twice, some late and so out of order, some without the document, a few never."""
    return rng.choices(
        ("deliver", "duplicate", "late", "thin", "stale", "garbage", "never"),
        weights=(70, 8, 8, 6, 3, 1, 4),
    )[0]
