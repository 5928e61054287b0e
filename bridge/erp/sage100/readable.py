"""What a reader can read of Sage 100: for each kind its object, its key, and what hangs on it (reference 2.2-2.10)."""

from dataclasses import dataclass, field

from bridge.erp.sage100.company import ITEM, ITEM_WAREHOUSE, BusKind
from bridge.ports.reading import CUSTOMER, STOCK
from bridge.ports.reading import ITEM as ITEM_KIND


@dataclass(frozen=True)
class KeyPart:
    """One column of a key and its width in the file, to which Sage pads all parts but the last."""

    column: str
    width: int


@dataclass(frozen=True)
class Readable:
    """One kind. `parts` hang on a record by its key's beginning: the object that has them, by the part's name."""

    kind: BusKind
    key: tuple[KeyPart, ...]
    parts: dict[str, BusKind] = field(default_factory=dict)

    def padded(self, values: tuple[str, ...]) -> str:
        """A key, or the beginning of one, as it stands in Sage's file."""
        widths = [part.width for part in self.key]
        return "".join(value.ljust(width) for value, width in zip(values, widths, strict=False))


CUSTOMER_SVC = BusKind("A/R", "AR_Customer_ui", "AR_Customer_svc")

READABLE: dict[str, Readable] = {
    ITEM_KIND: Readable(ITEM, (KeyPart("ItemCode", 30),)),
    STOCK: Readable(ITEM_WAREHOUSE, (KeyPart("ItemCode", 30), KeyPart("WarehouseCode", 3))),
    CUSTOMER: Readable(CUSTOMER_SVC, (KeyPart("ARDivisionNo", 2), KeyPart("CustomerNo", 20))),
}
