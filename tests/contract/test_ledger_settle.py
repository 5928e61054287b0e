"""What a freshly read document makes of its record, on both databases: every target, clashes, and late changes."""

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise, product
from typing import Any

import pytest
from sqlalchemy import select

from bridge.errors import LostRace
from bridge.ledger import schema
from bridge.ledger.people import replay
from bridge.ledger.rows import Reason, Record
from bridge.ledger.settle import IDENTITY_CHANGED, NUMBER_TWICE, Settlement, broken, not_shown, route, settle
from bridge.ledger.store import Database
from bridge.ledger.trace import open_alarms, trace
from bridge.outcomes import Outcome, Urgency
from bridge.ports.storefront import ReadOrder
from bridge.states import IN_FLIGHT, State, is_legal
from tests.builders import NOW, an_order, the
from tests.ledger_walks import change, walk, write

WHY = Reason("some reason", "some text", field="lines[3].sku", value="X1")
AT_REST = [State.READY, State.HELD, State.REVIEW, State.DEAD]
TARGETS = [State.READY, State.HELD, State.REVIEW, State.CANCELLED]


def read(database: Database, record: Record, target: State = State.READY, version: int = 2, **outcome: Any) -> Record:
    """The record is read anew, in this version, and settled."""
    settlement = Settlement(target, "read", version, **outcome)
    with database.write() as connection:
        settle(connection, record, settlement, by="reader", now=NOW)
    return the(database, record)


def journal(database: Database, record: Record) -> list[str]:
    return [line.target for line in trace(database, record.id).moves]


def alarms(database: Database) -> dict[str, str]:
    return {alarm.key: alarm.urgency for alarm in open_alarms(database)}


@pytest.mark.parametrize(("origin", "target"), list(product(AT_REST, TARGETS)))
def test_it_goes_where_its_document_says_by_legal_moves(database: Database, origin: State, target: State) -> None:
    record = change(database, walk(database, an_order(database), origin), wanted_version=2, needs_read=True)
    reason = WHY if target is State.REVIEW else None
    condition = "stock" if target is State.HELD else None
    now = read(database, record, target, reason=reason, condition=condition, columns={"amount": Decimal("7.50")})
    assert (now.state, now.version, now.needs_read, now.amount) == (target, 2, False, Decimal("7.50"))
    assert (now.condition, now.reason_code, now.reason_field) == (
        condition, reason and reason.code, reason and reason.field,
    )  # fmt: skip
    assert all(is_legal(State(a), State(b)) for a, b in pairwise(journal(database, record)))
    closed = [letter.closed_by for letter in trace(database, record.id).dead_letters]
    assert closed == (["reader"] if origin is State.DEAD else [])


@pytest.mark.parametrize(
    ("condition", "due_at"), [("stock", NOW + timedelta(days=3)), ("reread", NOW)], ids=["rested", "read again"]
)
def test_what_rested_is_due_from_now_on_and_what_was_read_again_keeps_its_place(
    database: Database, condition: str, due_at: datetime
) -> None:
    record = change(database, walk(database, an_order(database), State.HELD), condition=condition)
    with database.write() as connection:
        outcome = Settlement(State.READY, "read", 2)
        settle(connection, record, outcome, by="reader", now=NOW + timedelta(days=3))
    assert the(database, record).due_at == due_at


@pytest.mark.parametrize("origin", [State.REVIEW, State.DEAD])
def test_what_nobody_can_read_is_a_dead_letter(database: Database, origin: State) -> None:
    record = walk(database, an_order(database), origin)
    now = read(database, record, State.DEAD, reason=WHY, alert=Urgency.NORMAL)
    assert now.state is State.DEAD
    letters = [(letter.reason, letter.closed_at) for letter in trace(database, record.id).dead_letters]
    was_dead = origin is State.DEAD
    assert letters == [("item X1 is not on file", None)] if was_dead else [("some text", None)]


def test_an_alert_is_raised_once_for_all_records_that_one_fix_would_mend(database: Database) -> None:
    for source_id in ("1", "2"):
        read(database, an_order(database, source_id), State.REVIEW, reason=WHY, alert=Urgency.NORMAL)
    [alarm] = open_alarms(database)
    assert (alarm.key, alarm._mapping["count"]) == ("review:some reason/lines[#].sku", 2)
    assert alarm.text == "order 2: some text"


@pytest.mark.parametrize("state", sorted(IN_FLIGHT))
def test_what_is_in_flight_is_left_to_its_writer(database: Database, state: State) -> None:
    order = an_order(database)
    order = write(database, order, Outcome.UNCERTAIN if state is State.UNCERTAIN else None)
    if state is State.CLAIMED:
        with database.write() as connection:
            connection.execute(schema.record.update().values(state=state.value))
    order = the(database, order)
    assert order.state is state
    with pytest.raises(LostRace, match="its writer"):
        read(database, order)
    assert the(database, order) == order


