"""The ERP port for readers: what the ERP owns, a page at a time, through seats of their own.

A reader never writes, and no writer is ended for it: its fences are counted apart, per lane and flow.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, Self

from bridge.ports.erp import FieldValue

ITEM = "item"
SHIP_TO = "ship_to"
"""An address to which a customer has goods delivered; also the name of the part of a customer that holds them."""
STOCK = "stock"
PRICE = "price"
CUSTOMER = "customer"
ORDER = "order"
ORDER_HISTORY = "order_history"
SHIPMENT = "shipment"
INVOICE = "invoice"
INVOICE_LINK = "invoice_link"
OPEN_INVOICE = "open_invoice"
RECEIPT = "receipt"

PAGE_ROWS = 250
"""Keys that one call reads at most, as Clarity's own connector asks for (reference sage100.md 1.1.6)."""

Columns = Mapping[str, FieldValue]
"""One row by the ERP's own column names, without type marks."""


@dataclass(frozen=True)
class ReadAsk:
    """What to read of one kind: what was changed since a moment, or what stands under these keys, or everything.

    `after` is the `after` of the page before. Keys may be beginnings of the ERP's own, such as an item's code for all
    its warehouses.
    """

    kind: str
    since: datetime | None = None
    keys: tuple[str, ...] = ()
    after: str | None = None
    limit: int = PAGE_ROWS


@dataclass(frozen=True)
class ErpRow:
    """One document as the ERP has it now. `parts` are its lines and what else hangs on it, by name.

    `changed_at` is the ERP's own time stamp, None where it keeps none.
    """

    key: str
    columns: Columns
    parts: Mapping[str, tuple[Columns, ...]] = field(default_factory=dict)
    changed_at: datetime | None = None


@dataclass(frozen=True)
class ErpPage:
    """One page in order of the keys, `as_of` the ERP host's time just before it was read. `after` None is the end."""

    rows: tuple[ErpRow, ...]
    as_of: datetime
    after: str | None = None


class ErpReader(Protocol):
    """One licensed session that only reads. Use it as a context manager; leaving gives the session back."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...

    def read(self, ask: ReadAsk) -> ErpPage:
        """One page. Changes nothing; the same ask again reads what is there by then.

        Raises `StaleFence` once a newer reader of the same lane and flow has opened, `LaneLocked`, `Unauthorised`,
        `Unreachable` (open another session and go on from the last page), `Misconfigured` for a kind that this road
        cannot read.
        """
        ...
