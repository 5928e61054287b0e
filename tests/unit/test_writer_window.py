"""The write protocol over a real ledger and an ERP in memory: what one window does, step by step."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from bridge.erp.memory import MemoryErp
from bridge.ledger import schema, windows
from bridge.ledger.claims import issue_fence
from bridge.ledger.intake import take
from bridge.ledger.people import replay
from bridge.ledger.rows import Record
from bridge.ledger.store import Database
from bridge.outcomes import Outcome
from bridge.ports.clock import FixedClock
from bridge.ports.erp import ErpWrite, Facts
from bridge.rules import Condition, LaneRules, Objection
from bridge.seats.memory import MemorySeats
from bridge.states import State
from bridge.windows.calendar import LaneCalendar
from bridge.windows.due import Window
from bridge.writing.mapped import Mapped
from bridge.writing.settings import WriterSettings
from bridge.writing.stamps import stamp_of
from bridge.writing.writer import LaneWriter
from tests.builders import LANE, NOW, a_customer, an_arrival, an_order, the
from tests.preflights import NoRules
from tests.seats import open_seats


class StockRule:
    """A preflight that holds orders for items that are not there."""

    rules = LaneRules()

    def wants(self, mapped: Mapped) -> tuple[list[str], list[str]]:
        return [], [str(line["ItemCode"]) for line in mapped.lines]

    def judge(self, record: Record, mapped: Mapped, facts: Facts) -> Objection | None:
        short = [code for code in self.wants(mapped)[1] if facts.items[code].available <= 0]
        if not short:
            return None
        return Objection(Condition.STOCK, "lines", short[0], f"no {short[0]}")


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    return sqlite_database


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def erp() -> MemoryErp:
    made = MemoryErp(seats=1)
    made.company(LANE).add_customer("ACME")
    made.company(LANE).add_item("WIDGET")
    return made


@pytest.fixture
def seats(clock: FixedClock) -> MemorySeats:
    return open_seats(clock)


@pytest.fixture
def writer(database: Database, erp: MemoryErp, seats: MemorySeats, clock: FixedClock) -> LaneWriter:
    open_next_window(database, clock)
    settings = WriterSettings(in_flight=10, seconds_per_record=0.01)
    return LaneWriter(database, erp, seats, clock, settings, LaneCalendar(), NoRules(), LANE, "writer-1")


def open_next_window(database: Database, clock: FixedClock) -> None:
    """A window that is open now."""
    with database.read() as connection:
        newest = windows.newest_scheduled(connection, LANE)
    if newest is not None:
        clock.set(clock.now() + timedelta(minutes=15))
    now = clock.now()
    with database.write() as connection:
        windows.close_past(connection, now)
    windows.schedule(database, LANE, [Window(now, now, now + timedelta(minutes=15), 0)], now=now)


def in_erp(erp: MemoryErp, record: Record) -> list[str]:
    """Numbers under which the ERP has this record's stamp."""
    stored = erp.company(LANE).records.values()
    return [row.number for row in stored if row.stamp == record.stamp]


def test_an_order_is_written_once_and_its_telling_is_made(
    writer: LaneWriter, database: Database, erp: MemoryErp, seats: MemorySeats
) -> None:
    order = an_order(database)
    assert writer.write_window() == "empty"
    now = the(database, order)
    assert (now.state, now.number, now.erp_total, now.flags) == (State.CONFIRMED, "0000001", Decimal("20.00"), None)
    assert in_erp(erp, order) == ["0000001"]
    assert seats.held() == []
    assert erp.sessions == []
    with database.read() as connection:
        telling = connection.execute(select(schema.record).where(schema.record.c.parent_id == order.id)).one()
    assert (telling.document, telling.state, telling.number) == ("acknowledgement", "READY", "0000001")


def test_outside_a_window_nothing_is_written(writer: LaneWriter, database: Database, clock: FixedClock) -> None:
    order = an_order(database)
    clock.set(NOW + timedelta(minutes=15))
    assert writer.write_window() is None
    assert the(database, order).state is State.READY


def test_a_closed_window_is_not_opened_again(writer: LaneWriter, database: Database) -> None:
    assert writer.write_window() == "empty"
    order = an_order(database)
    assert writer.write_window() is None
    assert the(database, order).state is State.READY


def test_a_bad_record_goes_to_a_person_and_the_next_goes_on(
    writer: LaneWriter, database: Database, erp: MemoryErp
) -> None:
    bad, good = an_order(database, "1"), an_order(database, "2")
    erp.faults.answer(bad.stamp, Outcome.REJECTED, field="ItemCode", value="X", text="ItemCode X is not on file")
    writer.write_window()
    told = the(database, bad)
    assert (told.state, told.reason_field, told.reason_value, told.failures) == (State.REVIEW, "ItemCode", "X", 1)
    assert the(database, good).state is State.CONFIRMED


def test_the_third_refusal_is_a_dead_letter(
    writer: LaneWriter, database: Database, erp: MemoryErp, clock: FixedClock
) -> None:
    order = an_order(database, failures=2)
    erp.faults.answer(order.stamp, Outcome.REJECTED, field="ItemCode", text="no")
    writer.write_window()
    assert the(database, order).state is State.DEAD
    with database.read() as connection:
        letter = connection.execute(select(schema.dead_letter)).one()
    assert (letter.record_id, letter.entity, letter.closed_at) == (order.id, "order", None)


