"""An order mapped by a function for one lane, as a project for one shop would have it; for `bench.intake`.

It looks at no width, no unknown code and no second page of a site's wishes: only the sample's columns come out of it.
"""

from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from bridge.documents import Address, Line, Order

_ZONE = ZoneInfo("UTC")
_CENT = Decimal("0.01")
_COUNTRIES = {"US": "USA", "CA": "CAN"}
_SHIP_VIA = {"UPS": "UPS GROUND"}
_PAYMENT = {"Stripe": "STRIP"}
_STATUSES = {"Confirmed": "N", "Processing": "O", "OnHold": "H"}


def map_order(order: Order, customer_number: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Header and lines in Sage's columns."""
    placed = order.placed_at.astimezone(_ZONE).strftime("%Y%m%d")
    header = {
        "ARDivisionNo": "00",
        "CustomerNo": customer_number,
        "OrderDate": placed,
        "OrderType": "S",
        "OrderStatus": _STATUSES[order.status],
        "ShipExpireDate": placed,
        **_address("BillTo", order.bill_to),
        **_address("ShipTo", order.ship_to),
        "ShipVia": _SHIP_VIA[(order.shipping_method.code or "") if order.shipping_method else ""],
        "WarehouseCode": "001",
        "ConfirmTo": (order.bill_to.name or "")[:30],
        "EmailAddress": order.customer.email,
        "Comment": f"Web order {order.order_number}",
        "PaymentType": _PAYMENT[order.payments[0].gateway or ""],
        "FreightAmt": order.totals.shipping.quantize(_CENT).normalize(),
        "DiscountAmt": sum((each.discount_total for each in order.lines), order.totals.discounts).normalize(),
    }
    return header, [_line(each) for each in order.lines]


def _address(prefix: str, address: Address) -> dict[str, str | None]:
    return {
        f"{prefix}Name": address.company or address.name,
        f"{prefix}Address1": f"Attn {address.name}",
        f"{prefix}Address2": address.line1,
        f"{prefix}City": address.city,
        f"{prefix}State": address.region_code,
        f"{prefix}ZipCode": address.postal_code,
        f"{prefix}CountryCode": _COUNTRIES.get(address.country_code or "US"),
    }


def _line(line: Line) -> dict[str, Any]:
    if line.extended != (line.quantity * line.unit_price).quantize(_CENT):
        raise ValueError(f"line {line.line_number}: {line.extended} is not {line.quantity} of {line.unit_price}")
    return {
        "ItemCode": line.sku,
        "WarehouseCode": "001",
        "UnitOfMeasure": line.uom.upper() if line.uom else "EACH",
        "QuantityOrdered": line.quantity,
        "UnitPrice": line.unit_price,
    }
