"""What a storefront takes of an order after it was written: one open record at a time, each amount once."""

from decimal import Decimal
from typing import Any

import pytest

from bridge.ledger.claims import issue_fence
from bridge.ledger.deposits import REST, Deposit, last_written, taken_since
from bridge.ledger.outcomes import BUSY_REST, Rules, Writer, commit_findings
from bridge.ledger.people import discard, replay
from bridge.ledger.rows import Reason, Record, record_of
from bridge.ledger.schema import record as table
from bridge.ledger.settle import CHANGE, Settlement, settle
from bridge.ledger.store import Database
from bridge.ledger.trace import open_alarms, trace
from bridge.outcomes import Outcome
from bridge.ports.erp import DEPOSIT, Finding, Verdict
from bridge.states import State
from bridge.writing.mapped import Mapped
from bridge.writing.stamps import before, key_of
from tests.builders import LANE, NOW, an_order, the
from tests.ledger_walks import change, walk, write

SOME, MORE = "12.00", "20.02"
NONE = "0.00"
UNKNOWN = Reason("unmapped", "no table knows Cow", field="payments", value="Cow")
UNMAPPED = Deposit("not mapped: 1", NONE, reason=UNKNOWN)


def deposit(name: str, as_written: str = NONE) -> Deposit:
    """What is taken of an order by now."""
    return Deposit(name, as_written, Decimal(name), Mapped({"DepositAmt": Decimal(name)}).to_json())


def read(database: Database, order: Record, version: int, taken: Deposit, **outcome: Any) -> Record:
    """The order is read in this version, else as it was placed, and settled."""
    settled = Settlement(State.READY, "read", version, columns={"content_hash": "as placed"}, deposit=taken, **outcome)
    with database.write() as connection:
        settle(connection, the(database, order), settled, by="reader", now=NOW)
    return the(database, order)


def made(database: Database) -> list[Record]:
    """The records of deposits."""
    with database.read() as connection:
        rows = connection.execute(table.select().where(table.c.document == DEPOSIT).order_by(table.c.id))
        return [record_of(row) for row in rows]


def named(database: Database) -> list[tuple[str | None, State]]:
    """What each deposit says, and where it is."""
    return [(record.content_hash, record.state) for record in made(database)]


@pytest.fixture
def order(database: Database) -> Record:
    """An order of 20.02 that is in the ERP."""
    placed = an_order(database, content_hash="as placed", mapped=Mapped({"CustomerNo": "ACME"}).to_json())
    order = write(database, placed, Outcome.CONFIRMED)
    assert order.state is State.CONFIRMED
    return order


def test_it_becomes_a_record_of_its_own_for_the_next_window(database: Database, order: Record) -> None:
    now = read(database, order, 2, deposit(SOME))
    assert (now.state, now.version, now.needs_read) == (State.CONFIRMED, 2, False)
    [record] = made(database)
    assert (record.state, record.parent_id, record.number, record.lane) == (State.READY, order.id, order.number, LANE)
    assert (record.amount, record.order_number, record.is_outdated) == (Decimal(SOME), order.order_number, False)
    assert list(open_alarms(database)) == [], "nobody need do anything"
    assert record.id in [child.id for child in trace(database, order.id).children]
    with database.read() as connection:
        changes = connection.execute(table.select().where(table.c.document == CHANGE)).all()
    assert changes == [], "what was paid of an order is no change of it"


@pytest.mark.parametrize("state", [State.READY, State.REVIEW, State.DISCARDED, State.CONFIRMED])
def test_the_same_amount_in_a_newer_version_changes_nothing(database: Database, order: Record, state: State) -> None:
    read(database, order, 2, deposit(SOME))
    [record] = made(database)
    write(database, record, Outcome.CONFIRMED) if state is State.CONFIRMED else walk(database, record, state)
    read(database, order, 3, deposit(SOME))
    assert named(database) == [(SOME, state)]


def test_what_was_taken_when_it_was_written_is_no_news(database: Database, order: Record) -> None:
    read(database, order, 2, deposit(SOME, as_written=SOME))
    assert made(database) == []


@pytest.mark.parametrize("state", [State.READY, State.REVIEW, State.DEAD])
def test_another_amount_takes_the_place_of_one_that_waits(database: Database, order: Record, state: State) -> None:
    read(database, order, 2, deposit(SOME))
    walk(database, made(database)[0], state)
    read(database, order, 3, deposit(MORE))
    assert named(database) == [(SOME, State.CANCELLED), (MORE, State.READY)]
    assert [letter for letter in trace(database, made(database)[0].id).dead_letters if letter.closed_at is None] == []


def test_money_given_back_before_the_write_leaves_nothing_to_write(database: Database, order: Record) -> None:
    read(database, order, 2, deposit(SOME))
    read(database, order, 3, deposit(NONE))
    assert named(database) == [(SOME, State.CANCELLED)]


def test_another_amount_after_the_write_is_another_record_and_knows_the_former(
    database: Database, order: Record
) -> None:
    for version, amount, former in ((2, SOME, "0"), (3, MORE, SOME), (4, NONE, MORE)):
        read(database, order, version, deposit(amount))
        record = made(database)[-1]
        assert before(database, record) == {"DepositAmt": Decimal(former)}
        write(database, record, Outcome.CONFIRMED)
    assert [state for _, state in named(database)] == [State.CONFIRMED] * 3
    with database.read() as connection:
        assert last_written(connection, order.id) == made(database)[-1].mapped
        assert taken_since(connection, [order.id]) == {order.id: made(database)[-1].mapped}