@pytest.mark.parametrize("committed", [True, False])
def test_a_lost_answer_is_probed_and_never_written_twice(
    writer: LaneWriter, database: Database, erp: MemoryErp, clock: FixedClock, committed: bool
) -> None:
    order, waiting = an_order(database, "1"), an_order(database, "2")
    lose = erp.faults.fail_after_commit if committed else erp.faults.fail_before_commit
    lose(order.stamp)
    assert writer.write_window() == Outcome.UNCERTAIN
    doubtful = the(database, order)
    assert (doubtful.state, doubtful.number) == (State.UNCERTAIN, "0000001")
    assert the(database, waiting).state is State.READY, "proven never begun by the agent's notes"
    open_next_window(database, clock)
    assert writer.write_window() == "empty"
    assert the(database, order).state is State.CONFIRMED
    assert in_erp(erp, order) == ["0000001"]
    assert in_erp(erp, waiting) == [the(database, waiting).number]
    assert the(database, order).failures == (0 if committed else 1)


def test_a_number_taken_by_somebody_else_goes_to_a_person(
    writer: LaneWriter, database: Database, erp: MemoryErp, clock: FixedClock
) -> None:
    theirs, ours = an_order(database, "1", number="0000500"), an_order(database, "2", number="0000500")
    writer.write_window()
    open_next_window(database, clock)
    writer.write_window()
    states = {the(database, theirs).state, the(database, ours).state}
    assert states == {State.CONFIRMED, State.REVIEW}
    assert len([row for row in erp.company(LANE).records if row[1] == "0000500"]) == 1


def test_a_lock_in_mid_batch_gives_everything_back_untouched(
    writer: LaneWriter, database: Database, erp: MemoryErp, clock: FixedClock
) -> None:
    orders = [an_order(database, str(number)) for number in range(5)]
    erp.faults.lock(LANE)
    assert writer.write_window() == Outcome.LOCKED
    assert {the(database, order).state for order in orders} == {State.READY}
    assert {the(database, order).failures for order in orders} == {0}
    erp.faults.unlock(LANE)
    assert writer.write_window() is None, "closed until the next window"
    open_next_window(database, clock)
    writer.write_window()
    assert {the(database, order).state for order in orders} == {State.CONFIRMED}


def test_the_batch_behind_one_that_breaks_off_is_neither_lost_nor_left_in_flight(
    writer: LaneWriter, database: Database, erp: MemoryErp, clock: FixedClock
) -> None:
    small = replace(writer, settings=WriterSettings(in_flight=4, seconds_per_record=0.01))
    orders = [an_order(database, str(number)) for number in range(6)]
    erp.faults.lost_after_commit.add(stamp_of(database, orders[1]))
    assert small.write_window() == Outcome.UNCERTAIN
    assert the(database, orders[1]).state is State.UNCERTAIN
    assert {the(database, order).state for order in orders[2:]} == {State.READY}
    assert {the(database, order).failures for order in orders} == {0}
    open_next_window(database, clock)
    assert small.write_window() == "empty"
    assert {the(database, order).state for order in orders} == {State.CONFIRMED}
    assert [len(in_erp(erp, order)) for order in orders] == [1] * 6


