"""What a storefront is shown, on both databases: only changes go out, the newest value wins, and none is lost."""

from datetime import timedelta

import pytest

from bridge.errors import IllegalMove
from bridge.ledger.claims import claim, turn_expired
from bridge.ledger.moves import Step, renew
from bridge.ledger.outcomes import Rules, Writer, commit_results
from bridge.ledger.passes import Pass, note_page, present_pass
from bridge.ledger.people import discard, replay, waiting_for_person
from bridge.ledger.reading import to_read
from bridge.ledger.rows import Record
from bridge.ledger.shown import Observed, Seen, Shelf, begin_showing, observe, shipment_counts
from bridge.ledger.store import Database
from bridge.outcomes import Outcome
from bridge.ports.erp import ResultLine
from bridge.states import State
from tests.builders import NOW, an_order, the

LANE = "storefront:clarity/stock"
SHELF = Shelf("clarity", "main", "stock", LANE)
WRITER = Writer("storefront@test", LANE, None)


def seen(database: Database, *values: str, minutes: int = 0, shelf: Shelf = SHELF) -> Observed:
    """Sees item 0, 1, ... with these values, so many minutes later."""
    things = [Seen(str(key), value, NOW + timedelta(minutes=minutes)) for key, value in enumerate(values)]
    with database.write() as connection:
        return observe(connection, shelf, things, by="reader", now=NOW)


def begin(database: Database, lane: str = LANE, later: timedelta = timedelta(0)) -> tuple[Record, ...]:
    batch = claim(database, lane, fence=None, window_id=None, owner="me", limit=500, now=NOW + later)
    return begin_showing(database, batch, by="me", now=NOW + later) if batch else ()


def end(database: Database, going: tuple[Record, ...], outcome: Outcome = Outcome.CONFIRMED) -> None:
    lines = [ResultLine(record.id, outcome, field="sku", value="x", text="told") for record in going]
    commit_results(database, WRITER, lines, Rules(), now=NOW)


def shown(database: Database) -> list[str | None]:
    """What goes out now, and is taken."""
    going = begin(database)
    end(database, going)
    return [record.mapped for record in going]


def test_what_is_new_goes_out_and_what_did_not_change_does_not(database: Database) -> None:
    assert seen(database, "5", "7") == Observed(new=2)
    assert shown(database) == ["5", "7"]
    assert seen(database, "5", "7", minutes=1) == Observed(unchanged=2)
    assert shown(database) == []
    assert seen(database, "5", "6", minutes=2) == Observed(changed=1, unchanged=1)
    assert shown(database) == ["6"]


def test_what_rests_goes_out_when_it_has_rested(database: Database) -> None:
    resting = Seen("0", "5", NOW, rests=timedelta(minutes=30))
    with database.write() as connection:
        observe(connection, SHELF, [resting], by="reader", now=NOW)
    assert begin(database) == ()
    assert [record.mapped for record in begin(database, later=timedelta(minutes=31))] == ["5"]


def test_another_occasion_makes_an_equal_value_go_out_again(database: Database) -> None:
    assert seen(database, "5") == Observed(new=1)
    assert shown(database) == ["5"]
    for known in (Observed(changed=1, by_occasion=1), Observed(unchanged=1)):
        with database.write() as connection:
            again = Seen("0", "5", NOW, occasion="a shipment")
            assert observe(connection, SHELF, [again], by="reader", now=NOW) == known
    assert shown(database) == ["5"]


def test_a_status_waits_for_the_shipments_of_its_order(database: Database) -> None:
    order = an_order(database)
    shelf = Shelf("clarity", "main", "status", LANE)
    parcel = Shelf("clarity", "main", "shipment", "storefront:clarity/shipment")
    with database.write() as connection:
        for each, key in ((shelf, "10025"), (parcel, "sage100:ABC/1-2")):
            observe(connection, each, [Seen(key, "{}", NOW, parent_id=order.id)], by="reader", now=NOW)
        assert shipment_counts(connection, [order.id, 99]) == {order.id: 1}
    assert begin(database) == ()
    minute = timedelta(minutes=1)
    going = begin(database, parcel.lane)
    assert begin(database, later=minute) == ()
    end(database, going)
    assert [record.source_id for record in begin(database, later=minute * 2)] == ["10025"]


def test_a_newer_value_replaces_the_one_that_waits(database: Database) -> None:
    seen(database, "5")
    seen(database, "4", minutes=1)
    assert shown(database) == ["4"]
    assert shown(database) == []