def test_one_that_changed_since_it_was_read_is_left_alone(database: Database) -> None:
    order = an_order(database)
    now = change(database, order, wanted_version=3, needs_read=True)
    with pytest.raises(LostRace):
        read(database, order, State.HELD)
    assert the(database, order) == now


@pytest.mark.parametrize("state", [State.CANCELLED, State.DISCARDED])
def test_one_that_was_given_up_stays_given_up(database: Database, state: State) -> None:
    order = walk(database, an_order(database), state)
    with pytest.raises(LostRace):
        read(database, order)
    assert the(database, order) == order


def test_one_that_is_wanted_in_a_newer_version_is_read_again_first(database: Database) -> None:
    order = change(database, an_order(database), wanted_version=3, needs_read=True)
    now = read(database, order, version=2)
    assert (now.state, now.condition, now.version, now.needs_read) == (State.HELD, "reread", 2, True)
    now = read(database, now, version=3)
    assert (now.state, now.condition, now.needs_read) == (State.READY, None, False)


# Identity


@pytest.mark.parametrize(
    ("field", "column", "told"),
    [("orderNumber", "order_number", "20000"), ("placedAt", "placed_at", NOW + timedelta(minutes=1))],
)
def test_another_number_or_time_under_one_id_waits_for_a_person(
    database: Database, field: str, column: str, told: object
) -> None:
    order = an_order(database, placed_at=NOW)
    now = read(database, order, columns={column: told})
    assert (now.state, now.reason_code, now.reason_field) == (State.REVIEW, IDENTITY_CHANGED, field)
    assert alarms(database)[f"identity:{order.id}"] == "high"


def test_one_number_under_two_ids_waits_for_a_person(database: Database) -> None:
    first, second = an_order(database, "1", order_number="100"), an_order(database, "2", order_number=None)
    now = read(database, second, columns={"order_number": "100"})
    assert (now.state, now.reason_code, now.reason_value) == (State.REVIEW, NUMBER_TWICE, "100")
    assert "under two ids, 1 and 2" in (now.reason_text or "")
    assert the(database, first).state is State.READY
    assert alarms(database)[f"identity:{second.id}"] == "high"


@pytest.mark.parametrize("told", [{"site": "second"}, {"document": "order.change"}, {"connection": "other"}])
def test_one_number_at_two_sites_or_of_two_kinds_is_no_clash(database: Database, told: dict[str, str]) -> None:
    change(database, an_order(database, "1", order_number="100"), **told)
    second = an_order(database, "2", order_number=None)
    assert read(database, second, columns={"order_number": "100"}).state is State.READY


def clashing(database: Database) -> Record:
    """An order that came under a second number, and waits for a person."""
    return read(database, an_order(database), columns={"order_number": "20000"})


def test_a_newer_version_does_not_decide_a_clash(database: Database) -> None:
    clash = clashing(database)
    now = read(database, clash, version=3, columns={"order_number": "20000"})
    assert (now.state, now.version, now.reason_code) == (State.REVIEW, 3, IDENTITY_CHANGED)
    assert now.reason_text == clash.reason_text


def test_its_cancellation_does(database: Database) -> None:
    assert read(database, clashing(database), State.CANCELLED, version=3).state is State.CANCELLED


def test_and_so_does_a_persons_replay(database: Database) -> None:
    [again] = replay(database, [clashing(database).id], by="Ann", why="the shop renumbered it", now=NOW)
    now = read(database, again, version=2, columns={"order_number": "20000"})
    assert (now.state, now.order_number, now.reason_code) == (State.READY, "20000", None)


def test_of_two_under_one_number_one_must_be_given_up_first(database: Database) -> None:
    first, second = an_order(database, "1", order_number="100"), an_order(database, "2", order_number=None)
    clash = read(database, second, columns={"order_number": "100"})
    [again] = replay(database, [clash.id], by="Ann", why="they differ", now=NOW)
    clash = read(database, again, columns={"order_number": "100"})
    assert (clash.state, clash.reason_code) == (State.REVIEW, NUMBER_TWICE)
    walk(database, first, State.CANCELLED)
    [again] = replay(database, [clash.id], by="Ann", why="the other one is gone", now=NOW)
    assert read(database, again, columns={"order_number": "100"}).state is State.READY


# After the write


def changes(database: Database) -> list[Any]:
    with database.read() as connection:
        wanted = select(schema.record).where(schema.record.c.document == "order.change").order_by(schema.record.c.id)
        return list(connection.execute(wanted))


