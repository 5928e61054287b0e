"""Orders as a storefront takes them, every sum of them exact. The bad ones are in `sandbox.bad_orders`.

Everything is made from a seed: the same arguments give the same result, today and on any machine.
"""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sandbox.clarity.money import money, rounded
from sandbox.clarity.times import to_text
from sandbox.shop import make_catalogue, make_customers, make_items

__all__ = ["make_catalogue", "make_customers", "make_items", "make_orders"]

FIRST_NUMBER = 100_001
START = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)
_APART = timedelta(minutes=7)
_NO_TAX = Decimal(0)


def make_orders(
    seed: int,
    n: int,
    *,
    site: str = "main",
    items: Sequence[dict[str, Any]] | None = None,
    customers: Sequence[dict[str, Any]] | None = None,
    first_number: int = FIRST_NUMBER,
    start: datetime = START,
    currency: str = "USD",
    tax_rate: Decimal = _NO_TAX,
) -> list[dict[str, Any]]:
    """`n` orders of 1 to 5 lines, released for import, with consecutive order numbers; bodies of the contract.

    Items are those of `make_items`, customers those of `make_customers`; without them the seed's own are used.
    `tax_rate` is a share, such as 0.055; without it the buyers are exempt, as the sandbox ERP takes them to be.
    """
    rng = random.Random(f"{seed}:orders:{first_number}")
    goods, buyers = items or make_items(seed), customers or make_customers(seed)
    return [
        _order(
            rng,
            f"ord_{seed}_{first_number + place}",
            {"orderNumber": str(first_number + place), "siteId": site, "placedAt": to_text(start + place * _APART)},
            buyer=rng.choice(buyers),
            lines=[
                _line(rng, index, item, currency, tax_rate)
                for index, item in enumerate(rng.sample(list(goods), rng.randint(1, min(5, len(goods)))))
            ],
            currency=currency,
        )
        for place in range(n)
    ]


def of_value(order: dict[str, Any], amount: Decimal) -> dict[str, Any]:
    """The same order with its first line alone, worth exactly this amount and to be paid on account."""
    currency = order["currency"]
    nothing, whole = money(rounded(Decimal(0), currency), currency), money(rounded(amount, currency), currency)
    worth = {"quantity": "1", "unitListPrice": whole, "unitPrice": whole, "extended": whole, "taxTotal": nothing}
    paid_on_account = {
        "id": order["payments"][0]["id"], "kind": "onAccount", "gateway": None, "state": None, "amount": whole,
        "capturedAmount": nothing, "refundedAmount": nothing,
    }  # fmt: skip
    return {
        **order,
        "paymentStatus": "none",
        "lines": [{**order["lines"][0], **worth}],
        "discounts": [],
        "charges": [],
        "taxes": [],
        "totals": {**dict.fromkeys(order["totals"], nothing), "items": whole, "total": whole, "balanceDue": whole},
        "payments": [paid_on_account],
    }


def _order(
    rng: random.Random,
    order_id: str,
    head: dict[str, Any],
    *,
    buyer: dict[str, Any],
    lines: list[dict[str, Any]],
    currency: str,
) -> dict[str, Any]:
    totals = _totals(rng, lines, currency)
    payment = _payment(rng, order_id, totals["total"], currency)
    captured = payment["state"] == "captured"
    paid = totals["total"] if captured else Decimal(0)
    totals |= {"paid": paid, "balanceDue": totals["total"] - paid}
    address = buyer["addresses"][0]
    return {
        "id": order_id,
        **head,
        "storeCode": "web",
        "status": rng.choice(("Confirmed", "Processing")),
        "paymentStatus": {"captured": "paid", "authorized": "authorized"}.get(payment["state"], "none"),
        "fulfilmentStatus": "unfulfilled",
        "currency": currency,
        "customer": _customer(buyer),
        "purchaseOrderNumber": rng.choice((None, f"PO-{rng.randrange(10_000, 99_999)}")),
        "billTo": address,
        "shipTo": address,
        "lines": lines,
        "discounts": _named("SAVE5", "5 % off", totals["discounts"], currency),
        "charges": _named("HANDLING", "Handling", totals["handling"], currency),
        "taxes": _named("SALES", "Sales tax", totals["tax"], currency),
        "totals": {name: money(amount, currency) for name, amount in totals.items()},
        "payments": [payment],
        "shippingMethod": {"code": "GROUND", "name": "Ground", "carrier": "UPS"},
        "requestedShipDate": None,
        "comments": rng.choice((None, None, "Please call before delivery", "Leave at dock – ask for Zoë")),
        "holdReason": None,
        "attributes": {},
    }


