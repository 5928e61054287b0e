"""Sales orders: filling a new one, and reading one's total (reference sage100.md 1.1.7, 2.2)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from bridge.erp.sage100.bus import BusObject
from bridge.erp.sage100.company import SageCompany
from bridge.ports.erp import ErpWrite, FieldValue

CENT = Decimal("0.01")
_KEY = "SalesOrderNo"


def order_key(write: ErpWrite) -> tuple[tuple[str, str], ...]:
    """The key of a sales order: its reserved number."""
    return ((_KEY, write.number),)


def fill_order(bus: BusObject, write: ErpWrite, company: SageCompany) -> None:
    """Sets the header and writes every line; stops at the first refusal, so an order is never short of lines.

    The customer comes first and an item comes first on its line: both overwrite later columns with their defaults
    (reference 5). The stamp comes last and is nobody's default. Raises `Refusal`, `Refused`, `ComFault`.
    """
    header = {"ARDivisionNo": company.division, **write.header, company.order_udf: write.stamp}
    for column, value in _in_order(header, first=("ARDivisionNo", "CustomerNo"), without=(_KEY,)):
        bus.put(column, value)
    lines = bus.lines()
    for line in write.lines:
        lines.do("nAddLine")
        for column, value in _in_order(line, first=("ItemCode",)):
            lines.put(column, value)
        lines.do("nWrite")


def _in_order(
    columns: Mapping[str, FieldValue], *, first: tuple[str, ...], without: tuple[str, ...] = ()
) -> Iterable[tuple[str, FieldValue]]:
    early = [(name, columns[name]) for name in first if name in columns]
    return early + [(name, value) for name, value in columns.items() if name not in {*first, *without}]


@dataclass(frozen=True)
class OrderReading:
    """What Sage keeps of an order; `total` in the company's currency."""

    stamp: str
    total: Decimal
    on_hold: bool


def read_order(bus: BusObject, number: str, udf: str) -> OrderReading | None:
    """The order under a number without locking it, or None. Raises `Refusal`, `Refused`, `ComFault`."""
    if not bus.find((_KEY, number)):
        return None
    return OrderReading(bus.text(udf), _total(bus), bus.text("OrderStatus") == "H")


def _total(bus: BusObject) -> Decimal:
    """There is no total column: taxable + non-taxable + tax + freight - discount (reference 2.2)."""
    charged = sum(map(bus.number, ("TaxableAmt", "NonTaxableAmt", "SalesTaxAmt", "FreightAmt")), Decimal(0))
    return (charged - bus.number("DiscountAmt")).quantize(CENT)
