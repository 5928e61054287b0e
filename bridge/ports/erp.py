"""The ERP port: one licensed session writes, probes and looks up for one company.

A lane is `<system>:<company>`, such as `sage100:ABC`. Everything here is synchronous and single-threaded, as the
ERPs that we know are. A fence is the ledger's number of the present writer of a lane; an adapter refuses older ones.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, Self

from bridge.outcomes import Outcome

if TYPE_CHECKING:
    from bridge.ports.reading import ErpReader

ORDER = "order"
CUSTOMER = "customer"
CANCEL = "order.cancel"
"""The withdrawal of an order that is in the ERP. It bears that order's number and stamp, never a reserved number."""

DEPOSIT = "order.deposit"
"""What its storefront has taken of an order that is in the ERP: the whole deposit, as it is to be from now on."""

OF_AN_ORDER = frozenset({CANCEL, DEPOSIT})
"""Documents that change an order which is there; they bear its number and stamp."""

ON_HOLD, REMOVED = "H", "X"
"""What a withdrawal sets `OrderStatus` to: the open order is held, or it is removed as cancelled. The letters are those
of Sage 100's open orders and of its order history (reference sage100.md 2.2, 2.4)."""

FieldValue = str | Decimal
"""Text, or an exact number; dates are text in the ERP's own form."""


@dataclass(frozen=True)
class Capabilities:
    """What one road into an ERP can do."""

    documents: frozenset[str]
    batch_size: int
    can_probe: bool
    session_limit: int


@dataclass(frozen=True)
class ErpWrite:
    """One record as the ERP shall get it: columns by the ERP's own names, without type marks, in the order to set them.

    `number` is the reserved key and `stamp` is our mark in the ERP (site and record id), both set before any write.
    `before` is, for a deposit, what we wrote last of its amounts: where the ERP has others, a person has changed them,
    and the record is rejected.
    """

    record_id: int
    document: str
    number: str
    stamp: str
    header: Mapping[str, FieldValue]
    lines: tuple[Mapping[str, FieldValue], ...] = ()
    before: Mapping[str, FieldValue] = field(default_factory=dict)


@dataclass(frozen=True)
class ResultLine:
    """What the ERP said of one record. `total` is the ERP's own total, read back after the write.

    `field`, `value` and `text` say what was wrong (or, for a flagged confirmation, what was remarked); `code` says it
    in one word of the other side's.
    """

    record_id: int
    outcome: Outcome
    number: str | None = None
    total: Decimal | None = None
    field: str | None = None
    value: str | None = None
    text: str | None = None
    warnings: tuple[str, ...] = ()
    on_hold: bool = False
    code: str | None = None


@dataclass(frozen=True)
class BatchNotes:
    """The agent's durable notes on a batch. `closed` means that no record of it can begin any more.

    `begun` are the records that may have begun: those that have, and perhaps the one that was to be next.
    """

    closed: bool
    begun: frozenset[int] = frozenset()


class Verdict(StrEnum):
    """What a probe found under a number."""

    OURS = "ours"
    ANOTHERS = "another's"
    ABSENT = "absent"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class ProbeKey:
    """What to look for: our reserved number and our stamp; for a document of an order also what it was to set.

    A withdrawal or a deposit is OURS when the order is as `columns` say, and ABSENT when it is there and is not so.
    """

    record_id: int
    number: str
    stamp: str
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Finding:
    """What was found. `place` is where: open, history, unposted invoice, invoice history, or customer.

    `warnings` become flags of a record that the finding confirms.
    """

    record_id: int
    verdict: Verdict
    number: str
    place: str | None = None
    found_stamp: str | None = None
    total: Decimal | None = None
    on_hold: bool = False
    text: str | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Stamped:
    """One document of the ERP's that carries a stamp, or stands where the ERP keeps none (`stamp` is then empty).

    `text` is what the mapping wrote beside the stamp to name the document at the storefront: for an order its number.
    """

    number: str
    stamp: str
    place: str
    text: str


