"""The tables of the in-memory ERP and what can be read out of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal

from bridge.erp.memory_reading import Shelves
from bridge.ports.erp import (
    CustomerHit,
    CustomerQuery,
    CustomerStanding,
    ErpWrite,
    FieldValue,
    Finding,
    ItemStanding,
    ProbeKey,
    Stamped,
    StampedPage,
    Verdict,
)

_CENT = Decimal("0.01")

HISTORY = frozenset({"history", "invoice history"})
"""Places of what is no longer among the open orders."""


@dataclass(frozen=True)
class StoredRecord:
    """One record as the ERP keeps it. `place` is open, history, unposted invoice, invoice history, or customer."""

    document: str
    number: str
    stamp: str
    header: Mapping[str, FieldValue]
    lines: tuple[Mapping[str, FieldValue], ...]
    total: Decimal | None
    place: str
    on_hold: bool = False
    changed_on: date = field(default_factory=lambda: datetime.now(UTC).date())


@dataclass
class MemoryCompany:
    """The tables of one company (lane). `records` is keyed by (document, number), and so is `history`: what moves there
    leaves its number free in `records` (reference sage100.md 2.4)."""

    records: dict[tuple[str, str], StoredRecord] = field(default_factory=dict)
    history: dict[tuple[str, str], StoredRecord] = field(default_factory=dict)
    customers: dict[str, CustomerStanding] = field(default_factory=dict)
    profiles: dict[str, Mapping[str, FieldValue]] = field(default_factory=dict)
    items: dict[str, ItemStanding] = field(default_factory=dict)
    shelves: Shelves = field(default_factory=Shelves)
    highest_fence: int = 0
    last_number: dict[str, int] = field(default_factory=dict)
    begun: dict[int, set[int]] = field(default_factory=dict)
    closed: set[int] = field(default_factory=set)

    def find(self, document: str, number: str) -> StoredRecord | None:
        """What is under a number, wherever it may be by now; None when nothing is."""
        return self.records.get((document, number)) or self.history.get((document, number))

    def kept(self) -> list[StoredRecord]:
        """Everything that is kept, wherever it may be by now."""
        return [*self.records.values(), *self.history.values()]

    def add_customer(
        self,
        number: str,
        profile: Mapping[str, FieldValue] | None = None,
        *,
        credit_limit: Decimal = Decimal(0),
        on_credit_hold: bool = False,
    ) -> None:
        """Puts a customer on file who owes nothing; again overwrites the former. A limit of 0 is none."""
        nothing = Decimal(0)
        self.customers[number] = CustomerStanding(number, on_credit_hold, credit_limit, nothing, nothing)
        self.profiles[number] = profile or {"CustomerName": number}

    def add_item(self, code: str, available: Decimal = Decimal(1000)) -> None:
        """Puts an active item on file; again sets what is available."""
        self.items[code] = ItemStanding(code, True, available)


def _number(columns: Mapping[str, FieldValue], name: str) -> Decimal:
    return Decimal(columns.get(name, 0))


def total_of(write: ErpWrite) -> Decimal:
    """Goods (each line rounded to cents) plus freight less discount; there is no tax in memory."""
    lines = (_number(line, "QuantityOrdered") * _number(line, "UnitPrice") for line in write.lines)
    goods = sum((extended.quantize(_CENT, ROUND_HALF_UP) for extended in lines), Decimal(0))
    return goods + _number(write.header, "FreightAmt") - _number(write.header, "DiscountAmt")


def finding_of(key: ProbeKey, stored: StoredRecord | None) -> Finding:
    """What a probe says of what is kept under the key's number."""
    if stored is None:
        return Finding(key.record_id, Verdict.ABSENT, key.number)
    verdict = Verdict.OURS if stored.stamp == key.stamp else Verdict.ANOTHERS
    return Finding(key.record_id, verdict, key.number, stored.place, stored.stamp, stored.total, stored.on_hold)


def stamped_page(stored: Iterable[StoredRecord], after: str | None, limit: int) -> StampedPage:
    """The first `limit` of these records behind the number `after`, as a page."""
    behind = sorted((row for row in stored if row.number > (after or "")), key=lambda row: row.number)
    page = tuple(
        Stamped(row.number, row.stamp, row.place, str(row.header.get("Comment", ""))) for row in behind[:limit]
    )
    return StampedPage(page, page[-1].number if len(behind) > limit else None)


def hits_of(query: CustomerQuery, profiles: Mapping[str, Mapping[str, FieldValue]]) -> list[CustomerHit]:
    """Who fits: the number, else a single e-mail hit, else name with postal code, ignoring case."""

    def found(by: str, **wanted: str | None) -> list[CustomerHit]:
        return [
            CustomerHit(number, str(profile.get("CustomerName", "")), by, _text(profile, "ZipCode"))
            for number, profile in profiles.items()
            if all(_same(profile.get(column), value) for column, value in wanted.items())
        ]

    if query.number in profiles:
        return [hit for hit in found("number") if hit.number == query.number]
    by_email = found("email", EmailAddress=query.email) if query.email else []
    if len(by_email) == 1 or not (query.name and query.postal_code):
        return by_email
    return found("name", CustomerName=query.name, ZipCode=query.postal_code) or by_email


def _text(profile: Mapping[str, FieldValue], column: str) -> str | None:
    return str(profile[column]) if column in profile else None


def _same(kept: FieldValue | None, wanted: str | None) -> bool:
    return str(kept or "").casefold() == str(wanted or "").casefold()
