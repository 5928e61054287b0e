"""The mappings of one lane: shipped files, the site's overlays, the lane's own codes; loaded and checked once."""

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from bridge.documents import Customer, Line, Order
from bridge.erp.sage100.dictionary import SageDictionary
from bridge.ports.erp import CUSTOMER, ORDER
from mappings.binding import Scope, bind
from mappings.compiler import Columns, Compiled
from mappings.mapped import ChargeLine, MapContext, Mapped, Run
from mappings.order_lines import charge_lines, ordered_lines
from mappings.outward import is_outward
from mappings.rows import MappingFile, overlaid, read
from mappings.settings import LaneMapping

_FOLDER = Path(__file__).parent
_VERSION_LENGTH = 12
_DOCUMENTS = {ORDER: ("header", "lines", "charge_lines"), CUSTOMER: ("header",)}


class MappingSet:
    """Maps orders and customers of one lane into Sage 100's columns."""

    def __init__(self, order: "OrderMapping", customer: "CustomerMapping") -> None:
        self._order = order
        self._customer = customer

    @classmethod
    def load(cls, lane: LaneMapping, dictionary: SageDictionary, overlays: Sequence[Path] = ()) -> "MappingSet":
        """Loads and checks the shipped mappings with a site's overlays laid over them, in the order given.

        Overlays of documents that come from Sage are left to their own views (`Outward`).

        Raises `Misconfigured`, which names file and line of everything that is wrong.
        """
        documents = {name: _shipped(name) for name in _DOCUMENTS}
        for path in overlays:
            if is_outward(path):
                continue
            overlay = read(path, _DOCUMENTS)
            documents[overlay.document] = overlaid(documents[overlay.document], overlay)
        return cls(
            OrderMapping(documents[ORDER], lane, dictionary), CustomerMapping(documents[CUSTOMER], lane, dictionary)
        )

    def map_order(self, order: Order, context: MapContext) -> Mapped:
        """The order as Sage's sales order. Pure. Raises `Refused`, which names the order's field and its value."""
        return self._order.map(order, context)

    def map_customer(self, customer: Customer, context: MapContext) -> Mapped:
        """The customer as a new A/R customer, without its key. Pure. Raises `Refused` as above."""
        return self._customer.map(customer, context)


class OrderMapping:
    """The compiled rows of `order`: a header, the ordered lines, and lines of our own for charges."""

    def __init__(self, file: MappingFile, lane: LaneMapping, dictionary: SageDictionary) -> None:
        details = dictionary.table("SO_SalesOrderDetail")
        self._lane = lane
        self._version = file.digest[:_VERSION_LENGTH]
        header = dictionary.table("SO_SalesOrderHeader")
        self._header = _compiled(file, Scope(ORDER, "header", header, Order), lane)
        self._line = _compiled(file, Scope(ORDER, "lines", details, Order, ("lines", Line)), lane)
        self._charge = _compiled(file, Scope(ORDER, "charge_lines", details, Order, ("charge_lines", ChargeLine)), lane)

    def map(self, order: Order, context: MapContext) -> Mapped:
        """The order in Sage's columns; see `MappingSet.map_order`."""
        run = Run(context)
        header = self._header.columns(order, None, run)
        lines = _each(self._line, order, ordered_lines(order, run), run)
        charges = _each(self._charge, order, enumerate(charge_lines(order, self._lane, run)), run)
        return Mapped(header, (*lines, *charges), tuple(run.notes), self._version)


class CustomerMapping:
    """The compiled rows of `customer`."""

    def __init__(self, file: MappingFile, lane: LaneMapping, dictionary: SageDictionary) -> None:
        self._version = file.digest[:_VERSION_LENGTH]
        self._header = _compiled(file, Scope(CUSTOMER, "header", dictionary.table("AR_Customer"), Customer), lane)

    def map(self, customer: Customer, context: MapContext) -> Mapped:
        """The customer in Sage's columns; see `MappingSet.map_customer`."""
        run = Run(context)
        header = self._header.columns(customer, None, run)
        return Mapped(header, (), tuple(run.notes), self._version)


@cache
def _shipped(document: str) -> MappingFile:
    return read(_FOLDER / f"{document}.clarity.sage100.yaml", _DOCUMENTS)


def _each(rows: Compiled, order: Order, elements: Iterable[tuple[int, object]], run: Run) -> list[Columns]:
    mapped = []
    for index, element in elements:
        run.index = index
        mapped.append(rows.columns(order, element, run))
    return mapped


def _compiled(file: MappingFile, scope: Scope, lane: LaneMapping) -> Compiled:
    return Compiled(f"{file.document} {scope.name}", bind(file.rows.get(scope.name, ()), scope, lane))
