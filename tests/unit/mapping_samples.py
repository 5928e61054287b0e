"""Orders and lanes for the tests of the mapping room: one built in a line, and those of Northwind."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bridge.documents import Address, CustomerRef, Line, Order, OrderTotals, Payment, ShippingMethod
from bridge.erp.sage100.dictionary import SageDictionary
from mappings import LaneMapping, MapContext, Mapped, MappingSet
from mappings.sums import extension, to_cent

CONTEXT = MapContext(customer_number="ACME")
LANE = LaneMapping(ship_via={"UPS": "UPS GROUND"}, payment_types={"Stripe": "STRIP"}, warehouse="001")
ADDRESS = Address(
    name="Ann Lee", company="Acme Inc.", line1="1 Main Street", city="Austin", region_code="TX", postal_code="78701",
    country_code="US", email="ann@acme.example",
)  # fmt: skip


def line(**changes: Any) -> Line:
    """A line of two at 10.00, with its extended price worked out."""
    facts = {
        "id": "1",
        "line_number": 1,
        "sku": "A-1",
        "quantity": Decimal(2),
        "unit_price": Decimal(10),
        "uom": "each",
    }
    facts |= changes
    facts.setdefault("extended", to_cent(Decimal(facts["quantity"]) * Decimal(facts["unit_price"])))
    return Line.model_validate(facts)


def order(*lines: Line, totals: dict[str, Any] | None = None, discount: str = "0", **changes: Any) -> Order:
    """A released order whose totals add up; `discount` is what the order takes off beyond its lines."""
    lines = lines or (line(),)
    sums = {name: Decimal(value) for name, value in (totals or {}).items()}
    sums.setdefault("items", sum((each.extended for each in lines), Decimal(0)))
    sums.setdefault("discounts", sum((each.discount_total for each in lines), Decimal(0)) - Decimal(discount))
    sums.setdefault("total", sum(sums.values(), Decimal(0)))
    facts: dict[str, Any] = {
        "source_id": "o1", "order_number": "100234", "site_id": "main", "version": 1, "status": "Processing",
        "payment_status": "paid", "placed_at": datetime(2026, 3, 1, 23, 30, tzinfo=UTC),
        "updated_at": datetime(2026, 3, 1, 23, 30, tzinfo=UTC), "currency": "USD",
        "customer": CustomerRef(id="c1", email="ann@acme.example", name="Acme Inc."), "bill_to": ADDRESS,
        "ship_to": ADDRESS, "lines": lines, "totals": OrderTotals(**sums),
        "payments": (Payment(kind="card", gateway="Stripe", amount=sums["total"]),),
        "shipping_method": ShippingMethod(code="UPS"),
    }  # fmt: skip
    return Order.model_validate(facts | changes)


def mapped(given: Order, lane: LaneMapping = LANE, version: str = "2018") -> Mapped:
    """The order as the shipped files map it."""
    return MappingSet.load(lane, SageDictionary.load(version)).map_order(given, CONTEXT)


def sage_total(result: Mapped) -> Decimal:
    """What Sage makes of the mapped columns, worked out by its own rule: lines, freight, less the order's discount."""
    lines = (
        extension(each["QuantityOrdered"], each["UnitPrice"], each.get("LineDiscountPercent", Decimal(0)))  # type: ignore[arg-type]
        for each in result.lines
    )
    header = result.header
    return sum(lines, Decimal(0)) + Decimal(header["FreightAmt"]) - Decimal(header["DiscountAmt"])


def northwind_folder() -> Path:
    """Where the Northwind sample is; skips on a laptop without it, fails where CI runs."""
    shared = os.environ.get("TIDEGATE_SHARED")
    folder = (Path(shared) if shared else Path(__file__).parents[3] / "shared") / "data" / "northwind"
    if not (folder / "orders.jsonl").exists():
        text = f"the Northwind sample is not at {folder}; set TIDEGATE_SHARED to the folder that holds data/northwind"
        pytest.fail(text) if os.environ.get("CI") else pytest.skip(text)
    return folder


def northwind_orders() -> Iterator[Order]:
    """All 830 orders of Northwind as documents."""
    with (northwind_folder() / "orders.jsonl").open(encoding="utf-8") as stream:
        for text in stream:
            yield _document(json.loads(text))


def _document(raw: dict[str, Any]) -> Order:
    return Order(
        source_id=raw["id"], order_number=raw["orderNumber"], site_id=raw["siteId"], version=raw["version"],
        status=raw["status"], payment_status=raw["paymentStatus"], placed_at=raw["placedAt"],
        updated_at=raw["updatedAt"], currency=raw["currency"], purchase_order_number=raw["purchaseOrderNumber"],
        customer=CustomerRef(
            id=raw["customer"]["id"], account_number=raw["customer"]["accountNumber"], name=raw["customer"]["name"],
            email=raw["customer"]["email"],
        ),
        bill_to=_address(raw["billTo"]), ship_to=_address(raw["shipTo"]),
        lines=tuple(
            Line(
                id=each["id"], line_number=each["lineNumber"], sku=each["sku"], quantity=each["quantity"],
                uom=each["uom"], unit_price=each["unitPrice"]["amount"], extended=each["extended"]["amount"],
                discount_total=each["discountTotal"]["amount"], kind=each["kind"],
            )
            for each in raw["lines"]
        ),
        totals=OrderTotals(**{
            name: raw["totals"][name]["amount"]
            for name in ("items", "discounts", "shipping", "handling", "fees", "tax", "total")
        }),
        payments=tuple(
            Payment(kind=each["kind"], gateway=each["gateway"], state=each["state"], amount=each["amount"]["amount"])
            for each in raw["payments"]
        ),
        shipping_method=ShippingMethod(code=raw["shippingMethod"]["code"]),
        requested_ship_date=f"{raw['requestedShipDate']}T00:00:00Z",
    )  # fmt: skip


def _address(raw: dict[str, Any]) -> Address:
    names = {"postalCode": "postal_code", "regionCode": "region_code", "countryCode": "country_code",
             "regionName": "region_name"}  # fmt: skip
    return Address(**{names.get(name, name): value for name, value in raw.items()})
