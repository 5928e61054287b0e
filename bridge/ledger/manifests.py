"""The manifest of a window: what it let in, held and left in doubt, with control totals; and whether they balance.

A manifest is added up from lines that were noted when each record was decided (`bridge.ledger.manifest_lines`). The
ledger is what its records say now. The two agree unless somebody has changed either outside of the product.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, select

from bridge.ledger import schema
from bridge.ledger.manifest_lines import PARTS, Control, control_of
from bridge.ledger.schema_alarms import manifest_line
from bridge.shown import SHOWN
from bridge.states import State

_CONFIRMED = State.CONFIRMED.value


@dataclass(frozen=True)
class Entry:
    """The records of one document and currency that came to the same outcome, the name of a state."""

    outcome: str
    document: str
    currency: str | None
    records: int
    control: Control


@dataclass(frozen=True)
class Manifest:
    """What one window did. `entries` are ordered by outcome, document and currency."""

    window_id: int
    entries: tuple[Entry, ...]

    @property
    def records(self) -> int:
        """How many records the window decided anything of; one that was decided twice counts twice."""
        return sum(entry.records for entry in self.entries)

    def of(self, *outcomes: str) -> tuple[Entry, ...]:
        """The entries of these outcomes, each the name of a state."""
        return tuple(entry for entry in self.entries if entry.outcome in outcomes)

    def count(self, *outcomes: str) -> int:
        """How many records came to one of these outcomes."""
        return sum(entry.records for entry in self.of(*outcomes))

    @property
    def confirmed(self) -> Mapping[str, Control]:
        """The control totals of what was confirmed, by currency."""
        found: dict[str, Control] = {}
        for entry in self.of(State.CONFIRMED):
            if entry.currency:
                found[entry.currency] = found.get(entry.currency, Control()) + entry.control
        return found


@dataclass(frozen=True)
class Gap:
    """One record of which both sides say different things; `by` and `records` are the ledger less the manifests."""

    record_id: int
    name: str
    document: str
    currency: str | None
    why: str
    records: int
    by: Control


@dataclass(frozen=True)
class Balance:
    """What a lane's windows confirmed within a span of time, by manifests and by ledger; balanced without `gaps`.

    `entries` are the manifests' sums, `ledger` what the records say of the same, in the same order of keys.
    """

    lane: str
    entries: tuple[Entry, ...]
    ledger: tuple[Entry, ...]
    gaps: tuple[Gap, ...]

    @property
    def is_balanced(self) -> bool:
        """Whether both sides say the same of every record."""
        return not self.gaps


def manifest(connection: Connection, window_id: int) -> Manifest:
    """The manifest of one window; empty for a window that decided nothing, or that nobody knows."""
    return manifests(connection, [window_id])[window_id]


def manifests(connection: Connection, window_ids: Sequence[int]) -> Mapping[int, Manifest]:
    """The manifests of these windows by their ids."""
    columns = manifest_line.c
    rows = connection.execute(_sums(columns.window_id).where(columns.window_id.in_(window_ids)))
    entries: dict[int, list[Entry]] = {window_id: [] for window_id in window_ids}
    for row in rows:
        entries[row.window_id].append(_entry(row))
    return {window_id: Manifest(window_id, tuple(found)) for window_id, found in entries.items()}


def _sums(*apart: ColumnElement[Any]) -> Select[Any]:
    columns = manifest_line.c
    key = (*apart, columns.outcome, columns.document, columns.currency)
    sums = [func.sum(columns[part]).label(part) for part in PARTS]
    return select(*key, func.count().label("records"), *sums).group_by(*key).order_by(*key)


def _entry(row: Row[Any]) -> Entry:
    control = Control(**{part: getattr(row, part) for part in PARTS})
    return Entry(row.outcome, row.document, row.currency, row.records, control)


def balance(connection: Connection, lane: str, start: datetime, end: datetime) -> Balance:
    """Holds what the lane's manifests confirmed from `start` to before `end` against the ledger's records.

    Reads every record that was confirmed in that time, and its document: for a day, not for a year.
    """
    columns = manifest_line.c
    mine = (columns.lane == lane) & (columns.outcome == _CONFIRMED) & (columns.at >= start) & (columns.at < end)
    entries = tuple(_entry(row) for row in connection.execute(_sums().where(mine)))
    gaps = (*_gaps(connection, mine), *_unlisted(connection, lane, start, end))
    return Balance(lane, entries, tuple(_ledger(entries, gaps)), gaps)


def _gaps(connection: Connection, mine: Any) -> Iterator[Gap]:
    """Lines whose record is gone, says something else by now, or has a line already."""
    line, record, first = manifest_line, schema.record, manifest_line.alias()
    listed_before = (
        select(first.c.id)
        .where(first.c.record_id == line.c.record_id, first.c.outcome == _CONFIRMED, first.c.id < line.c.id)
        .exists()
    )
    named = (record.c.id.label("known"), record.c.state, record.c.order_number, record.c.source_id)
    now = [record.c[name].label(f"now_{name}") for name in ("content", "amount", "erp_total", "currency")]
    joined = line.join(record, record.c.id == line.c.record_id, isouter=True)
    rows = connection.execute(
        select(line, *named, *now, listed_before.label("is_listed_before")).select_from(joined).where(mine)
    )
    for row in rows:
        noted = Control(**{part: getattr(row, part) for part in PARTS})
        why, present = _present(row)
        by = present + -noted
        if why or not by.is_zero or row.currency != row.now_currency:
            name = row.order_number or row.source_id or f"record {row.record_id}"
            text, records = (why, -1) if why else (_changed(row, noted, present), 0)
            yield Gap(row.record_id, name, row.document, row.currency, text, records, by)


def _present(row: Any) -> tuple[str | None, Control]:
    """Why the ledger has nothing of a line, or None; and what it has."""
    if row.known is None:
        return "the record is gone from the ledger", Control()
    if row.is_listed_before:
        return "the record has a line already", Control()
    if row.state != _CONFIRMED:
        return f"the record is {row.state} in the ledger", Control()
    kept = control_of(row.document, row.now_content, row.now_amount, row.now_erp_total)
    if row.goods is None:  # noted before this release, or of a document that it could not read
        kept = Control(kept.amount, kept.erp_total, payments=kept.payments if row.payments is not None else None)
    return None, kept


def _changed(row: Any, noted: Control, present: Control) -> str:
    parts = [
        f"{part.replace('_', ' ')} was {getattr(noted, part)} and is {getattr(present, part)}"
        for part in PARTS
        if getattr(noted, part) != getattr(present, part)
    ]
    if row.currency != row.now_currency:
        parts.append(f"currency was {row.currency} and is {row.now_currency}")
    return f"the record was changed since: {', '.join(parts)}"


def _unlisted(connection: Connection, lane: str, start: datetime, end: datetime) -> Iterator[Gap]:
    """Records that the journal says were confirmed in that time and that no manifest has a line of."""
    columns, moved, line = schema.record.c, schema.move.c, manifest_line.c
    has_line = select(line.id).where(line.record_id == columns.id, line.outcome == _CONFIRMED).exists()
    was_confirmed = (
        select(moved.id)
        .where(moved.record_id == columns.id, moved.target == _CONFIRMED, moved.at >= start, moved.at < end)
        .exists()
    )
    is_done = (columns.state == _CONFIRMED) & (columns.updated_at >= start)  # by its index; nothing is set back in time
    wanted = is_done & columns.document.not_in(SHOWN) & ~has_line & was_confirmed
    for row in connection.execute(select(schema.record).where(wanted).order_by(columns.id)):
        if row.lane == lane:  # not asked of the database, which would take the wrong index for it
            control = control_of(row.document, row.content, row.amount, row.erp_total)
            name = row.order_number or row.source_id
            yield Gap(row.id, name, row.document, row.currency, "no manifest has a line of it", 1, control)


def _ledger(entries: Iterable[Entry], gaps: Iterable[Gap]) -> Iterator[Entry]:
    """What the ledger says: the manifests, and what it has besides."""
    sums = {(entry.document, entry.currency): (entry.records, entry.control) for entry in entries}
    for gap in gaps:
        records, control = sums.get((gap.document, gap.currency), (0, Control()))
        sums[gap.document, gap.currency] = (records + gap.records, control + gap.by)
    for (document, currency), (records, control) in sorted(sums.items(), key=lambda item: str(item[0])):
        yield Entry(_CONFIRMED, document, currency, records, control)


def total_of(control: Control) -> Decimal | None:
    """The money of an entry: what the ERP made of it, else what the storefront asked."""
    return control.amount if control.erp_total is None else control.erp_total