def _customer(buyer: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": buyer["id"],
        "accountNumber": buyer["accountNumber"],
        "email": buyer["contacts"][0]["email"],
        "name": buyer["name"],
        "isGuest": False,
        "externalRefs": [],
    }


def _line(rng: random.Random, index: int, item: dict[str, Any], currency: str, tax_rate: Decimal) -> dict[str, Any]:
    quantity = Decimal(rng.randrange(1, 13))
    if item["uom"] == "FT":
        quantity += Decimal("0.5")
    extended = rounded(quantity * item["price"], currency)
    tax = rounded(extended * tax_rate, currency) if item["isTaxable"] else rounded(Decimal(0), currency)
    return {
        "id": f"line_{index + 1}",
        "lineNumber": index + 1,
        "sku": item["sku"],
        "name": item["name"],
        "quantity": f"{quantity:f}",
        "uom": item["uom"],
        "unitListPrice": money(item["price"], currency),
        "unitPrice": money(item["price"], currency),
        "extended": money(extended, currency),
        "discountTotal": money(rounded(Decimal(0), currency), currency),
        "taxTotal": money(tax, currency),
        "taxCode": "TX" if item["isTaxable"] else "NT",
        "isTaxable": item["isTaxable"],
        "kind": "product",
        "quantityShipped": "0",
        "quantityCancelled": "0",
        "quantityBackordered": "0",
        "attributes": {},
    }


def _totals(rng: random.Random, lines: list[dict[str, Any]], currency: str) -> dict[str, Decimal]:
    items = sum((Decimal(line["extended"]["amount"]) for line in lines), Decimal(0))
    is_discounted = rng.random() < 0.15
    totals = {
        "items": items,
        "discounts": -rounded(items * Decimal("0.05"), currency) if is_discounted else Decimal(0),
        "shipping": rng.choice((Decimal("0"), Decimal("9.95"), Decimal("14.50"))),
        "handling": rng.choice((Decimal("0"), Decimal("0"), Decimal("2.50"))),
        "fees": Decimal(0),
        "tax": sum((Decimal(line["taxTotal"]["amount"]) for line in lines), Decimal(0)),
    }
    totals = {name: rounded(amount, currency) for name, amount in totals.items()}
    return totals | {"total": sum(totals.values(), Decimal(0))}


def _payment(rng: random.Random, order_id: str, total: Decimal, currency: str) -> dict[str, Any]:
    nothing = money(rounded(Decimal(0), currency), currency)
    whole = money(total, currency)
    base = {"id": f"pay_{order_id}", "amount": whole, "capturedAmount": nothing, "refundedAmount": nothing}
    kind = rng.choice(("card", "card", "paypal", "onAccount"))
    if kind == "onAccount":
        return {**base, "kind": kind, "gateway": None, "state": None}
    captured = rng.random() < 0.5
    paid = {
        **base,
        "kind": kind,
        "gateway": "Stripe" if kind == "card" else "PayPal",
        "state": "captured" if captured else "authorized",
        "capturedAmount": whole if captured else nothing,
        "transactionId": f"txn_{rng.randrange(10**9):09d}",
    }
    return paid | ({"cardBrand": "visa", "last4": "4242", "authCode": "A1B2C3"} if kind == "card" else {})


def _named(code: str, name: str, amount: Decimal, currency: str) -> list[dict[str, Any]]:
    return [{"code": code, "name": name, "amount": money(amount, currency)}] if amount else []
