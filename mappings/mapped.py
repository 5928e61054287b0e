"""What goes into a mapping besides the document, and what comes out of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from bridge.errors import Refused
from bridge.ports.erp import FieldValue


@dataclass(frozen=True)
class MapContext:
    """What is known of one record but stands in no document.

    `customer_number` is that of its customer in the ERP, without division; `items` the ERP's item by a SKU in small
    letters, where people have said so, which goes before the lane's own table.
    """

    customer_number: str
    items: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Mapped:
    """One document in the ERP's words: columns without type marks, in the order to set them.

    Text is text, numbers are Decimal, dates are YYYYMMDD text. `notes` say what was shortened, re-spelt or left out.
    `version` names the files that made it.
    """

    header: dict[str, FieldValue]
    lines: tuple[dict[str, FieldValue], ...]
    notes: tuple[str, ...]
    version: str


@dataclass(frozen=True)
class ChargeLine:
    """An order line of our own: handling, fees, tax, or the part of a discount that no price can carry."""

    item_code: str
    amount: Decimal
    comment: str


class Run:
    """One document on its way through the rows: its context, the line being mapped, and what was remarked."""

    __slots__ = ("context", "index", "notes", "remainders")

    def __init__(self, context: MapContext) -> None:
        self.context = context
        self.index = 0
        self.notes: list[str] = []
        self.remainders: list[ChargeLine] = []

    def place(self, path: str) -> str:
        """The source path with the present line's position in it, such as `lines[2].sku`."""
        return path.replace("[]", f"[{self.index}]")

    def refusal(self, path: str, value: object, text: str, code: str = "rejected") -> Refused:
        """An error that names the source field, the value and the way out."""
        place = self.place(path)
        return Refused(f"{place} is {str(value)!r}: {text}", field=place, value=str(value), code=code)