def test_a_value_that_changes_while_it_is_sent_goes_out_again(database: Database) -> None:
    seen(database, "5")
    going = begin(database)
    seen(database, "4", minutes=1)
    assert [record.mapped for record in going] == ["5"]
    end(database, going)
    assert the(database, going[0]).state is State.READY
    assert shown(database) == ["4"]


def test_a_value_that_goes_back_while_it_is_sent_goes_out_again_too(database: Database) -> None:
    seen(database, "5")
    shown(database)
    seen(database, "4", minutes=1)
    going = begin(database)
    seen(database, "5", minutes=2)
    end(database, going)
    assert shown(database) == ["5"]


def test_an_older_reading_never_replaces_a_newer_one(database: Database) -> None:
    seen(database, "5", minutes=10)
    assert seen(database, "9", minutes=5) == Observed(stale=1)
    assert shown(database) == ["5"]


def test_a_refused_value_waits_for_a_person_until_the_erp_has_another(database: Database) -> None:
    seen(database, "5")
    end(database, begin(database), Outcome.REJECTED)
    [waiting] = waiting_for_person(database, document="stock")
    assert (waiting.reason_field, waiting.reason_value) == ("sku", "x")
    assert seen(database, "5", minutes=1) == Observed(unchanged=1)
    assert seen(database, "6", minutes=2) == Observed(changed=1)
    assert waiting_for_person(database, document="stock") == []
    assert shown(database) == ["6"]


def test_a_replay_goes_out_as_another_version_since_a_site_keeps_its_refusals(database: Database) -> None:
    seen(database, "5")
    [refused] = begin(database)
    end(database, (refused,), Outcome.REJECTED)
    replay(database, [refused.id], by="Ann", why="the site knows it now", now=NOW)
    [again] = begin(database)
    assert (again.mapped, again.version) == ("5", refused.version + 1)


def test_what_was_remarked_stands_with_the_record_and_is_not_sent(database: Database) -> None:
    def look(remark: str | None) -> None:
        with database.write() as connection:
            observe(connection, SHELF, [Seen("0", "5", NOW, remark=remark)], by="reader", now=NOW)

    look("oversold by 2")
    [record] = begin(database)
    end(database, (record,))
    assert the(database, record).flags == "oversold by 2"
    look(None)
    assert (the(database, record).flags, the(database, record).state) == (None, State.CONFIRMED)


def test_what_a_person_gave_up_is_shown_no_more(database: Database) -> None:
    seen(database, "5")
    end(database, begin(database), Outcome.REJECTED)
    [waiting] = waiting_for_person(database, document="stock")
    discard(database, waiting.id, by="Ann", why="not sold on the web", now=NOW)
    assert seen(database, "6", minutes=2) == Observed(unchanged=1)
    assert shown(database) == []


def test_what_a_lost_sender_had_in_hand_is_in_doubt_and_keeps_its_newest_value(database: Database) -> None:
    seen(database, "5")
    [record] = begin(database)
    seen(database, "4", minutes=1)
    turn_expired(database, by="steward", now=NOW + timedelta(hours=1))
    turned = the(database, record)
    assert (turned.state, turned.content) == (State.UNCERTAIN, "4")


def test_no_reader_of_orders_ever_looks_for_what_is_shown(database: Database) -> None:
    seen(database, "5")
    going = begin(database)
    seen(database, "4", minutes=1)
    end(database, going, Outcome.UNCERTAIN)
    with database.read() as connection:
        assert to_read(connection, "clarity", 10, NOW + timedelta(days=1)) == []


def test_an_order_is_never_renewed(database: Database) -> None:
    order = an_order(database)
    with pytest.raises(IllegalMove), database.write() as connection:
        renew(connection, order, Step(State.READY, "no", "me"), NOW)
    with pytest.raises(IllegalMove):
        seen(database, "5", shelf=Shelf("clarity", "main", "order", LANE))


def test_a_pass_is_cut_at_a_page_and_reaches_what_it_began_at(database: Database) -> None:
    began = Pass(reached=NOW - timedelta(days=1), began_at=NOW, since=NOW - timedelta(days=1))
    with database.write() as connection:
        assert present_pass(connection, "sage100:ABC", "stock") == Pass()
        note_page(connection, "sage100:ABC", "stock", began, position="BOLT|000", now=NOW)
        cut = present_pass(connection, "sage100:ABC", "stock")
        assert cut == Pass(began.reached, NOW, began.since, "BOLT|000")
        assert cut.is_under_way
        assert note_page(connection, "sage100:ABC", "stock", cut, position=None, now=NOW) == Pass(NOW)
        assert present_pass(connection, "sage100:ABC", "stock") == Pass(NOW)
        assert present_pass(connection, "sage100:XYZ", "stock") == Pass()
