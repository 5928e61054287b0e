"""`storefront.poll`: what the site changed is in the ledger before the watermark moves, and never skipped by it."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from bridge.errors import Throttled, TidegateError, Unauthorised, Unreachable
from bridge.ledger.reading import watermark
from bridge.ports.storefront import Page, ReadOrder
from tasks.documents_read import read
from tasks.storefront_poll import poll
from tests.builders import NOW
from tests.task_rig import SITE_LANE, Shop, TaskRig

OVERLAP = timedelta(minutes=5)


def reached(rig: TaskRig) -> datetime | None:
    with rig.database.read() as connection:
        return watermark(connection, "clarity")


def place(rig: TaskRig, *source_ids: str) -> None:
    for source_id in source_ids:
        rig.shop.put_order(rig.order(source_id))


def use(rig: TaskRig, shop: Shop) -> None:
    rig.shop = shop
    rig.change_connection(storefront=shop)


def test_what_changed_becomes_records_and_the_watermark_follows(rig: TaskRig) -> None:
    place(rig, "1", "2")
    assert poll("clarity") == 2
    assert rig.states() == {"1": "RECEIVED", "2": "RECEIVED"}
    assert reached(rig) == NOW - OVERLAP
    assert rig.nudges() == [("documents.read", ["clarity"])]


def test_a_message_that_comes_twice_does_nothing_more(rig: TaskRig) -> None:
    place(rig, "1")
    assert (poll("clarity"), poll("clarity")) == (1, 0)
    read("clarity")
    rig.nudges()
    assert poll("clarity") == 0
    assert ([len(rig.rows(table)) for table in ("event", "move")], rig.nudges()) == ([1, 4], [])


def test_a_newer_version_is_wanted_and_read_again(rig: TaskRig) -> None:
    place(rig, "1")
    poll("clarity")
    read("clarity")
    rig.pass_time(minutes=1)
    rig.shop.put_order(rig.order("1", version=2))
    assert poll("clarity") == 1
    [order] = rig.records()
    assert (order.wanted_version, order.version, order.needs_read) == (2, 1, True)
    read("clarity")
    assert rig.records()[0].version == 2


class Breaking(Shop):
    """A site that cannot be reached any more after its first page."""

    is_whole = False

    def changed_since(self, watermark: datetime | None) -> Iterator[Page]:
        for page in super().changed_since(watermark):
            yield page
            if not self.is_whole:
                raise Unreachable("connection reset")


def test_a_site_that_breaks_off_leaves_the_watermark_where_it_was(rig: TaskRig) -> None:
    shop = Breaking(rig.clock, page_size=1)
    use(rig, shop)
    place(rig, "1", "2", "3")
    assert poll("clarity") == 1
    assert (rig.states(), reached(rig)) == ({"1": "RECEIVED"}, None)
    shop.is_whole = True
    assert poll("clarity") == 2
    assert (len(rig.rows("event")), reached(rig)) == (3, NOW - OVERLAP)


def test_a_page_that_cannot_be_committed_leaves_the_watermark_where_it_was(rig: TaskRig) -> None:
    use(rig, Shop(rig.clock, page_size=1))
    place(rig, "1", "2", "3")
    full = "CREATE TRIGGER full BEFORE INSERT ON event WHEN NEW.event_id = 'poll:3:1'"
    with rig.database.write() as connection:
        connection.execute(text(f"{full} BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"))
    with pytest.raises(IntegrityError, match="the disk is full"):
        poll("clarity")
    assert (set(rig.states()), reached(rig)) == ({"1", "2"}, None)
    with rig.database.write() as connection:
        connection.execute(text("DROP TRIGGER full"))
    assert poll("clarity") == 1
    assert (set(rig.states()), reached(rig)) == ({"1", "2", "3"}, NOW - OVERLAP)


@pytest.mark.parametrize("error", [Unreachable("connection refused"), Throttled("slow down", after_s=30)])
def test_a_site_that_is_away_is_asked_again_from_the_same_place(rig: TaskRig, error: TidegateError) -> None:
    place(rig, "1")
    poll("clarity")
    before = reached(rig)
    rig.pass_time(hours=1)
    rig.shop.put_order(rig.order("2"))
    rig.shop.fail_next("changed_since", error)
    assert (poll("clarity"), reached(rig)) == (0, before)
    assert (poll("clarity"), reached(rig)) == (1, rig.clock.now() - OVERLAP)


def test_a_clock_set_back_does_not_move_the_watermark_back(rig: TaskRig) -> None:
    poll("clarity")
    rig.pass_time(hours=-1)
    place(rig, "1")
    assert poll("clarity") == 0, "changed before the watermark, by the site's own clock"
    assert reached(rig) == NOW - OVERLAP


def test_a_refused_logon_halts_the_connection_until_a_person_resumes_it(rig: TaskRig) -> None:
    place(rig, "1")
    rig.shop.fail_next("changed_since", Unauthorised("the secret has expired"))
    assert (poll("clarity"), rig.alarms()) == (0, {f"halted:{SITE_LANE}": "at once"})
    assert (poll("clarity"), rig.shop.asked) == (0, ["changed_since"])
    rig.resume(SITE_LANE)
    assert (poll("clarity"), rig.alarms()) == (1, {})


def test_an_order_that_cannot_be_taken_rests_and_holds_up_neither_another_nor_the_watermark(rig: TaskRig) -> None:
    place(rig, "1")
    rig.shop.put_order(rig.order("2", site_id="mars"))
    rig.shop.put_unreadable(ReadOrder("", 1, {"nothing": "of use"}, None, problem="id: required"))
    rig.shop.put_unreadable(ReadOrder("x" * 65, 1, {"id": "x" * 65}, None, problem="id: too long"))
    place(rig, "3")
    assert poll("clarity") == 2
    assert (set(rig.states()), reached(rig)) == ({"1", "3"}, NOW - OVERLAP)
    reasons = "\n".join(letter.reason for letter in rig.rows("dead_letter"))
    for reason in ("an order without an id was polled", "id 'xxx", "siteId 'mars' has no lane"):
        assert reason in reasons
    assert poll("clarity") == 0
    assert len(rig.rows("dead_letter")) == 3, "each rests once, however often it is polled"


def test_an_order_that_cannot_be_read_becomes_a_record_all_the_same(rig: TaskRig) -> None:
    rig.shop.put_unreadable(ReadOrder("1", 1, {"id": "1", "siteId": "main"}, None, problem="totals: required"))
    assert (poll("clarity"), rig.states()) == (1, {"1": "RECEIVED"})
    assert (read("clarity"), rig.states()) == (1, {"1": "DEAD"})


def test_a_lost_nudge_is_no_error(rig: TaskRig) -> None:
    rig.lose_broker()
    place(rig, "1")
    assert (poll("clarity"), reached(rig)) == (1, NOW - OVERLAP)
