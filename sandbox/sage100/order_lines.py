"""`oLines` of SO_SalesOrder_bus: each line is added, set and written for itself (reference 1.1.7, step 5; 2.3)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import ClassVar, Protocol

from sandbox.sage100.cells import accepted, column_of, give_cell
from sandbox.sage100.com import ComObject, Refusal
from sandbox.sage100.layouts import Column, Row
from sandbox.sage100.open_orders import history_sequence
from sandbox.sage100.pricing import price_for
from sandbox.sage100.server import Server
from sandbox.sage100.totals import extension, number

_TABLE = "SO_SalesOrderDetail"


class Order(Protocol):
    """What lines need of their order."""

    @property
    def company(self) -> str: ...

    def edited(self) -> Row: ...

    def line_begins(self, line: int) -> None: ...


class OrderLines(ComObject):
    """The lines of the order at hand. A line that is not written is lost, unless an option says otherwise."""

    METHODS: ClassVar[Mapping[str, str]] = {
        "nAddLine": "add_line",
        "nEditLine": "edit_line",
        "nSetValue": "set_value",
        "nGetValue": "get_value",
        "nWrite": "write",
        "nDelete": "delete",
        "nMoveFirst": "move_first",
        "nMoveNext": "move_next",
    }
    PROPERTIES: ClassVar[Mapping[str, str]] = {"nEOF": "end_of_file"}

    def __init__(self, server: Server, order: Order) -> None:
        super().__init__(server)
        self._server = server
        self._order = order
        self.written: list[Row] = []
        self._current: Row | None = None
        self._dirty = False
        self._position = -1

    def load(self, rows: list[Row]) -> None:
        """Takes the lines of the order that has just been loaded."""
        self.written = rows
        self._current, self._dirty, self._position = None, False, -1

    def settle(self) -> None:
        """Drops the unwritten line, or writes it where that is the installation's way."""
        if self._dirty and self._server.options.unwritten_line == "written":
            self.write()
        self._current, self._dirty = None, False

    def add_line(self) -> int:
        """Begins a line: 2 (or 1, by option), or 0 with a text."""
        header = self._order.edited()
        self.settle()
        self._order.line_begins(len(self.written) + 1)
        key = 1 + max((int(str(line["LineKey"])) for line in self.written), default=0)
        self._current = {
            "SalesOrderNo": header["SalesOrderNo"],
            "LineKey": f"{key:06}",
            "LineSeqNo": f"{key:014}",
            "SOHistoryDetlSeqNo": history_sequence(f"{key:06}"),
            "WarehouseCode": header.get("WarehouseCode", ""),
        }
        self._dirty = True
        return self._server.options.add_line_return

    def edit_line(self, key: str) -> int:
        """Goes to the line of this LineKey: 1, or 0 with a text."""
        found = [place for place, line in enumerate(self.written) if line["LineKey"] == key]
        if not found:
            raise Refusal(f"Line {key} is not on file.")
        return self._go_to(found[0])

    def set_value(self, name: str, value: object) -> int:
        """Sets one column: 1, -1 with a warning, or 0 with a text. The item loads its defaults over what was set."""
        self._order.edited()
        line = self._line()
        column = column_of(self._server.store.layout(_TABLE), name)
        if column.name == "ExtensionAmt" and line.get("ItemType") != "3":
            raise Refusal("ExtensionAmt is read only.")
        cell = accepted(column, value, company=self._order.company, store=self._server.store)
        warning = self._load_item(line, str(cell)) if column.name == "ItemCode" else None
        if column.name == "UnitOfMeasure":
            self._load_unit(line, str(cell))
        line[column.name] = cell
        self._follow(line, column)
        self._dirty = True
        return self._warned(warning) if warning else 1

    def get_value(self, name: str, result: object) -> int:
        """Gives one column of the line at hand by reference; blank where there is none."""
        give_cell(self._current or {}, column_of(self._server.store.layout(_TABLE), name), result)
        return 1

    def write(self) -> int:
        """Puts the line into the order, which is itself not saved by this: 1, or 0 with a text."""
        self._order.edited()
        line = self._line()
        if not line.get("ItemCode"):
            raise Refusal("ItemCode is required.")
        kept = [other for other in self.written if other["LineKey"] != line["LineKey"]]
        self.written = sorted([*kept, dict(line)], key=lambda each: str(each["LineKey"]))
        self._dirty = False
        return 1

    def delete(self) -> int:
        """Takes the line at hand out of the order: 1, or 0 with a text."""
        self._order.edited()
        gone = self._line()["LineKey"]
        self.written = [line for line in self.written if line["LineKey"] != gone]
        self._current, self._dirty = None, False
        self._position -= 1
        return 1

    def move_first(self) -> int:
        """Goes to the first line: 1, or 0 and `nEOF` 1."""
        return self._go_to(0)

    def move_next(self) -> int:
        """Goes to the next line: 1, or 0 and `nEOF` 1."""
        return self._go_to(self._position + 1)

    def end_of_file(self) -> int:
        """1 once a move has found no line."""
        return int(self._position >= len(self.written))

    def _go_to(self, position: int) -> int:
        self.settle()
        self._position = min(position, len(self.written))
        if self._position == len(self.written):
            return 0
        self._current = dict(self.written[self._position])
        return 1

    def _line(self) -> Row:
        if self._current is None:
            raise Refusal("There is no line: add or find one first.")
        return self._current

    def _load_item(self, line: Row, code: str) -> str | None:
        """Loads the item's defaults; gives the warning for an inactive one, or raises `Refusal`, by option."""
        item = self._item(code)
        options = self._server.options
        inactive = item.get("InactiveItem") == "Y"
        if inactive and options.inactive_item == "refuse":
            raise Refusal(options.texts.inactive_item)
        line.update(
            ItemType=item.get("ItemType", "1"),
            ItemCodeDesc=item.get("ItemCodeDesc", ""),
            TaxClass=item.get("TaxClass", ""),
            Valuation=item.get("Valuation", ""),
            UnitCost=number(item, "StandardUnitCost"),
            UnitOfMeasure=item.get("SalesUnitOfMeasure") or item.get("StandardUnitOfMeasure", ""),
            PriceOverridden="N",
            CommentText=item.get("CommentText", ""),
        )
        if item.get("DefaultWarehouseCode"):
            line["WarehouseCode"] = item["DefaultWarehouseCode"]
        self._price(line, item)
        return options.texts.inactive_item if inactive and options.inactive_item == "warn" else None

    def _load_unit(self, line: Row, unit: str) -> None:
        """Changes the unit to one that the item has, with its factor and, if not overridden, its price."""
        item = self._item(str(line.get("ItemCode", "")))
        known = {item.get("SalesUnitOfMeasure", ""), item.get("StandardUnitOfMeasure", "")} - {""}
        if known and unit not in known:
            raise Refusal(f"UnitOfMeasure {unit} is not on file.")
        line["UnitOfMeasure"] = unit
        self._price(line, item)

    def _price(self, line: Row, item: Row) -> None:
        is_sales_unit = line["UnitOfMeasure"] == item.get("SalesUnitOfMeasure")
        factor = (number(item, "SalesUMConvFctr") if is_sales_unit else Decimal(0)) or Decimal(1)
        line["UnitOfMeasureConvFactor"] = factor
        if line.get("PriceOverridden") != "Y":
            line["UnitPrice"] = factor * self._list_price(line, item, factor)

    def _list_price(self, line: Row, item: Row, factor: Decimal) -> Decimal:
        """What Sage asks for one standard unit of this quantity (reference 2.8)."""
        store, header = self._server.store, self._order.edited()
        place = str(header.get("ARDivisionNo", "")), str(header.get("CustomerNo", ""))
        customer = store.get(self._order.company, "AR_Customer", store.layout("AR_Customer").prefix(*place).rstrip())
        quantity, day = number(line, "QuantityOrdered") * factor, str(header.get("OrderDate", ""))
        return price_for(store, self._order.company, customer or {}, item, quantity=quantity, on_day=day)

    def _follow(self, line: Row, column: Column) -> None:
        """What any change of a line brings with it: a quantity prices it, a price of the caller's stays."""
        if column.name == "UnitPrice":
            line["PriceOverridden"] = "Y"
        if column.name == "QuantityOrdered" and line.get("ItemCode"):
            self._price(line, self._item(str(line["ItemCode"])))
        line["ExtensionAmt"] = extension(line)

    def _item(self, code: str) -> Row:
        return self._server.store.get(self._order.company, "CI_Item", code) or {}