def confirmed(database: Database) -> Record:
    order = write(database, an_order(database, content="the order"), Outcome.CONFIRMED)
    assert order.state is State.CONFIRMED
    return order


def test_a_change_after_the_write_is_a_record_of_its_own_for_a_person(database: Database) -> None:
    order = confirmed(database)
    columns = {"content_hash": "edited", "content": "the edited order", "amount": Decimal("30.00"), "currency": "USD"}
    now = read(database, order, columns=columns)
    kept = (now.state, now.number, now.content, now.content_hash, now.written_version)
    assert kept == (State.CONFIRMED, order.number, "the order", "as placed", 1)
    assert (now.version, now.needs_read) == (2, False)
    [late] = changes(database)
    assert (late.state, late.parent_id, late.source_id) == ("REVIEW", order.id, "10025@2")
    assert (late.content, late.amount, late.reason_code) == (
        "the edited order", Decimal("30.00"), "changed after write",
    )  # fmt: skip
    assert order.number in late.reason_text
    assert alarms(database)[f"change:{late.id}"] == "high"
    assert [child.id for child in trace(database, order.id).children if child.document == "order.change"] == [late.id]


def test_a_version_that_changes_nothing_is_nobodys_business(database: Database) -> None:
    read(database, confirmed(database), columns={"content_hash": "as placed"})
    assert changes(database) == []


def test_each_further_change_is_told_once(database: Database) -> None:
    order = confirmed(database)
    for version, content_hash in enumerate(["edited", "edited", "edited again", "as placed", "as placed"], 2):
        order = read(database, order, version=version, columns={"content_hash": content_hash})
    assert [late.source_id for late in changes(database)] == ["10025@2", "10025@4", "10025@5"]


def test_a_cancellation_after_the_write_is_told_once(database: Database) -> None:
    order = confirmed(database)
    for version in (2, 3):
        order = read(database, order, State.CANCELLED, version=version)
    [late] = changes(database)
    assert (order.state, late.reason_code) == (State.CONFIRMED, "cancelled after write")
    assert read(database, order, version=4, columns={"content_hash": "as placed"}).state is State.CONFIRMED
    assert [late.source_id for late in changes(database)] == ["10025@2", "10025@4"], "it is wanted again"


def test_a_written_order_that_cannot_be_read_any_more_is_told_with_the_reason(database: Database) -> None:
    order = confirmed(database)
    read(database, order, State.REVIEW, reason=WHY)
    assert "(read)" in changes(database)[0].reason_text


# Faults, and what is not shown


@pytest.mark.parametrize(("origin", "target"), [(State.REVIEW, State.DEAD), (State.HELD, State.REVIEW)])
def test_a_fault_of_ours_rests_with_its_traceback(database: Database, origin: State, target: State) -> None:
    record = walk(database, an_order(database), origin)
    traceback = "Traceback:\n  in settling\nKeyError: 'x'"
    with database.write() as connection:
        settle(connection, record, broken(record, 0, traceback), by="reader", now=NOW)
    now = the(database, record)
    assert (now.state, now.version, now.reason_code) == (target, 1, "fault of ours")
    assert (now.reason_value, now.reason_text) == ("KeyError: 'x'", traceback)


SHOWN = [
    (ReadOrder("1", 0, None, None, problem="unknown"), "the site does not show order 10025: unknown"),
    (ReadOrder("1", 1, {"id": "1"}, None), "the site shows version 1 of order 10025, but version 2 was announced"),
    (ReadOrder("1", 2, {"id": "1"}, None), None),
    (ReadOrder("1", 0, {"id": "1"}, None), None),
    (ReadOrder("1", 0, None, None, is_gone=True), None),
]


@pytest.mark.parametrize(("answer", "told"), SHOWN)
def test_what_a_site_does_not_show_yet(sqlite_database: Database, answer: ReadOrder, told: str | None) -> None:
    record = change(sqlite_database, an_order(sqlite_database), wanted_version=2)
    late = not_shown(record, answer)
    assert (late and late.why) == told
    assert late is None or (late.target, late.version) == (State.REVIEW, record.version)


@pytest.mark.parametrize(("origin", "target"), list(product(State, State)))
def test_a_route_is_made_of_legal_moves_or_there_is_none(origin: State, target: State) -> None:
    try:
        way = route(origin, target)
    except LostRace:
        assert not is_legal(origin, target)
        return
    assert way[-1] is target
    assert all(is_legal(a, b) for a, b in pairwise((origin, *way)))
    assert not IN_FLIGHT & {*way[:-1]}
