"""Whose document is it: every answer that matching can give, without a ledger."""

from dataclasses import replace

import pytest

from bridge.ledger.rows import Record
from bridge.ledger.store import Database
from bridge.ports.erp import Stamped
from bridge.recovery.matching import Action, match, names_in, record_id_in, without_doubles
from bridge.states import State
from tests.builders import an_order


@pytest.fixture
def order(sqlite_database: Database) -> Record:
    return an_order(sqlite_database, "100234")


ROW = Stamped("0000007", "main:1", "open", "Web order 100234")


def test_a_text_names_what_it_ends_with() -> None:
    assert names_in("Web order A 100") == ("Web order A 100", "order A 100", "A 100", "100")
    assert names_in("") == ()
    assert [record_id_in(text) for text in ("main:12", "a:b:7", "clerk", "main:", "main:x", ":" + "9" * 19)] == [
        12, 7, None, None, None, None,
    ]  # fmt: skip


def test_the_very_record_of_the_stamp_is_believed_when_number_or_name_agree(order: Record) -> None:
    assert match(ROW, order, []).action is Action.ADOPT
    has_number = replace(order, number="0000007", order_number=None)
    assert match(replace(ROW, text=""), has_number, []).record == has_number
    other = replace(order, order_number="1")
    assert match(ROW, other, []).action is Action.UNSETTLED, "an id that was given a second time"


def test_the_name_decides_with_the_stamps_site(order: Record) -> None:
    found = match(replace(ROW, stamp="main:99"), None, [order])
    assert (found.action, found.record) == (Action.ADOPT, order)
    assert match(replace(ROW, stamp="west:99"), None, [order]).action is Action.UNSETTLED


def test_the_longest_name_wins_and_two_of_one_name_are_nobodys(order: Record) -> None:
    longer = replace(order, id=2, order_number="A 100234")
    row = replace(ROW, stamp="main:99", text="Web order A 100234")
    assert match(row, None, [order, longer]).record == longer
    twin = replace(order, id=3)
    found = match(ROW, None, [order, twin])
    assert (found.action, found.why) == (Action.UNSETTLED, "records 1, 3 all bear this name")


@pytest.mark.parametrize(
    ("changes", "action"),
    [
        ({"state": State.CONFIRMED, "number": "0000007"}, Action.NONE),
        ({"state": State.CONFIRMED, "number": "0000008"}, Action.UNSETTLED),
        ({"number": "0000008"}, Action.UNSETTLED),
        ({"state": State.CANCELLED}, Action.TELL),
        ({"state": State.DISCARDED}, Action.TELL),
        ({"state": State.REVIEW}, Action.ADOPT),
        ({"state": State.DEAD}, Action.ADOPT),
        ({"state": State.UNCERTAIN, "number": "0000007"}, Action.ADOPT),
    ],
)
def test_what_follows_depends_on_what_the_ledger_has(order: Record, changes: dict[str, object], action: Action) -> None:
    assert match(ROW, replace(order, **changes), []).action is action  # type: ignore[arg-type]


def test_without_a_stamp_a_person_compares_and_peoples_own_orders_are_left_alone(order: Record) -> None:
    row = replace(ROW, stamp="", place="history")
    assert match(row, None, [order]).action is Action.SHOW
    assert match(row, None, []).action is Action.NONE


def test_of_two_orders_that_would_become_one_record_the_second_is_unsettled(order: Record) -> None:
    twice = [match(ROW, order, []), match(replace(ROW, number="0000008"), order, []), match(ROW, order, [])]
    assert [each.action for each in without_doubles(twice)] == [Action.ADOPT, Action.UNSETTLED, Action.ADOPT]
