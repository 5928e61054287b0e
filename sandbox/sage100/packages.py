"""The parcels of a shipment and what is in each (reference 2.9: tracking, and package tracking by item)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from sandbox.sage100.books import Books
from sandbox.sage100.commitments import GOODS
from sandbox.sage100.layouts import Row
from sandbox.sage100.totals import number

_ZERO = Decimal(0)


@dataclass(frozen=True)
class Package:
    """One parcel. `items` are quantities by item code; the first parcel without any holds all that no parcel names."""

    tracking_id: str
    ship_via: str = ""
    items: Mapping[str, Decimal] = field(default_factory=dict)
    weight: Decimal = _ZERO
    comment: str = ""


def pack(books: Books, invoice: Row, details: Sequence[Row], packages: Sequence[Package]) -> None:
    """Writes the tracking rows of an unposted invoice, packages numbered from 0001.

    Raises ValueError where the packages hold more of an item than is shipped.
    """
    kinds = {str(line["ItemCode"]): str(line.get("ItemType", "")) for line in details}
    unpacked = _unpacked(details, packages)
    for place, package in enumerate(packages, start=1):
        key: Row = {"InvoiceNo": invoice["InvoiceNo"], "PackageNo": f"{place:04}"}
        parcel: Row = {
            "TrackingID": package.tracking_id,
            "Comment": package.comment,
            "StarshipShipVia": package.ship_via or invoice.get("ShipVia", ""),
            "Weight": package.weight,
        }
        books.save("SO_InvoiceTracking", {**key, **parcel})
        for code, quantity in (package.items or unpacked).items():
            row: Row = {**key, "ItemCode": code, "ItemType": kinds[code], "Quantity": quantity}
            books.save("SO_PackageTrackingByItem", row)
        if not package.items:
            unpacked = {}


def _unpacked(details: Sequence[Row], packages: Sequence[Package]) -> dict[str, Decimal]:
    """By item code, what is shipped and in no parcel that names its items."""
    rest: dict[str, Decimal] = {}
    for line in details:
        if line.get("ItemType") in GOODS:
            code = str(line["ItemCode"])
            rest[code] = rest.get(code, _ZERO) + number(line, "QuantityShipped")
    for package in packages:
        for code, quantity in package.items.items():
            rest[code] = rest.get(code, _ZERO) - quantity
            if rest[code] < 0:
                raise ValueError(f"the packages hold more of {code} than is shipped")
    return {code: quantity for code, quantity in rest.items() if quantity}
