"""What a person does with what waits for one, on both databases; and the dead letters that say so."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from bridge.errors import Refused
from bridge.ledger.claims import issue_fence
from bridge.ledger.dead import DeadMessage, as_letter, bury_message, mark_queued, unqueued
from bridge.ledger.moves import Step, move
from bridge.ledger.people import discard, replay, waiting_for_person
from bridge.ledger.resting import close_message, groups, message, open_letters, open_messages
from bridge.ledger.rows import Reason, Record
from bridge.ledger.store import Database
from bridge.ledger.trace import dead_letters, find, trace
from bridge.outcomes import Outcome
from bridge.ports.erp import ErpWrite
from bridge.states import NEEDS_PERSON, State
from bridge.writing.mapped import Mapped
from tasks.batch_write import write as write_batch
from tests.builders import LANE, NOW, a_customer, an_order, the
from tests.ledger_walks import NO_ITEM, change, walk, write
from tests.task_rig import TaskRig, a_task_rig
from workers.dead_queues import KombuDeadLetters

OTHER = Reason("fault of ours", "Traceback")
LATER = NOW.replace(hour=20)


def resting(database: Database, source_id: str, state: State = State.REVIEW, reason: Reason = NO_ITEM) -> Record:
    return walk(database, an_order(database, source_id, failures=2), state, reason)


@pytest.mark.parametrize("state", sorted(NEEDS_PERSON))
def test_an_order_is_read_anew_before_it_goes_the_ordinary_way(database: Database, state: State) -> None:
    record = resting(database, "1", state)
    [now] = replay(database, [record.id], by="Ann", why="item made", now=LATER)
    assert (now.state, now.condition, now.needs_read) == (State.HELD, "reread", True)
    assert (now.failures, now.due_at, now.reason_code, now.fingerprint) == (0, LATER, None, None)
    way = trace(database, record.id)
    assert [(line.target, line.by) for line in way.moves[-2:]] == [("READY", "Ann"), ("HELD", "Ann")]
    assert way.moves[-2].why == "replay: item made"
    letters = [(letter.closed_by, letter.closed_why) for letter in way.dead_letters]
    assert letters == ([("Ann", "item made")] if state is State.DEAD else [])


def test_what_needs_no_reading_is_ready_at_once(database: Database) -> None:
    customer = walk(database, a_customer(database), State.REVIEW)
    order = write(database, an_order(database, "1"), Outcome.CONFIRMED)
    [telling] = [record for record in find(database, "1") if record.parent_id == order.id]
    telling = walk(database, telling, State.DEAD)
    told = replay(database, [telling.id, customer.id], by="Ann", why="mended", now=LATER)
    assert [(record.id, record.state) for record in told] == [
        (customer.id, State.READY), (telling.id, State.READY),
    ]  # fmt: skip


def test_many_are_replayed_at_once_by_what_one_fix_mended(database: Database) -> None:
    mine = [resting(database, "1"), resting(database, "2", State.DEAD)]
    other = resting(database, "3", State.DEAD, OTHER)
    waiting = waiting_for_person(database, fingerprint=NO_ITEM.fingerprint)
    assert [record.id for record in waiting] == [record.id for record in mine]
    ids = [record.id for record in waiting]
    assert len(replay(database, [*ids, *ids], by="Ann", why="item made", now=LATER)) == 2
    assert {the(database, record).state for record in mine} == {State.HELD}
    assert waiting_for_person(database) == [other]
    assert waiting_for_person(database, document="customer") == []


def test_one_that_does_not_wait_keeps_the_others_from_being_replayed(database: Database) -> None:
    waits, goes = resting(database, "1", State.DEAD), an_order(database, "2")
    with pytest.raises(Refused, match=rf"record {goes.id} is READY; only REVIEW and DEAD records can be replayed"):
        replay(database, [waits.id, goes.id], by="Ann", why="item made", now=LATER)
    assert the(database, waits) == waits
    assert [letter.closed_at for letter in dead_letters(database)] == [None]


def test_a_change_after_the_write_is_made_by_a_person_in_the_erp(database: Database) -> None:
    late = change(database, resting(database, "1"), document="order.change")
    with pytest.raises(Refused, match=rf"record {late.id} .* make it in the ERP, then discard") as refusal:
        replay(database, [late.id], by="Ann", why="why not", now=LATER)
    assert (refusal.value.field, refusal.value.value) == ("document", "order.change")
    assert discard(database, late.id, by="Ann", why="made in Sage", now=LATER).state is State.DISCARDED


def test_a_guest_that_was_never_mapped_comes_back_with_its_order(database: Database) -> None:
    guest = walk(database, a_customer(database, "guest:ann@acme.example", mapped=None), State.REVIEW)
    with pytest.raises(Refused, match=rf"record {guest.id} was never mapped: replay one of its orders"):
        replay(database, [guest.id], by="Ann", why="mended", now=LATER)


def test_an_account_that_was_never_mapped_is_read_again_at_its_site(database: Database) -> None:
    account = walk(database, a_customer(database, mapped=None), State.REVIEW)
    replay(database, [account.id], by="Ann", why="mended", now=LATER)
    now = the(database, account)
    assert (now.state, now.condition, now.needs_read) == (State.HELD, "reread", True)


@pytest.mark.parametrize("state", sorted(NEEDS_PERSON))
def test_giving_up_needs_a_reason_and_is_for_good(database: Database, state: State) -> None:
    record = change(database, resting(database, "1", state), needs_read=True)
    for why in ("", "  \n"):
        with pytest.raises(Refused, match="needs a reason: say why with --why"):
            discard(database, record.id, by="Ann", why=why, now=LATER)
    assert the(database, record) == record
    now = discard(database, record.id, by="Ann", why="a test order", now=LATER)
    assert (now.state, now.needs_read) == (State.DISCARDED, False)
    last = trace(database, record.id).moves[-1]
    assert (last.by, last.why, last.at) == ("Ann", "a test order", LATER)
    assert dead_letters(database) == []
    with pytest.raises(Refused, match=rf"record {record.id} is DISCARDED"):
        discard(database, record.id, by="Ann", why="again", now=LATER)


@pytest.mark.parametrize("state", [State.READY, State.HELD, State.CANCELLED])
def test_what_does_not_wait_for_a_person_is_not_given_up(database: Database, state: State) -> None:
    record = walk(database, an_order(database), state)
    with pytest.raises(Refused, match=rf"record {record.id} is {state}"):
        discard(database, record.id, by="Ann", why="of no use", now=LATER)


def test_an_unknown_record_is_told(database: Database) -> None:
    with pytest.raises(KeyError, match="no record 4711"):
        replay(database, [4711], by="Ann", why="mended", now=LATER)
    with pytest.raises(KeyError, match="no record 4711"):
        discard(database, 4711, by="Ann", why="of no use", now=LATER)


# A replay of what was sent once


@pytest.fixture
def rig(database: Database) -> Iterator[TaskRig]:
    """A fleet of one on each database, its window open."""
    with a_task_rig(database) as made:
        made.erp.company(LANE).add_customer("ACME")
        made.erp.company(LANE).add_item("WIDGET")
        made.open_window()
        yield made


@pytest.mark.parametrize("is_there", [True, False])
def test_what_was_sent_once_is_probed_before_its_next_write(rig: TaskRig, is_there: bool) -> None:
    order = an_order(rig.database)
    rig.erp.faults.answer(order.stamp, Outcome.REJECTED, text="refused, it says")
    write_batch(LANE)
    refused = the(rig.database, order)
    assert refused.state is State.REVIEW
    if is_there:  # its refusal was not the truth
        mapped = Mapped.from_json(order.mapped or "")
        sent = ErpWrite(order.id, "order", refused.number or "", order.stamp, mapped.header, mapped.lines)
        fence = issue_fence(rig.database, LANE, by="test", now=rig.clock.now())
        with rig.erp.open(LANE, fence=fence, purpose="test") as session:
            assert [line.outcome for line in session.write(999, [sent])] == [Outcome.CONFIRMED]
    [again] = replay(rig.database, [order.id], by="Ann", why="item made", now=rig.clock.now())
    assert (again.number, again.needs_probe) == (refused.number, True)
    change(rig.database, walk_on(rig.database, again), needs_read=False)
    rig.pass_time(minutes=15)
    rig.open_window()
    write_batch(LANE)
    now = the(rig.database, order)
    assert (now.state, now.number) == (State.CONFIRMED, refused.number)
    assert rig.rows("probe")[0].verdict == ("ours" if is_there else "absent")
    assert [row.stamp for row in rig.erp.company(LANE).records.values()] == [order.stamp]


def walk_on(database: Database, record: Record) -> Record:
    """The replayed order has been read again, and nothing is wrong with it."""
    with database.write() as connection:
        return move(connection, record, Step(State.READY, "read", "reader"), NOW)


# Dead letters


def unreadable(database: Database, *origins: str, reason: str = "resource: required") -> None:
    with database.write() as connection:
        for origin in origins:
            bury_message(connection, DeadMessage(origin, reason, b"{}"), NOW)


def waiting_for_queue(database: Database, limit: int = 10) -> list[int]:
    with database.read() as connection:
        return [row.id for row in unqueued(connection, limit)]


def test_a_letter_is_for_the_queue_until_it_is_noted_as_published(database: Database) -> None:
    record = resting(database, "1", State.DEAD)
    unreadable(database, "stream:1-0", "stream:2-0")
    ids = waiting_for_queue(database)
    assert (len(ids), waiting_for_queue(database, limit=2)) == (3, ids[:2])
    with database.write() as connection:
        mark_queued(connection, ids[:2], LATER)
    assert waiting_for_queue(database) == ids[2:]
    discard(database, record.id, by="Ann", why="of no use", now=LATER)
    close_message(database, ids[2], by="Ann", why="noise", now=LATER)
    assert waiting_for_queue(database) == [], "what is closed is not published any more"


def test_each_death_of_a_record_is_a_letter_of_its_own(database: Database) -> None:
    record = resting(database, "1", State.DEAD)
    [again] = replay(database, [record.id], by="Ann", why="mended", now=LATER)
    walk(database, walk_on(database, again), State.DEAD, OTHER)
    letters = trace(database, record.id).dead_letters
    assert [letter.origin for letter in letters] == [f"record:{record.id}:1", f"record:{record.id}:2"]
    assert [letter.closed_by for letter in letters] == ["Ann", None]


def test_the_queues_are_rebuilt_from_what_is_open(database: Database) -> None:
    queues = KombuDeadLetters("memory://")
    resting(database, "1", State.DEAD)
    gone = resting(database, "2", State.DEAD)
    unreadable(database, "stream:1-0")
    discard(database, gone.id, by="Ann", why="of no use", now=LATER)
    queues.rebuild({"customer": [{"id": 1}], "order": [{"id": 2}] * 5})
    letters = {entity: [as_letter(row) for row in rows] for entity, rows in open_letters(database).items()}
    queues.rebuild(letters)
    queues.rebuild(letters)
    assert {entity: depth for entity, depth in queues.depths().items() if depth} == {"order": 1, "message": 1}


def test_a_message_is_closed_once_with_person_and_reason(database: Database) -> None:
    unreadable(database, "stream:1-0")
    [letter] = open_messages(database)
    with pytest.raises(Refused, match="needs a reason"):
        close_message(database, letter.id, by="Ann", why=" ", now=LATER)
    for by in ("Ann", "Bob"):
        close_message(database, letter.id, by=by, why="noise", now=LATER)
    assert (message(database, letter.id).closed_by, open_messages(database)) == ("Ann", [])
    with pytest.raises(KeyError, match="no message 4711"):
        message(database, 4711)


def test_what_waits_is_grouped_by_what_one_fix_would_mend(database: Database) -> None:
    resting(database, "1")
    resting(database, "2")
    resting(database, "3", State.DEAD, OTHER)
    unreadable(database, "stream:1-0", "stream:2-0")
    found = {(group.entity, group.state, group.fingerprint): (group.count, group.amount) for group in groups(database)}
    assert found[("order", "REVIEW", NO_ITEM.fingerprint)] == (2, Decimal(40))
    assert found[("order", "DEAD", OTHER.fingerprint)] == (1, Decimal(20))
    assert [group.count for group in groups(database, entity="message")] == [2]
    assert len(groups(database, fingerprint=OTHER.fingerprint)) == 1
