"""What readers read of the in-memory ERP: rows that a test puts on its shelves, by kind and key."""

from dataclasses import dataclass, field
from typing import Self

from bridge.errors import Misconfigured, NoSeat, StaleFence, Unreachable
from bridge.ports.clock import Clock
from bridge.ports.reading import ErpPage, ErpRow, ReadAsk


@dataclass
class Shelves:
    """What one company has to read, by kind and key, and the highest fence of each flow's readers."""

    rows: dict[str, dict[str, ErpRow]] = field(default_factory=dict)
    fences: dict[str, int] = field(default_factory=dict)

    def put(self, kind: str, *rows: ErpRow) -> None:
        """Puts rows there; the same keys again replace what was there."""
        self.rows.setdefault(kind, {}).update({row.key: row for row in rows})


class MemoryReaders:
    """The readers of one in-memory ERP, and its clock."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.open_ones: list[MemoryReader] = []
        self.is_unreachable = False

    def open(self, shelves: Shelves, lane: str, *, fence: int, flow: str, seats_left: int) -> "MemoryReader":
        """A new reader in place of older ones of this lane and flow. Raises `StaleFence`, `NoSeat`."""
        if fence < shelves.fences.get(flow, 0):
            raise StaleFence(f"reader's fence {fence} of {lane} {flow} is older than {shelves.fences[flow]}")
        shelves.fences[flow] = fence
        older = [each for each in self.open_ones if (each.lane, each.flow) == (lane, flow)]
        if seats_left + len(older) <= 0:
            raise NoSeat("all seats are taken")
        self.open_ones = [each for each in self.open_ones if each not in older]
        reader = MemoryReader(self, shelves, lane, flow)
        self.open_ones.append(reader)
        return reader


class MemoryReader:
    """The `ErpReader` port over the shelves of one company."""

    def __init__(self, readers: MemoryReaders, shelves: Shelves, lane: str, flow: str) -> None:
        self.lane = lane
        self.flow = flow
        self._readers = readers
        self._shelves = shelves

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        if self in self._readers.open_ones:
            self._readers.open_ones.remove(self)

    def read(self, ask: ReadAsk) -> ErpPage:
        """See `ErpReader.read`."""
        if self not in self._readers.open_ones or self._readers.is_unreachable:
            raise Unreachable("this reader's session has ended; open a new one")
        if ask.kind not in self._shelves.rows:
            known = ", ".join(sorted(self._shelves.rows)) or "nothing"
            raise Misconfigured(f"the in-memory ERP has no {ask.kind!r} to read; it has {known}")
        as_of = self._readers.clock.now()
        wanted = [row for key, row in sorted(self._shelves.rows[ask.kind].items()) if _is_wanted(key, row, ask)]
        page = tuple(wanted[: ask.limit])
        return ErpPage(page, as_of, page[-1].key if len(wanted) > len(page) else None)


def _is_wanted(key: str, row: ErpRow, ask: ReadAsk) -> bool:
    if ask.after is not None and key <= ask.after:
        return False
    if ask.keys and not any(key == wanted or key.startswith(f"{wanted}|") for wanted in ask.keys):
        return False
    return ask.since is None or row.changed_at is None or row.changed_at >= ask.since
