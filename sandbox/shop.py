"""What a small industrial supplier sells, and to whom: the same goods and accounts for both sides of the bridge.

Everything is made from a seed: the same arguments give the same result, today and on any machine.
"""

import random
from decimal import Decimal
from typing import Any

_ADJECTIVES = ("Brass", "Steel", "Nylon", "Heavy Duty", "Stainless", "Galvanized", "PVC", "Cast Iron", "Sealed")
_NOUNS = ("Ball Valve", "Hex Bolt", "Pipe Clamp", "Bearing", "Gasket", "Coupling", "Hose", "Anchor", "Drill Bit")
_SIZES = ("1/4in", "3/8in", "1/2in", "3/4in", "1in", "M8", "M10", "M12", "25mm")
_FAMILIES = ("Miller", "O'Brien", "Núñez", "García", "Kowalski", "Lindqvist", "Becker", "Tran", "Washington", "Dubois")
_GIVEN = ("Ann", "José", "Zoë", "Marcus", "Ingrid", "Priya", "Łukasz", "Renée", "Samuel", "Olivia")
_TRADES = ("Plumbing Supply", "Machine Works", "Fasteners Inc", "Industrial", "Marine & Tool", "Contractors LLC")
_LONG_NAMES = (
    "Établissements Québécois de Matériel Électrique Lévesque-Beauséjour & Fils",
    "The Greater Northwestern Consolidated Irrigation and Pump Equipment Cooperative",
)
_PLACES = (
    ("Austin", "TX", "78701"),
    ("Columbus", "OH", "43215"),
    ("Sacramento", "CA", "95814"),
    ("Albany", "NY", "12207"),
    ("Boise", "ID", "83702"),
    ("Tampa", "FL", "33602"),
    ("Des Moines", "IA", "50309"),
)
_ABROAD = ("Montréal", "QC", "H2Y 1C6", "CA")


def make_items(seed: int, n: int = 40) -> list[dict[str, Any]]:
    """Goods as an ERP knows them: sku, name, price and onHand (`Decimal`), uom, isTaxable."""
    rng = random.Random(f"{seed}:items")
    return [_item(rng, number) for number in range(n)]


def make_catalogue(seed: int, n: int = 40) -> list[dict[str, Any]]:
    """The same goods as the storefront shows them: products of the contract (reference clarity.md 2.9)."""
    return [
        {
            "sku": item["sku"],
            "name": item["name"],
            "description": f"{item['name']}, sold by the {item['uom']}",
            "uom": item["uom"],
            "uomConversions": [],
            "isActive": True,
            "isTaxable": item["isTaxable"],
            "taxCode": "TX" if item["isTaxable"] else "NT",
            "aliases": [],
            "kind": "product",
            "allowBackorder": True,
        }
        for item in make_items(seed, n)
    ]


def make_customers(seed: int, n: int = 12) -> list[dict[str, Any]]:
    """Accounts of the contract, mostly in the US, each tenth with a name that is too long for most ERPs.

    `accountNumber` is the number under which the ERP knows them.
    """
    rng = random.Random(f"{seed}:customers")
    return [_customer(rng, number) for number in range(n)]


def _item(rng: random.Random, number: int) -> dict[str, Any]:
    by_the_foot = number % 9 == 8
    price = Decimal(rng.randrange(45, 25_000)).scaleb(-2)
    return {
        "sku": f"TG-{1000 + number}",
        "name": f"{rng.choice(_ADJECTIVES)} {rng.choice(_NOUNS)} {rng.choice(_SIZES)}",
        # Goods sold by length have prices of four decimals, as wire and hose do.
        "price": price + Decimal("0.0025") if by_the_foot else price,
        "onHand": Decimal(rng.randrange(200, 5000)),
        "uom": "FT" if by_the_foot else "EACH",
        "isTaxable": True,
    }


def _customer(rng: random.Random, number: int) -> dict[str, Any]:
    given, family = rng.choice(_GIVEN), rng.choice(_FAMILIES)
    is_long = number % 10 == 7
    company = rng.choice(_LONG_NAMES) if is_long else f"{family} {rng.choice(_TRADES)}"
    account_number = f"{1001 + number:07d}"
    person = f"{given} {family}"
    email = f"buyer{number}@example.com"
    return {
        "id": f"cus_{account_number}",
        "accountNumber": account_number,
        "name": company,
        "isOnHold": False,
        "currency": "USD",
        "taxExempt": False,
        "contacts": [{"id": f"con_{number}", "name": person, "email": email, "phone": _phone(rng)}],
        "addresses": [_address(rng, person, company, email)],
        "status": "active",
    }


def _address(rng: random.Random, person: str, company: str, email: str) -> dict[str, Any]:
    is_abroad = rng.random() < 0.08
    city, region, postal_code, country = _ABROAD if is_abroad else (*rng.choice(_PLACES), "US")
    return {
        "name": person,
        "company": company,
        "line1": f"{rng.randrange(1, 9999)} {rng.choice(_FAMILIES)} Street",
        "line2": rng.choice((None, "Suite 200", "Dock 4", "Attn: Receiving")),
        "line3": None,
        "city": city,
        "regionCode": region,
        "postalCode": postal_code,
        "countryCode": country,
        "phone": _phone(rng),
        "email": email,
    }


def _phone(rng: random.Random) -> str:
    return f"512-555-{rng.randrange(100, 200):04d}"
