"""`documents.read` over what people mended: it outlives every reading, until the storefront itself says otherwise."""

from collections.abc import Sequence
from typing import Any

import pytest

from bridge.documents import Line, Order
from bridge.errors import Refused
from bridge.ledger.aliases import add_alias, remove_alias
from bridge.ledger.amendments import amended
from bridge.ledger.dead import bury
from bridge.ledger.intake import take
from bridge.ledger.moves import Step, move, revise
from bridge.ledger.people import replay
from bridge.ledger.rows import Reason, Record
from bridge.ledger.trace import dead_letters
from bridge.ports.erp import ORDER
from bridge.states import State
from bridge.writing.mapped import Mapped
from mappings.mending import amend
from mappings.rehearsing import Wish, rehearse
from tasks.batch_write import write as write_batch
from tasks.documents_read import read
from tests.builders import an_arrival, the
from tests.task_rig import LANE, TaskRig
from tests.unit.mapping_samples import line, order

WRONG, RIGHT = "A-11", "A-1"
NO_ITEM = Reason("rejected", f"{WRONG} is not on file", field="ItemCode", value=WRONG)


def an_order(rig: TaskRig, *lines: Line, **changes: Any) -> Order:
    """The storefront's order, whose totals add up; of one line with the wrong SKU unless told otherwise."""
    facts = {"source_id": "10025", "order_number": "10025", "updated_at": rig.clock.now(), **changes}
    return order(*(lines or (line(sku=WRONG),)), **facts)


def at_rest(rig: TaskRig, *lines: Line, state: State = State.DEAD) -> Record:
    """An order that was read, and whose item Sage does not have."""
    rig.shop.put_order(an_order(rig, *lines))
    take(rig.database, [an_arrival("10025")], [], by="intake", now=rig.clock.now())
    assert read("clarity") == 1
    [record] = rig.records()
    with rig.database.write() as connection:
        for target in (State.REVIEW, State.DEAD)[: 1 + (state is State.DEAD)]:
            record = move(
                connection, record, Step(target, "no item", "test", changes=NO_ITEM.columns()), rig.clock.now()
            )
        if state is State.DEAD:
            bury(connection, record, NO_ITEM, detail=None, now=rig.clock.now())
    return record


def mend(rig: TaskRig, record_id: int, sku: str, why: str = "a slip") -> None:
    """A person amends the SKU of the first line."""
    with rig.database.write() as connection:
        amend(connection, record_id, ("lines[0].sku", sku), by="Ann", why=why, now=rig.clock.now())


def again(rig: TaskRig, record: Record) -> Record:
    """The record is replayed and read again."""
    replay(rig.database, [record.id], by="Ann", why="mended", now=rig.clock.now())
    assert read("clarity") == 1
    return the(rig.database, record)


def changed(rig: TaskRig, told: Order, version: int) -> None:
    """The storefront has a new version of the order, and says so."""
    rig.shop.put_order(told.model_copy(update={"version": version, "updated_at": rig.clock.now()}))
    take(rig.database, [an_arrival("10025", version=version)], [], by="intake", now=rig.clock.now())
    assert read("clarity") == 1


def items(record: Record) -> list[object]:
    return [columns["ItemCode"] for columns in Mapped.from_json(record.mapped or "").lines]


def journal_of(rig: TaskRig, record: Record) -> list[tuple[str, str, str]]:
    return [(row.target, row.by, row.why) for row in rig.rows("move") if row.record_id == record.id]


def test_a_wrong_sku_is_amended_and_the_order_is_written(rig: TaskRig) -> None:
    record = at_rest(rig)
    told = record.content
    mend(rig, record.id, RIGHT, why="a slip of the buyer")
    now = again(rig, record)
    assert (now.state, items(now), now.content) == (State.HELD, [RIGHT], told)
    assert ("DEAD", "Ann", "lines[0].sku amended: a slip of the buyer") in journal_of(rig, now)
    assert dead_letters(rig.database) == []
    rig.open_window()
    write_batch(LANE)
    assert the(rig.database, record).state is State.CONFIRMED
    [sent] = [each for each in rig.erp.company(LANE).records.values() if each.document == ORDER]
    assert [columns["ItemCode"] for columns in sent.lines] == [RIGHT]


def test_an_amendment_outlives_a_change_of_another_field(rig: TaskRig) -> None:
    record = at_rest(rig)
    mend(rig, record.id, RIGHT)
    now = again(rig, record)
    changed(rig, an_order(rig, line(sku=WRONG), purchase_order_number="PO 7"), 2)
    now = the(rig.database, record)
    assert (items(now), Mapped.from_json(now.mapped or "").header["CustomerPONo"]) == ([RIGHT], "PO 7")
    assert [each.overtaken_at for each in amended(rig.database, record.id)] == [None]


