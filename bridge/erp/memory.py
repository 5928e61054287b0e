"""An ERP in memory that keeps the port's promises, with Sage 100's column names; for tests and dry runs."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Self

from bridge.erp.memory_depositing import deposit_finding, judged_deposit, set_deposit
from bridge.erp.memory_faults import MemoryFaults, take
from bridge.erp.memory_reading import MemoryReader, MemoryReaders
from bridge.erp.memory_tables import (
    HISTORY,
    MemoryCompany,
    StoredRecord,
    finding_of,
    hits_of,
    stamped_page,
    total_of,
)
from bridge.erp.memory_withdrawing import judged, withdraw, withdrawal_finding
from bridge.errors import Misconfigured, NoSeat, StaleFence, Uncertain, Unreachable
from bridge.outcomes import TABLE, BatchNext, Outcome
from bridge.ports.clock import Clock, SystemClock
from bridge.ports.erp import (
    CANCEL,
    CUSTOMER,
    DEPOSIT,
    OF_AN_ORDER,
    ORDER,
    BatchNotes,
    Capabilities,
    CustomerHit,
    CustomerQuery,
    ErpWrite,
    Facts,
    Finding,
    ProbeKey,
    ResultLine,
    StampedPage,
)


class MemoryErp:
    """The `Erp` port over plain dictionaries; every lane is a company of its own. Without `lanes` it serves any."""

    def __init__(
        self, *, seats: int = 2, batch_size: int = 50, lanes: Collection[str] = (), clock: Clock | None = None
    ) -> None:
        self.faults = MemoryFaults()
        self.seats = seats
        self.sessions: list[MemorySession] = []
        self.readers = MemoryReaders(clock or SystemClock())
        self._batch_size = batch_size
        self._lanes = lanes
        self._companies: dict[str, MemoryCompany] = {}

    @property
    def capabilities(self) -> Capabilities:
        """Orders, what changes them later, and customers, probed like the real road."""
        return Capabilities(frozenset({ORDER, CUSTOMER, *OF_AN_ORDER}), self._batch_size, True, self.seats)

    def company(self, lane: str) -> MemoryCompany:
        """The tables of a lane, to fill before and to look at after a test."""
        return self._companies.setdefault(lane, MemoryCompany())

    def stored(self, lane: str, number: str, document: str = ORDER) -> StoredRecord | None:
        """What is kept under a number, or None."""
        return self.company(lane).find(document, number)

    def move(self, lane: str, number: str, place: str) -> None:
        """Moves an open order on, such as to history or to an unposted invoice; KeyError when none has the number."""
        company = self.company(lane)
        moved = replace(company.records.pop((ORDER, number)), place=place)
        table = company.history if place in HISTORY else company.records
        table[ORDER, number] = moved

    def open(self, lane: str, *, fence: int, purpose: str) -> "MemorySession":
        """See `Erp.open`; a session of the same fence and purpose is replaced, as its owner has given it up."""
        if self._lanes and lane not in self._lanes:
            raise Misconfigured(f"the in-memory ERP serves {', '.join(self._lanes)}, not {lane}")
        self.faults.check_open(lane)
        company = self.company(lane)
        if fence < company.highest_fence:
            raise StaleFence(f"fence {fence} of {lane} is older than {company.highest_fence}")
        company.highest_fence = fence
        for session in [s for s in self.sessions if s.is_outdone_by(lane, fence, purpose)]:
            self.end(session)
        if self._seats_left() <= 0:
            raise NoSeat(f"all {self.seats} seats are taken")
        session = MemorySession(self, lane, fence, purpose)
        self.sessions.append(session)
        return session

    def open_reader(self, lane: str, *, fence: int, flow: str) -> MemoryReader:
        """See `Erp.open_reader`."""
        self.faults.check_open(lane)
        shelves = self.company(lane).shelves
        return self.readers.open(shelves, lane, fence=fence, flow=flow, seats_left=self._seats_left())

    def _seats_left(self) -> int:
        return self.seats - len(self.sessions) - len(self.readers.open_ones)

    def end(self, session: "MemorySession") -> None:
        """Ends a session and closes its batches; twice is the same as once."""
        if session in self.sessions:
            self.sessions.remove(session)
        self.company(session.lane).closed |= session.batches

    def notes(self, lane: str, batch_id: int) -> BatchNotes:
        """See `Erp.notes`; a batch never heard of is closed by the question, so that it cannot begin late."""
        if self.faults.is_unreachable:
            raise Unreachable("the in-memory ERP is switched off; set faults.is_unreachable to False")
        company = self.company(lane)
        if not any(batch_id in s.batches for s in self.sessions if s.lane == lane):
            company.closed.add(batch_id)
        return BatchNotes(batch_id in company.closed, frozenset(company.begun.get(batch_id, ())))


class MemorySession:
    """The `ErpSession` port for one lane of a `MemoryErp`."""

    def __init__(self, erp: MemoryErp, lane: str, fence: int, purpose: str) -> None:
        self.lane = lane
        self.batches: set[int] = set()
        self._erp = erp
        self._fence = fence
        self._purpose = purpose

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._erp.end(self)

    def is_outdone_by(self, lane: str, fence: int, purpose: str) -> bool:
        """Whether opening such a session ends this one."""
        return self.lane == lane and (self._fence < fence or self._purpose == purpose)

    def reserve(self, document: str, count: int) -> list[str]:
        """See `ErpSession.reserve`."""
        company = self._live_company()
        first = company.last_number.get(document, 0) + 1
        company.last_number[document] = first + count - 1
        return [f"{number:07d}" for number in range(first, first + count)]

    def write(self, batch_id: int, writes: Sequence[ErpWrite]) -> Iterator[ResultLine]:
        """See `ErpSession.write`; each record is written when its line is asked for."""
        company = self._live_company()
        if batch_id in company.closed or batch_id in company.begun:
            raise Uncertain(f"batch {batch_id} was sent before; ask for its notes")
        company.begun[batch_id] = set()
        self.batches.add(batch_id)
        try:
            yield from self._write_all(batch_id, writes)
        finally:
            self.batches.discard(batch_id)
            company.closed.add(batch_id)

    def _write_all(self, batch_id: int, writes: Sequence[ErpWrite]) -> Iterator[ResultLine]:
        has_ended = False
        for write in writes:
            if self._erp.faults.take_connection_loss():
                raise self._lost("between two records")
            if has_ended:
                yield ResultLine(write.record_id, Outcome.NEVER_BEGUN, text="the batch had ended before this record")
                continue
            self._live_company().begun[batch_id].add(write.record_id)
            line = self._write_one(write)
            has_ended = TABLE[line.outcome].batch is BatchNext.ENDS
            yield line

    def _write_one(self, write: ErpWrite) -> ResultLine:
        faults = self._erp.faults
        scripted = faults.take_answer(self.lane, write) or self._refusal(write)
        if scripted:
            return scripted
        if take(faults.lost_before_commit, write.stamp):
            raise self._lost(f"before {write.number} was stored")
        stored = self._store(write)
        if take(faults.lost_after_commit, write.stamp):
            raise self._lost(f"after {write.number} was stored")
        if stored is None:
            return ResultLine(write.record_id, Outcome.CONFIRMED, write.number)
        outcome = Outcome.CONFIRMED_FLAGGED if stored.on_hold else Outcome.CONFIRMED
        return ResultLine(write.record_id, outcome, write.number, stored.total, on_hold=stored.on_hold)

    def _lost(self, where: str) -> Uncertain:
        self._erp.end(self)
        return Uncertain(f"the connection was lost {where}")

    def _refusal(self, write: ErpWrite) -> ResultLine | None:
        company = self._erp.company(self.lane)
        if write.document == CANCEL:
            return judged(company, write)
        if write.document == DEPOSIT:
            return judged_deposit(company, write)
        if (write.document, write.number) in company.records:
            return ResultLine(write.record_id, Outcome.CONFLICT, write.number, text=f"{write.number} exists already")
        if write.document != ORDER:
            return None
        customer = str(write.header.get("CustomerNo", ""))
        if customer not in company.customers:
            return _missing(write, Outcome.CUSTOMER_MISSING, "CustomerNo", customer)
        codes = [str(line.get("ItemCode", "")) for line in write.lines]
        unknown = [code for code in codes if code not in company.items]
        return _missing(write, Outcome.REJECTED, "ItemCode", unknown[0]) if unknown else None

    def _store(self, write: ErpWrite) -> StoredRecord | None:
        """What is new in the tables; None for a withdrawal or a deposit, which change what is there."""
        company = self._erp.company(self.lane)
        if write.document == CANCEL:
            withdraw(company, write)
            return None
        if write.document == DEPOSIT:
            set_deposit(company, write)
            return None
        is_order = write.document == ORDER
        stored = StoredRecord(
            document=write.document,
            number=write.number,
            stamp=write.stamp,
            header=dict(write.header),
            lines=tuple(dict(line) for line in write.lines),
            total=total_of(write) if is_order else None,
            place="open" if is_order else "customer",
            on_hold=take(self._erp.faults.holds, write.stamp),
        )
        company.records[write.document, write.number] = stored
        if not is_order:
            company.add_customer(write.number, stored.header)
        return stored

    def probe(self, document: str, keys: Sequence[ProbeKey]) -> list[Finding]:
        """See `ErpSession.probe`."""
        company = self._live_company()
        if document == CANCEL:
            return [withdrawal_finding(company, key) for key in keys]
        if document == DEPOSIT:
            return [deposit_finding(company, key) for key in keys]
        return [finding_of(key, company.find(document, key.number)) for key in keys]

    def stamped(self, document: str, since: date, after: str | None = None, limit: int = 200) -> StampedPage:
        """See `ErpSession.stamped`; days are those of UTC."""
        stored = self._live_company().kept()
        wanted = [row for row in stored if row.document == document and row.stamp and row.changed_on >= since]
        return stamped_page(wanted, after, limit)

    def match_customers(self, queries: Sequence[CustomerQuery]) -> dict[int, list[CustomerHit]]:
        """See `ErpSession.match_customers`."""
        profiles = self._live_company().profiles
        return {query.record_id: hits_of(query, profiles) for query in queries}

    def facts(self, customers: Sequence[str], items: Sequence[str]) -> Facts:
        """See `ErpSession.facts`."""
        company = self._live_company()
        return Facts(
            {number: company.customers[number] for number in customers if number in company.customers},
            {code: company.items[code] for code in items if code in company.items},
        )

    def _live_company(self) -> MemoryCompany:
        company = self._erp.company(self.lane)
        if self._fence < company.highest_fence:
            raise StaleFence(f"fence {self._fence} of {self.lane} is older than {company.highest_fence}")
        if self not in self._erp.sessions or self._erp.faults.is_unreachable:
            raise Unreachable("this session has ended; open a new one")
        return company


def _missing(write: ErpWrite, outcome: Outcome, column: str, value: str) -> ResultLine:
    return ResultLine(write.record_id, outcome, field=column, value=value, text=f"{column} {value} is not on file")
