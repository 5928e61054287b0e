"""What the command line asks of the ledger, on both kinds of database."""

from decimal import Decimal

from bridge.ledger import standing
from bridge.ledger.resting import close_message, groups, open_letters, open_messages
from bridge.ledger.store import Database
from bridge.ledger.trace import batches_of, find_by_event, of_source_ids
from bridge.states import State
from tests.builders import NOW, an_order
from tests.cli_rig import NO_ITEM, at_rest, unreadable


def test_groups_add_up_within_state_and_currency(database: Database) -> None:
    for number in range(3):
        at_rest(database, f"usd{number}", State.REVIEW)
    at_rest(database, "cad", State.REVIEW, currency="CAD")
    at_rest(database, "dead", State.DEAD)
    unreadable(database, "stream:1-0")
    found = {(it.entity, it.state, it.currency): (it.count, it.amount, it.oldest) for it in groups(database)}
    assert found == {
        ("order", "REVIEW", "USD"): (3, Decimal(60), NOW),
        ("order", "REVIEW", "CAD"): (1, Decimal(20), NOW),
        ("order", "DEAD", "USD"): (1, Decimal(20), NOW),
        ("message", "DEAD", None): (1, None, NOW),
    }
    assert {it.entity for it in groups(database, fingerprint=NO_ITEM.fingerprint)} == {"order"}
    assert [it.entity for it in groups(database, entity="message")] == ["message"]


def test_a_closed_message_rests_no_more(database: Database) -> None:
    unreadable(database, "stream:1-0")
    unreadable(database, "stream:2-0", reason="another reason")
    first, second = open_messages(database)
    for why in ("noise", "noise again"):
        close_message(database, first.id, by="Ann", why=why, now=NOW)
    assert [row.id for row in open_messages(database)] == [second.id]
    assert open_messages(database, fingerprint=first.fingerprint) == []
    assert {entity: len(rows) for entity, rows in open_letters(database).items()} == {"message": 1}
    assert standing.open_letter_counts(database) == {"message": 1}


def test_records_are_summed_by_lane_document_state_and_currency(database: Database) -> None:
    an_order(database, "1")
    an_order(database, "2", currency="CAD")
    sums = [(row.document, row.state, row.currency, row.records, row.amount) for row in standing.records(database)]
    assert sums == [("order", "READY", "CAD", 1, Decimal(20)), ("order", "READY", "USD", 1, Decimal(20))]


def test_records_are_found_by_their_event_and_by_many_source_ids(database: Database) -> None:
    record = at_rest(database, "10025", State.REVIEW)
    assert [it.id for it in find_by_event(database, ["clarity", "desk"], "evt_10025_1")] == [record.id]
    assert find_by_event(database, ["desk"], "evt_10025_1") == []
    ids = [f"none{number}" for number in range(1200)] + ["10025"]
    assert [it.id for it in of_source_ids(database, "clarity", "order", ids)] == [record.id]
    assert batches_of(database, record.id) == []