def test_the_storefronts_own_change_of_the_field_wins_for_good(rig: TaskRig) -> None:
    record = at_rest(rig)
    mend(rig, record.id, RIGHT)
    again(rig, record)
    changed(rig, an_order(rig, line(sku="B-2")), 2)
    assert items(the(rig.database, record)) == ["B-2"]
    [amendment] = amended(rig.database, record.id)
    assert (amendment.overtaken_at, amendment.overtaken_by) == (rig.clock.now(), "B-2")
    changed(rig, an_order(rig, line(sku=WRONG)), 3)
    assert items(the(rig.database, record)) == [WRONG], "what was overtaken does not come back"


def test_reading_a_written_order_again_is_no_change_of_it(rig: TaskRig) -> None:
    record = at_rest(rig)
    mend(rig, record.id, RIGHT)
    again(rig, record)
    rig.open_window()
    write_batch(LANE)
    changed(rig, an_order(rig, line(sku=WRONG), status="Completed"), 2)
    assert rig.states("order.change") == {}
    changed(rig, an_order(rig, line(sku="B-2"), status="Completed"), 3)
    assert rig.states("order.change") == {"10025@3": "REVIEW"}


def test_the_later_of_two_amendments_of_a_field_counts(rig: TaskRig) -> None:
    record = at_rest(rig)
    for value in ("B-2", RIGHT):
        mend(rig, record.id, value)
    assert items(again(rig, record)) == [RIGHT]
    assert [each.overtaken_by for each in amended(rig.database, record.id)] == [RIGHT, None]


def test_an_alias_mends_this_order_and_later_ones_until_it_is_removed(rig: TaskRig) -> None:
    record = at_rest(rig)
    with rig.database.write() as connection:
        add_alias(connection, LANE, (WRONG, RIGHT), by="Ann", why="its old name", now=rig.clock.now())
    now = again(rig, record)
    assert items(now) == [RIGHT]
    with rig.database.write() as connection:
        remove_alias(connection, LANE, WRONG.lower(), by="Ann", why="no longer", now=rig.clock.now())
    changed(rig, an_order(rig, line(sku=WRONG)), 2)
    assert items(the(rig.database, record)) == [WRONG]


@pytest.mark.parametrize("state", [State.REVIEW, State.DEAD])
def test_a_dry_run_says_what_would_be_another_and_changes_nothing(rig: TaskRig, state: State) -> None:
    lines = line(id="x", sku="B-2"), line(id="y", sku=WRONG)
    record, before = at_rest(rig, *lines, state=state), rig.rows("move")
    wishes: Sequence[Wish] = [Wish(sku=WRONG, item=RIGHT), Wish(sku=WRONG.lower(), item=RIGHT.lower())]
    for wish in wishes:
        with rig.database.read() as connection:
            settling = rig.ports.lanes[LANE].settling
            found = rehearse(settling, connection, record, wish, by="Ann", now=rig.clock.now())
        [change] = found.differences
        assert (change.place, change.column, change.before, change.after) == ("line 2", "ItemCode", WRONG, RIGHT)
        assert (found.refused, found.objections) == (None, ())
    assert (rig.rows("move"), rig.rows("item_alias"), rig.rows("amendment")) == (before, [], [])


def test_only_an_order_that_waits_for_a_person_is_amended(rig: TaskRig) -> None:
    record = at_rest(rig)
    again(rig, record)
    with pytest.raises(Refused, match=f"record {record.id} is HELD; only an order in REVIEW or DEAD"):
        mend(rig, record.id, RIGHT)
    with pytest.raises(KeyError, match="no record 4711"):
        mend(rig, 4711, RIGHT)


def test_an_order_that_nobody_could_read_is_mended_where_it_came_from(rig: TaskRig) -> None:
    record = at_rest(rig)
    with rig.database.write() as connection:
        revise(connection, record, {"content": None}, rig.clock.now())
    with pytest.raises(Refused, match="has no order that was read; mend it where it came from"):
        mend(rig, record.id, RIGHT)
    assert rig.rows("amendment") == []


def test_amending_needs_a_reason(rig: TaskRig) -> None:
    record = at_rest(rig)
    with pytest.raises(Refused, match="amending needs a reason"):
        mend(rig, record.id, RIGHT, why=" ")


@pytest.mark.parametrize(
    ("told", "state"), [({"lines": (line(sku=RIGHT),)}, State.HELD), ({"status": "Cancelled"}, State.CANCELLED)]
)
def test_a_dead_letter_closes_itself_when_the_order_goes_on_otherwise(
    rig: TaskRig, told: dict[str, Any], state: State
) -> None:
    record = at_rest(rig)
    assert len(dead_letters(rig.database)) == 1
    changed(rig, an_order(rig).model_copy(update=told), 2)
    assert (the(rig.database, record).state, dead_letters(rig.database)) == (state, [])
    [letter] = dead_letters(rig.database, open_only=False)
    assert letter.closed_by == rig.ports.name