def test_the_next_batch_is_sent_while_one_is_written_and_customers_are_not(
    writer: LaneWriter, database: Database, erp: MemoryErp
) -> None:
    sent: list[str] = []
    small = replace(writer, settings=WriterSettings(in_flight=4, seconds_per_record=0.01), erp=Told(erp, sent))
    for number in range(4):
        an_order(database, str(number))
        a_customer(database, f"c{number}")
    assert small.write_window() == "empty"
    customers, orders = sent[: len(sent) // 2], sent[len(sent) // 2 :]
    assert customers == ["sends customer", "customer", "customer"] * 2
    assert orders == ["sends order", "order", "sends order", "order", "order", "order"]


class Told:
    """The ERP, and in which order batches were sent and lines came."""

    def __init__(self, erp: MemoryErp, sent: list[str]) -> None:
        self._erp = erp
        self._sent = sent

    def __getattr__(self, name: str) -> Any:
        return getattr(self._erp, name)

    @contextmanager
    def open(self, *arguments: Any, **more: Any) -> Iterator[Any]:
        with self._erp.open(*arguments, **more) as session:
            write = session.write

            def noted(batch_id: int, writes: Sequence[ErpWrite]) -> Iterator[Any]:
                self._sent.append(f"sends {writes[0].document}")
                return self._lines(write(batch_id, writes), writes[0].document)

            session.write = noted
            yield session

    def _lines(self, lines: Iterator[Any], document: str) -> Iterator[Any]:
        for line in lines:
            self._sent.append(document)
            yield line


def test_a_refused_logon_halts_the_lane_until_a_person_resumes_it(
    writer: LaneWriter, database: Database, erp: MemoryErp, clock: FixedClock
) -> None:
    order = an_order(database)
    erp.faults.refuse_logon(LANE)
    assert writer.write_window() == Outcome.UNAUTHORISED
    erp.faults.refused_lanes.clear()
    open_next_window(database, clock)
    assert writer.write_window() is None
    with database.write() as connection:
        assert windows.resume(connection, LANE, now=clock.now())
    assert writer.write_window() == "empty"
    assert the(database, order).state is State.CONFIRMED


def test_customers_are_created_before_their_orders_in_the_same_window(
    writer: LaneWriter, database: Database, erp: MemoryErp
) -> None:
    customer = a_customer(database)
    order = an_order(database, customer=customer)
    with database.write() as connection:
        columns = schema.record.c
        waits = {"state": "HELD", "condition": f"customer:{customer.id}"}
        connection.execute(schema.record.update().where(columns.id == order.id).values(**waits))
    writer.write_window()
    created = the(database, customer)
    assert (created.state, the(database, order).state) == (State.CONFIRMED, State.CONFIRMED)
    stored = erp.stored(LANE, the(database, order).number or "")
    assert stored is not None
    assert stored.header["CustomerNo"] == created.number


def test_two_customers_with_one_email_go_to_a_person_with_their_orders(
    writer: LaneWriter, database: Database, erp: MemoryErp
) -> None:
    for number in ("A1", "A2"):
        erp.company(LANE).add_customer(number, {"CustomerName": number, "EmailAddress": "c1@example.com"})
    customer = a_customer(database, "c1")
    order = an_order(database, customer=customer)
    with database.write() as connection:
        waits = {"state": "HELD", "condition": f"customer:{customer.id}"}
        connection.execute(schema.record.update().where(schema.record.c.id == order.id).values(**waits))
    writer.write_window()
    assert the(database, customer).state is State.REVIEW
    assert (the(database, order).state, the(database, order).reason_code) == (State.REVIEW, "customer missing")


def test_an_edit_that_arrives_before_the_request_turns_the_record_back(
    writer: LaneWriter, database: Database, erp: MemoryErp
) -> None:
    order = an_order(database)
    take(database, [an_arrival("10025", version=2)], [], by="intake", now=NOW)
    assert the(database, order).state is State.HELD
    writer.write_window()
    assert in_erp(erp, order) == []


def test_a_replayed_record_is_probed_before_its_next_write(
    writer: LaneWriter, database: Database, erp: MemoryErp, clock: FixedClock
) -> None:
    order = an_order(database)
    erp.faults.answer(order.stamp, Outcome.REJECTED, text="refused, it says")
    writer.write_window()
    refused = the(database, order)
    session = erp.open(LANE, fence=issue_fence(database, LANE, by="t", now=clock.now()), purpose="test")
    with session:  # Sage had it after all: its refusal was not the truth
        list(session.write(999, [replace_write(refused)]))
    replay(database, [order.id], by="clerk", why="tried again", now=clock.now())
    with database.write() as connection:
        connection.execute(schema.record.update().values(state="READY", needs_read=False, condition=None))
    open_next_window(database, clock)
    writer.write_window()
    assert the(database, order).state is State.CONFIRMED
    assert in_erp(erp, order) == [refused.number]


def replace_write(record: Record) -> ErpWrite:
    mapped = Mapped.from_json(record.mapped or "")
    return ErpWrite(record.id, record.document, record.number or "", record.stamp, mapped.header, mapped.lines)


def test_orders_held_for_stock_go_in_when_there_is_some(
    writer: LaneWriter, database: Database, erp: MemoryErp, clock: FixedClock
) -> None:
    writer = replace(writer, preflight=StockRule())
    erp.company(LANE).add_item("WIDGET", Decimal(0))
    order = an_order(database)
    writer.write_window()
    held = the(database, order)
    assert (held.state, held.condition, held.reason_value) == (State.HELD, "stock", "WIDGET")
    erp.company(LANE).add_item("WIDGET", Decimal(10))
    open_next_window(database, clock)
    writer.write_window()
    assert the(database, order).state is State.CONFIRMED


def test_sages_total_is_compared_and_a_difference_flagged(writer: LaneWriter, database: Database) -> None:
    order = an_order(database, amount=Decimal("20.05"))
    writer.write_window()
    assert the(database, order).flags == "totals differ by -0.05"


def test_a_record_that_cannot_be_built_is_a_dead_letter_with_its_traceback(
    writer: LaneWriter, database: Database
) -> None:
    bad, good = an_order(database, "1", mapped="{not json", failures=2), an_order(database, "2")
    writer.write_window()
    assert (the(database, bad).state, the(database, good).state) == (State.DEAD, State.CONFIRMED)
    assert "JSONDecodeError" in (the(database, bad).reason_text or "")


def test_a_full_seat_budget_leaves_everything_for_the_next_window(
    writer: LaneWriter, database: Database, seats: MemorySeats
) -> None:
    order = an_order(database)
    other = seats.take("sage100:XYZ", owner="else", purpose="writer", fence=1, lease_s=60)
    assert writer.write_window() == Outcome.NO_SEAT
    assert the(database, order).state is State.READY
    seats.give_back(other)
