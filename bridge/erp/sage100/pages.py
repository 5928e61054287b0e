"""Reading pages of what Sage owns: keys by one result set, then the records, 250 or so at a time (reference 1.1.6).

Numbers come by `nGetRecord`, since no source shows how a result set would have to spell them.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from bridge.erp.sage100.bus import BusObject
from bridge.erp.sage100.readable import Readable, readables
from bridge.erp.sage100.session import SageSession
from bridge.errors import Misconfigured, Refused
from bridge.ports.reading import Columns, ErpPage, ErpRow, ReadAsk

_SEPARATOR = "|"
_Key = tuple[str, ...]


class PageReader:
    """Pages through one session. The keys of a pass are asked for once; a new session asks again from where it is."""

    def __init__(self, session: SageSession) -> None:
        self._session = session
        self._asked: tuple[str, datetime | None] | None = None
        self._keys: list[_Key] = []

    def read(self, ask: ReadAsk) -> ErpPage:
        """One page, see `ErpReader.read`. Raises `Refusal`, `ComFault`, `Misconfigured`."""
        as_of = datetime.now(UTC)
        readable = readables().get(ask.kind)
        if readable is None:
            raise Misconfigured(f"this road cannot read {ask.kind!r}, only {', '.join(readables())}")
        bus = self._session.bus(readable.kind)
        if ask.keys:
            begun = [row for key in ask.keys for row in self._under(bus, readable, key)]
            return ErpPage(tuple(begun), as_of)
        keys = self._next_keys(bus, readable, ask)
        page, has_more = keys[: ask.limit], len(keys) > ask.limit
        rows = [row for key in page for row in self._one(bus, readable, key, ask.since)]
        return ErpPage(tuple(rows), as_of, _SEPARATOR.join(page[-1]) if has_more else None)

    def _next_keys(self, bus: BusObject, readable: Readable, ask: ReadAsk) -> list[_Key]:
        """The keys behind `ask.after`, from the list of this pass if it is that pass's next page."""
        after = _parts(ask.after, readable) if ask.after else None
        if self._asked != (ask.kind, ask.since) or after not in self._keys:
            self._keys = self._all_keys(bus, readable, ask.since, after)
            self._asked = (ask.kind, ask.since)
        start = self._keys.index(after) + 1 if after in self._keys else 0
        return self._keys[start:]

    def _all_keys(self, bus: BusObject, readable: Readable, since: datetime | None, after: _Key | None) -> list[_Key]:
        expression = f'+"{_SEPARATOR}"+'.join(f"{column}$" for column in readable.key)
        begin = readable.padded(after) if after else ""
        found = bus.select(expression, expression, self._changed(bus, since), begin)
        return [_parts(key, readable) for _, key in found]

    def _changed(self, bus: BusObject, since: datetime | None) -> str:
        """A filter by day, since the text form of Sage's hours need not sort; the hours are compared here."""
        if since is None or "DateUpdated" not in bus.columns():
            return ""
        day = (since.astimezone(self._zone) - timedelta(days=1)).strftime("%Y%m%d")
        return f'(DateUpdated$>="{day}" OR DateCreated$>="{day}")'

    def _one(self, bus: BusObject, readable: Readable, key: _Key, since: datetime | None = None) -> Iterator[ErpRow]:
        """The record, unless it has gone meanwhile, or was changed before `since` and not after."""
        if not bus.find(*zip(readable.key, key, strict=True)):
            return
        record = bus.record()
        changed_at = self._changed_at(record)
        if since is None or changed_at is None or changed_at >= since:
            yield self._row(record, readable)

    def _under(self, bus: BusObject, readable: Readable, text: str) -> Iterator[ErpRow]:
        key = tuple(text.split(_SEPARATOR))
        if len(key) == len(readable.key):
            yield from self._one(bus, readable, key)
        else:
            yield from (self._row(record, readable) for record in bus.browse(readable.padded(key)))

    def _row(self, columns: Columns, readable: Readable) -> ErpRow:
        key = tuple(str(columns[column]) for column in readable.key)
        begin = readable.padded(key)
        parts = {name: tuple(self._session.bus(part.kind).browse(begin)) for name, part in readable.parts.items()}
        return ErpRow(_SEPARATOR.join(key), columns, parts, self._changed_at(columns))

    def _changed_at(self, columns: Columns) -> datetime | None:
        return max(
            (at for what in ("Updated", "Created") if (at := self._moment(columns, what)) is not None), default=None
        )

    def _moment(self, columns: Columns, what: str) -> datetime | None:
        """Sage's own time stamp: a local day and decimal hours, without a zone (reference 1.1.3).

        Of the two moments of an hour that comes twice it is the earlier, so that nothing is taken for read.
        """
        day, hours = str(columns.get(f"Date{what}", "")), str(columns.get(f"Time{what}", "")) or "0"
        try:
            local = datetime.strptime(day, "%Y%m%d") + timedelta(hours=float(Decimal(hours)))  # noqa: DTZ007 - see above
        except (ValueError, InvalidOperation):
            return None
        return local.replace(tzinfo=self._zone, fold=0).astimezone(UTC) if self._zone else local.astimezone(UTC)

    @property
    def _zone(self) -> ZoneInfo | None:
        name = self._session.company.time_zone
        return ZoneInfo(name) if name else None


def _parts(key: str, readable: Readable) -> _Key:
    parts = tuple(part.strip() for part in key.split(_SEPARATOR))
    if len(parts) != len(readable.key):
        raise Refused(f"{readable.kind.name}: key {key!r} has {_SEPARATOR!r} in one of its columns", value=key)
    return parts