def test_the_deposit_that_came_with_the_order_is_the_former(database: Database) -> None:
    mapped = Mapped({"DepositAmt": Decimal(SOME)}).to_json()
    order = write(database, an_order(database, content_hash="as placed", mapped=mapped), Outcome.CONFIRMED)
    read(database, order, 2, deposit(MORE, as_written=SOME))
    [record] = made(database)
    assert before(database, record) == {"DepositAmt": Decimal(SOME)}
    assert before(database, order) == {}
    assert key_of(database, record).stamp == order.stamp


@pytest.mark.parametrize("is_there", [True, False])
def test_while_one_is_in_flight_the_order_is_read_again_later(
    database: Database, order: Record, is_there: bool
) -> None:
    read(database, order, 2, deposit(SOME))
    record = write(database, made(database)[0], None)
    for state in (State.WRITING, State.UNCERTAIN):
        assert the(database, record).state is state
        now = read(database, order, 3, deposit(MORE))
        assert (now.needs_read, now.due_at) == (True, NOW + REST)
        fence = issue_fence(database, LANE, by="next", now=NOW)
    assert len(made(database)) == 1
    found = Finding(record.id, Verdict.OURS if is_there else Verdict.ABSENT, order.number or "", "open")
    commit_findings(database, Writer("next", LANE, fence), [found], Rules(), now=NOW)
    now = read(database, order, 3, deposit(MORE))
    first = State.CONFIRMED if is_there else State.CANCELLED
    assert (now.needs_read, named(database)) == (False, [(SOME, first), (MORE, State.READY)])
    assert before(database, made(database)[-1]) == {"DepositAmt": Decimal(SOME) if is_there else Decimal(0)}


def test_an_older_reading_than_the_wanted_one_says_nothing_of_money(database: Database, order: Record) -> None:
    change(database, order, wanted_version=3, needs_read=True)
    read(database, order, 2, deposit(SOME))
    assert made(database) == []


def test_a_withdrawn_order_takes_no_deposit(database: Database, order: Record) -> None:
    with database.write() as connection:
        settle(connection, order, Settlement(State.CANCELLED, "read", 2), by="reader", now=NOW)
    assert made(database) == []


def test_money_that_cannot_be_mapped_is_a_persons_until_the_storefront_mends_it(
    database: Database, order: Record
) -> None:
    read(database, order, 2, UNMAPPED)
    read(database, order, 3, UNMAPPED)
    [record] = made(database)
    assert (record.state, record.reason_field, record.reason_value) == (State.REVIEW, "payments", "Cow")
    assert [(alarm.key, alarm.urgency) for alarm in open_alarms(database)] == [("review:unmapped/payments", "normal")]
    read(database, order, 4, deposit(SOME))
    assert [state for _, state in named(database)] == [State.CANCELLED, State.READY]


def test_once_the_lane_can_map_it_a_replay_has_the_order_read_again(database: Database, order: Record) -> None:
    read(database, order, 2, UNMAPPED)
    [gone] = replay(database, [made(database)[0].id], by="Ann", why="the gateway has a type now", now=NOW)
    assert (gone.state, the(database, order).needs_read) == (State.CANCELLED, True)
    read(database, order, 2, deposit(SOME))
    assert [record.source_id for record in made(database)] == ["10025@2", "10025@2.2"]
    assert [state for _, state in named(database)] == [State.CANCELLED, State.READY]


def test_one_that_comes_too_late_waits_for_a_person(database: Database, order: Record) -> None:
    read(database, order, 2, deposit(SOME))
    refusal = {"field": "DepositAmt", "value": SOME, "text": "too late"}
    record = write(database, made(database)[0], Outcome.REJECTED, **refusal)
    assert (record.state, record.reason_field, record.reason_value) == (State.REVIEW, "DepositAmt", SOME)
    assert [(alarm.key, alarm.urgency) for alarm in open_alarms(database)] == [("review:rejected/DepositAmt", "normal")]
    [again] = replay(database, [record.id], by="Ann", why="the invoice is deleted", now=NOW)
    assert (again.state, again.needs_probe, again.number) == (State.READY, True, record.number)


def test_what_a_person_has_settled_is_not_told_again(database: Database, order: Record) -> None:
    read(database, order, 2, deposit(SOME))
    record = write(database, made(database)[0], Outcome.REJECTED, field="DepositAmt", value=SOME, text="too late")
    discard(database, record.id, by="Ann", why="cash receipt entered", now=NOW)
    read(database, order, 3, deposit(SOME))
    assert named(database) == [(SOME, State.DISCARDED)]
    with database.read() as connection:
        assert last_written(connection, order.id) == order.mapped


def test_one_whose_order_a_clerk_has_open_rests(database: Database, order: Record) -> None:
    read(database, order, 2, deposit(SOME))
    record = write(database, made(database)[0], Outcome.RECORD_BUSY)
    assert (record.state, record.due_at, record.failures) == (State.READY, NOW + BUSY_REST, 0)
