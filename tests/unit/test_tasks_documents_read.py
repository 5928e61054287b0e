"""`documents.read`: each order is read and settled once; what cannot be read yet waits, what never can is shown."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from bridge.errors import Throttled, TidegateError, Unauthorised, Unreachable
from bridge.events.pending import LONGEST_WAIT_S, WAIT_S
from bridge.ledger.claims import begin_writing, claim, issue_fence
from bridge.ledger.intake import take
from bridge.ledger.moves import Step, move
from bridge.ledger.rows import Record
from bridge.ports.storefront import ReadOrder, Wanted
from bridge.states import State
from tasks import documents_read
from tasks.documents_read import read
from tests.builders import an_arrival, the
from tests.task_rig import LANE, SITE_LANE, Shop, TaskRig


def announce(rig: TaskRig, source_id: str = "10025", **arrival: Any) -> Record:
    """The ledger knows an order by its id."""
    take(rig.database, [an_arrival(source_id, **arrival)], [], by="intake", now=rig.clock.now())
    [record] = [record for record in rig.records() if record.source_id == source_id]
    return record


def place(rig: TaskRig, source_id: str = "10025", **order: Any) -> Record:
    """An order that the site has and the ledger knows by its id."""
    rig.shop.put_order(rig.order(source_id, **order))
    return announce(rig, source_id)


def test_an_order_is_read_and_waits_for_its_customer(rig: TaskRig) -> None:
    place(rig)
    assert read("clarity") == 1
    [order], [customer] = rig.records(), rig.records("customer")
    assert (order.state, order.condition, order.version) == (State.HELD, f"customer:{customer.id}", 1)
    assert (order.needs_read, order.amount, customer.state) == (False, rig.order().totals.total, State.READY)
    assert (customer.lane, customer.priority) == (LANE, 0)


def test_a_message_that_comes_twice_does_nothing_more(rig: TaskRig) -> None:
    place(rig)
    assert (read("clarity"), read("clarity")) == (1, 0)
    assert [(line.origin, line.target) for line in rig.rows("move") if line.record_id == rig.records()[0].id] == [
        (None, "RECEIVED"), ("RECEIVED", "HELD"),
    ]  # fmt: skip


def test_every_page_is_read(rig: TaskRig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents_read, "PAGE", 2)
    for number in range(5):
        place(rig, str(number))
    assert read("clarity") == 5
    assert set(rig.states().values()) == {"HELD"}
    assert len(rig.records("customer")) == 1, "they have one buyer"


AWAY: list[tuple[TidegateError, float]] = [
    (Unreachable("connection refused"), WAIT_S),
    (Throttled("slow down", after_s=30), 30),
]


@pytest.mark.parametrize(("error", "rest_s"), AWAY)
def test_while_the_site_is_away_everything_waits(rig: TaskRig, error: TidegateError, rest_s: float) -> None:
    records = [place(rig, "1"), place(rig, "2")]
    rig.shop.fail_next("read_orders", error)
    assert read("clarity") == 0
    assert {the(rig.database, each).due_at for each in records} == {rig.clock.now() + timedelta(seconds=rest_s)}
    assert read("clarity") == 0, "not before its time"
    assert set(rig.states().values()) == {"RECEIVED"}
    rig.pass_time(seconds=rest_s)
    assert read("clarity") == 2


def test_a_refused_logon_halts_the_connection_until_a_person_resumes_it(rig: TaskRig) -> None:
    place(rig)
    rig.shop.fail_next("read_orders", Unauthorised("the secret has expired"))
    assert read("clarity") == 0
    assert rig.alarms() == {f"halted:{SITE_LANE}": "at once"}
    assert (read("clarity"), rig.shop.asked) == (0, ["read_orders"])
    rig.resume(SITE_LANE)
    assert (read("clarity"), rig.alarms()) == (1, {})


def test_an_order_that_nobody_can_read_holds_up_no_other(rig: TaskRig) -> None:
    place(rig, "1")
    rig.shop.put_unreadable(
        ReadOrder("2", 1, {"id": "2"}, None, problem="totals.total is 'much'", field="totals.total")
    )
    announce(rig, "2")
    place(rig, "3")
    assert read("clarity") == 3
    assert rig.states() == {"1": "HELD", "2": "DEAD", "3": "HELD"}
    [letter] = rig.rows("dead_letter")
    assert (letter.entity, letter.reason) == ("order", "totals.total is 'much'")
    assert rig.records()[1].reason_field == "totals.total"


def test_a_fault_of_ours_with_one_order_holds_up_no_other(rig: TaskRig) -> None:
    place(rig, "1")
    rig.shop.put_order(rig.order("2"))
    announce(rig, "2", lane="sage100:GONE")
    place(rig, "3")
    assert read("clarity") == 3
    assert rig.states() == {"1": "HELD", "2": "DEAD", "3": "HELD"}
    [letter] = rig.rows("dead_letter")
    assert "Traceback" in letter.detail
    assert "KeyError: 'sage100:GONE'" in letter.detail
    assert read("clarity") == 0


def test_an_order_that_the_site_does_not_have_any_more_is_withdrawn(rig: TaskRig) -> None:
    place(rig)
    rig.shop.remove_order("10025")
    assert read("clarity") == 1
    assert rig.states() == {"10025": "CANCELLED"}


@pytest.mark.parametrize("shows", ["nothing", "an older version"])
def test_what_the_site_does_not_show_yet_is_put_off_and_after_an_hour_shown_to_a_person(
    rig: TaskRig, shows: str
) -> None:
    if shows == "an older version":
        rig.shop.put_order(rig.order(version=1))
    record, began = announce(rig, version=2), rig.clock.now()
    rests = []
    while (left := began + timedelta(hours=1) - rig.clock.now()) > timedelta(0):
        assert read("clarity") == 0
        now = the(rig.database, record)
        assert (now.state, now.version) == (State.RECEIVED, 0)
        rests.append((now.due_at - rig.clock.now()).total_seconds())
        rig.clock.set(min(now.due_at, rig.clock.now() + left))
    assert rests == sorted(rests), "looked for ever more seldom"
    assert (rests[0], rests[-1]) == (WAIT_S, LONGEST_WAIT_S)
    rig.pass_time(seconds=LONGEST_WAIT_S)
    assert read("clarity") == 1
    now = the(rig.database, record)
    assert (now.state, now.reason_code, now.reason_value) == (State.REVIEW, "not shown", "10025")
    assert rig.alarms() == {"review:not shown/id": "normal"}


def test_what_the_site_shows_in_the_end_leaves_review_by_itself(rig: TaskRig) -> None:
    announce(rig)
    rig.pass_time(hours=2)
    read("clarity")
    assert rig.states() == {"10025": "REVIEW"}
    rig.shop.put_order(rig.order())
    rig.pass_time(seconds=LONGEST_WAIT_S)
    assert read("clarity") == 1
    assert rig.states() == {"10025": "HELD"}
    assert rig.records()[0].reason_code is None


def test_an_order_in_flight_is_left_to_its_writer(rig: TaskRig) -> None:
    record = place(rig)
    with rig.database.write() as connection:
        step = Step(State.READY, "read", "test", changes={"version": 1, "needs_read": False})
        move(connection, record, step, rig.clock.now())
    fence = issue_fence(rig.database, LANE, by="w", now=rig.clock.now())
    batch = claim(rig.database, LANE, fence=fence, window_id=None, owner="w", limit=1, now=rig.clock.now())
    assert batch
    announce(rig, version=2)
    rig.shop.put_order(rig.order(version=2))
    assert (read("clarity"), rig.states()) == (0, {"10025": "CLAIMED"})
    begin_writing(rig.database, batch, {}, by="w", now=rig.clock.now())
    assert rig.states() == {"10025": "HELD"}, "the writer turned it back"
    assert (read("clarity"), rig.records()[0].version) == (1, 2)


def test_news_that_come_while_the_site_is_asked_make_it_look_again(rig: TaskRig) -> None:
    class Busy(Shop):
        """A site on which the first order changes in the very moment in which it is read."""

        def read_orders(self, wanted: Sequence[Wanted]) -> list[ReadOrder]:
            told = super().read_orders(wanted)
            if self.order("1") == rig.order("1"):
                self.put_order(rig.order("1", version=2))
                announce(rig, "1", version=2)
            return told

    rig.shop = Busy(rig.clock)
    rig.change_connection(storefront=rig.shop)
    place(rig, "1")
    place(rig, "2")
    assert read("clarity") == 2
    assert [(record.state, record.version) for record in rig.records()] == [(State.HELD, 2), (State.HELD, 1)]


def body_of(order_id: str, note: str) -> bytes:
    return f'{{"data": {{"id": "{order_id}", "version": 1, "comments": "{note}"}}}}'.encode()


def test_a_producer_that_cannot_be_asked_is_taken_at_its_word(rig: TaskRig) -> None:
    def word(body: Any) -> ReadOrder:
        order = rig.order(body["id"], comments=body["comments"])
        return ReadOrder(order.source_id, order.version, body, order)

    rig.change_connection(trusts_body=True, read_body=word)
    announce(rig, "1", body=body_of("1", "leave at the door"))
    announce(rig, "2", body=body_of("2", "one story"))
    announce(rig, "2", body=body_of("2", "another story"))
    assert read("clarity") == 2
    assert rig.states() == {"1": "HELD", "2": "DEAD"}
    first, second = rig.records()
    assert "leave at the door" in (first.content or "")
    assert "higher version" in (second.reason_text or "")