@dataclass(frozen=True)
class StampedPage:
    """One page of a list of stamped documents. `after` asks for the next page; None when there is none."""

    rows: tuple[Stamped, ...]
    after: str | None = None


@dataclass(frozen=True)
class CustomerQuery:
    """How to look a customer up. `number` is tried first, then a single e-mail hit, then name with postal code."""

    record_id: int
    number: str | None = None
    email: str | None = None
    name: str | None = None
    postal_code: str | None = None


@dataclass(frozen=True)
class CustomerHit:
    """One customer that fits. `by` is number, email or name."""

    number: str
    name: str
    by: str
    postal_code: str | None = None


@dataclass(frozen=True)
class CustomerStanding:
    """A customer's credit as the ERP has it now; amounts in the company's currency."""

    number: str
    on_credit_hold: bool
    credit_limit: Decimal
    balance: Decimal
    open_orders: Decimal
    is_active: bool = True


@dataclass(frozen=True)
class ItemStanding:
    """An item's state and what is available (on hand less on orders), in the standard unit of measure."""

    code: str
    is_active: bool
    available: Decimal
    kind: str = "1"


@dataclass(frozen=True)
class Facts:
    """Standing of what was asked for; what the ERP does not know is absent from the mappings."""

    customers: Mapping[str, CustomerStanding] = field(default_factory=dict)
    items: Mapping[str, ItemStanding] = field(default_factory=dict)


class ErpSession(Protocol):
    """One licensed session. Use it as a context manager; leaving gives the session back, also after an error.

    After `Uncertain` or `Unreachable` from any call the session is spent; open a new one.
    """

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...

    def reserve(self, document: str, count: int) -> list[str]:
        """Takes `count` numbers for good. A second call takes others; a number lost on the way is a harmless gap."""
        ...

    def write(self, batch_id: int, writes: Sequence[ErpWrite]) -> Iterator[ResultLine]:
        """Sends one streamed request and gives one line per record as the ERP answers.

        Another batch may be sent while this one is written: it begins when this one is done. Who leaves the lines
        before their end closes them, where they can be closed.

        Raises `Uncertain` once no more lines can come; records without a line are then in doubt. Never repeats a
        request by itself. `LaneLocked`, `NoSeat`, `Unauthorised`, `StaleFence`, `Unreachable` mean: nothing was begun.
        """
        ...

    def probe(self, document: str, keys: Sequence[ProbeKey]) -> list[Finding]:
        """Looks each number up wherever it may be by now. Changes nothing; one finding per key, in order."""
        ...

    def stamped(self, document: str, since: date, after: str | None = None, limit: int = 200) -> StampedPage:
        """What carries a stamp and was made or changed on `since` or later (a day in the ERP's own zone), by key.

        Changes nothing. A document that moves on while the pages are read comes at least once, maybe twice.
        """
        ...

    def match_customers(self, queries: Sequence[CustomerQuery]) -> dict[int, list[CustomerHit]]:
        """The customers that fit each query, by record id. Changes nothing."""
        ...

    def facts(self, customers: Sequence[str], items: Sequence[str]) -> Facts:
        """Credit and stock as they are now. Changes nothing."""
        ...


class Erp(Protocol):
    """One road into one ERP, for any of its companies."""

    @property
    def capabilities(self) -> Capabilities: ...

    def open(self, lane: str, *, fence: int, purpose: str) -> ErpSession:
        """Opens a session, after every session of an older fence of this lane has been proven ended.

        Raises `StaleFence`, `LaneLocked`, `NoSeat`, `Unauthorised`, `Unreachable`, `Misconfigured` (no stamp column).
        """
        ...

    def open_reader(self, lane: str, *, fence: int, flow: str) -> "ErpReader":
        """Opens a session that only reads, for one flow; one of an older fence of the same lane and flow is ended.

        Raises as `open`.
        """
        ...

    def notes(self, lane: str, batch_id: int) -> BatchNotes:
        """The durable notes on a batch, and closes it if its session is gone. Raises `Unreachable`."""
        ...
