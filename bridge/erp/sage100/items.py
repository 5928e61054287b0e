"""Items: whether one may be ordered and how much of it is available (reference sage100.md 1.1.7, 2.6, 2.7)."""

from decimal import Decimal

from bridge.erp.sage100.bus import BusObject
from bridge.ports.erp import ItemStanding

_ITEM_WIDTH = 30


def item_standing(item: BusObject, warehouses: BusObject, code: str) -> ItemStanding | None:
    """An item as it is now, or None; `available` is over all warehouses, in the standard unit of measure.

    Raises `Refusal`, `Refused`, `ComFault`.
    """
    if not item.find(("ItemCode", code)):
        return None
    is_active = item.text("InactiveItem") != "Y"
    return ItemStanding(code, is_active, _available(warehouses, code), item.text("ItemType") or "1")


def _available(warehouses: BusObject, code: str) -> Decimal:
    """On hand less on sales orders and on back-orders (reference 2.7), browsed in key order within the item."""
    warehouses.do("nSetBrowseFilter", code.ljust(_ITEM_WIDTH))
    available = Decimal(0)
    is_there = warehouses.move("nMoveFirst")
    while is_there:
        available += warehouses.number("QuantityOnHand")
        available -= warehouses.number("QuantityOnSalesOrder") + warehouses.number("QuantityOnBackOrder")
        is_there = warehouses.move("nMoveNext")
    return available
